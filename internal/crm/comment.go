package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const (
	maxNoteRunes = 20000 // amoCRM documents no limit; this keeps a request small
	notesLooked  = 50    // newest notes that are looked through for a lost one
)

// Comment writes a note to a deal. A refused text is *FieldErrors at "text"; ErrGone when there is no such deal. When the
// answer was lost and the note is not to be found, it is ErrUnknownOutcome: FindComment goes on looking, and for a
// quarter of an hour the same text is not sent again unless sure says so.
func (a *Account) Comment(ctx context.Context, leadID int64, text string, sure bool) (int64, error) {
	text = strings.TrimSpace(text)
	e := &FieldErrors{}
	if !e.Text("text", text, maxNoteRunes) {
		return 0, e
	}
	id, err := a.Writes().Once(ctx, Write{
		Mark: noteMark(leadID, text), Ask: true, Sure: sure,
		Send: func(ctx context.Context) (int64, error) {
			a.Writes().Own(ctx, "leads", leadID, AspectNote)
			made, err := a.API().CreateNotes(ctx, "leads", []amocrm.NoteInput{
				{EntityID: amocrm.ID(leadID), Type: "common", Params: map[string]any{"text": text}}})
			return firstID(made), err
		},
		Look: func(ctx context.Context, since time.Time) (int64, error) { return a.lostNote(ctx, leadID, text, since) },
	})
	if err != nil {
		return 0, a.commentError(ctx, leadID, err)
	}
	return id, a.commented(context.WithoutCancel(ctx), leadID, id)
}

// FindComment looks once for a note whose answer was lost, 0 when the CRM does not show it (yet). A found one is done with.
func (a *Account) FindComment(ctx context.Context, leadID int64, text string) (int64, error) {
	text = strings.TrimSpace(text)
	key, began, err := a.Writes().Unfinished(ctx, noteMark(leadID, text))
	if err != nil {
		return 0, fmt.Errorf("look for a comment: %w", err)
	}
	if began == 0 { // another look has found it, or the time to look for it is over
		return 0, nil
	}
	id, err := a.lostNote(ctx, leadID, text, time.UnixMilli(began).Add(-lookWindow))
	if err != nil || id == 0 {
		return 0, err
	}
	a.Writes().Settle(ctx, key)
	return id, a.commented(context.WithoutCancel(ctx), leadID, id)
}

func noteMark(leadID int64, text string) []string { return []string{"note", Decimal(leadID), text} }

// commented does what follows a note that was written.
func (a *Account) commented(ctx context.Context, leadID, id int64) error {
	err := errors.Join(
		a.Memory().RememberComment(ctx, leadID, id),
		a.Cache().Drop(ctx, a.Keys().Feed(leadID), a.Keys().Deal(leadID)),
	)
	if err != nil {
		return &AfterCreate{Step: "remember", Err: err}
	}
	return nil
}

// commentError tells a missing deal from a refused text: amoCRM refuses both the same way.
func (a *Account) commentError(ctx context.Context, leadID int64, err error) error {
	if errors.Is(err, amocrm.ErrNotFound) {
		return fmt.Errorf("comment deal %d: %w", leadID, ErrGone)
	}
	if errors.Is(err, amocrm.ErrInvalid) {
		if _, lookErr := a.API().Lead(ctx, amocrm.ID(leadID)); errors.Is(lookErr, amocrm.ErrNotFound) {
			return fmt.Errorf("comment deal %d: %w", leadID, ErrGone)
		}
	}
	return named(fmt.Sprintf("comment deal %d", leadID), Refused(err, sentFields(nil).formPath))
}

// lostNote looks for a note that was written a moment ago; those we know of, and those of other authors, are others.
func (a *Account) lostNote(ctx context.Context, leadID int64, text string, since time.Time) (int64, error) {
	known, err := a.Memory().Comments(ctx, leadID)
	if err != nil {
		return 0, err
	}
	notes, err := a.API().Notes(ctx, "leads", amocrm.ID(leadID), notesLooked)
	if err != nil {
		return 0, err
	}
	ours := a.Writes().Authors(ctx)
	for _, n := range notes {
		if ours(n.CreatedBy) && n.CreatedAt >= since.Unix() && n.Type == "common" && !slices.Contains(known, Decimal(int64(n.ID))) &&
			strings.TrimSpace(paramsOf(n.Params).text("text")) == text {
			return int64(n.ID), nil
		}
	}
	return 0, nil
}
