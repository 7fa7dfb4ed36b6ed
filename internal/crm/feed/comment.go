package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

const (
	MaxRunes    = 20000 // amoCRM documents no limit; this keeps a request small
	notesLooked = 50    // newest notes that are looked through for a lost one
)

// Comment writes a note to a deal. A refused text is *FieldErrors at "text"; ErrGone when there is no such deal. When the
// answer was lost and the note is not to be found, it is ErrUnknownOutcome: FindComment goes on looking, and for a
// quarter of an hour the same text is not sent again unless sure says so.
func (fs *Feeds) Comment(ctx context.Context, leadID int64, text string, sure bool) (int64, error) {
	text = strings.TrimSpace(text)
	e := &crm.FieldErrors{}
	if !e.Text("text", text, MaxRunes) {
		return 0, e
	}
	id, err := fs.account.Writes().Once(ctx, crm.Write{
		Mark: noteMark(leadID, text), Ask: true, Sure: sure,
		Send: func(ctx context.Context) (int64, error) {
			fs.account.Writes().Own(ctx, "leads", leadID, crm.AspectNote)
			made, err := fs.account.API().CreateNotes(ctx, []amocrm.NoteInput{
				{EntityID: amocrm.ID(leadID), Type: "common", Params: map[string]any{"text": text}}})
			return crm.FirstID(made), err
		},
		Look: func(ctx context.Context, since time.Time) (int64, error) {
			return fs.lostNote(ctx, leadID, text, since)
		},
	})
	if err != nil {
		return 0, fs.commentError(ctx, leadID, err)
	}
	return id, fs.commented(context.WithoutCancel(ctx), leadID, id)
}

// FindComment looks once for a note whose answer was lost, 0 when the CRM does not show it (yet). A found one is done with.
func (fs *Feeds) FindComment(ctx context.Context, leadID int64, text string) (int64, error) {
	text = strings.TrimSpace(text)
	key, began, err := fs.account.Writes().Unfinished(ctx, noteMark(leadID, text))
	if err != nil {
		return 0, fmt.Errorf("look for a comment: %w", err)
	}
	if began == 0 { // another look has found it, or the time to look for it is over
		return 0, nil
	}
	id, err := fs.lostNote(ctx, leadID, text, time.UnixMilli(began).Add(-crm.LookWindow))
	if err != nil || id == 0 {
		return 0, err
	}
	fs.account.Writes().Settle(ctx, key)
	return id, fs.commented(context.WithoutCancel(ctx), leadID, id)
}

func noteMark(leadID int64, text string) []string { return []string{"note", crm.Decimal(leadID), text} }

// commented does what follows a note that was written.
func (fs *Feeds) commented(ctx context.Context, leadID, id int64) error {
	err := errors.Join(
		fs.account.Memory().RememberComment(ctx, leadID, id),
		fs.account.Cache().Drop(ctx, fs.account.Keys().Feed(leadID), fs.account.Keys().Deal(leadID)),
	)
	if err != nil {
		return &crm.AfterCreate{Step: "remember", Err: err}
	}
	return nil
}

// commentError tells a missing deal from a refused text: amoCRM refuses both the same way.
func (fs *Feeds) commentError(ctx context.Context, leadID int64, err error) error {
	if errors.Is(err, amocrm.ErrNotFound) {
		return fmt.Errorf("comment deal %d: %w", leadID, crm.ErrGone)
	}
	if errors.Is(err, amocrm.ErrInvalid) {
		if _, lookErr := fs.account.API().Lead(ctx, amocrm.ID(leadID)); errors.Is(lookErr, amocrm.ErrNotFound) {
			return fmt.Errorf("comment deal %d: %w", leadID, crm.ErrGone)
		}
	}
	return crm.Wrap(fmt.Sprintf("comment deal %d", leadID), crm.Refused(err, fields.Sent(nil).FormPath))
}

// lostNote looks for a note that was written a moment ago; those we know of, and those of other authors, are others.
func (fs *Feeds) lostNote(ctx context.Context, leadID int64, text string, since time.Time) (int64, error) {
	known, err := fs.account.Memory().Comments(ctx, leadID)
	if err != nil {
		return 0, err
	}
	notes, _, err := fs.account.API().NotesPage(ctx, "leads", amocrm.ID(leadID), 1, notesLooked)
	if err != nil {
		return 0, err
	}
	ours := fs.account.Writes().Authors(ctx)
	for _, n := range notes {
		if ours(n.CreatedBy) && int64(n.CreatedAt) >= since.Unix() && n.Type == "common" && !slices.Contains(known, crm.Decimal(int64(n.ID))) &&
			strings.TrimSpace(paramsOf(n.Params).text("text")) == text {
			return int64(n.ID), nil
		}
	}
	return 0, nil
}

// markMine marks the comments that were written from the helpdesk.
func (fs *Feeds) markMine(ctx context.Context, leadID int64, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	own, err := fs.account.Memory().HelpdeskNotes(ctx, leadID)
	if err != nil {
		return err
	}
	for i := range items {
		id, ok := strings.CutPrefix(items[i].ID, "note-")
		items[i].Mine = ok && slices.Contains(own, id)
	}
	return nil
}
