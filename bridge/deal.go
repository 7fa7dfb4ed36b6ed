package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const newestLeads = 50 // that are looked through for a lost one

// CreateDeal makes a deal for a client (0: for nobody), links its contact to him and writes the note. A refused draft is
// *FieldErrors, amoCRM's own complaints included. ErrUnknownOutcome when the answer was lost and the deal is not to be
// found yet; *AfterCreate beside the id when the deal exists and link or note failed.
func (a *Account) CreateDeal(ctx context.Context, clientID int64, d DealDraft) (int64, error) {
	meta, err := a.meta(ctx, partNames|partLeadFields)
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	in, sent, err := leadInput(d, meta)
	if err != nil {
		return 0, err
	}
	if err := a.keepsPrice(ctx, in.Price); err != nil {
		return 0, named("create deal", err)
	}
	unlock, err := a.LockClient(ctx, Client{ID: clientID})
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	defer unlock()
	mem, err := a.recall(ctx, clientID)
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	id, err := a.once(ctx, write{
		mark: dealMark(clientID, d, in),
		send: func(ctx context.Context) (int64, error) {
			made, err := a.api.CreateLeads(ctx, []amocrm.LeadInput{in})
			return firstID(made), err
		},
		look: func(ctx context.Context, since time.Time) (int64, error) { return a.lostDeal(ctx, in, mem, since) },
	})
	if err != nil {
		return 0, named("create deal", refused(err, sent.formPath))
	}
	a.mine(ctx, "leads", id, AspectData)
	return id, a.afterDeal(context.WithoutCancel(ctx), clientID, id, d)
}

// afterDeal does what follows a create. All of it is tried; the first failure is told.
func (a *Account) afterDeal(ctx context.Context, clientID, id int64, d DealDraft) error {
	var failed []error
	step := func(name string, err error) {
		if err != nil {
			failed = append(failed, &AfterCreate{Step: name, Err: err})
		}
	}
	step("remember", a.rememberDeal(ctx, clientID, id))
	if clientID != 0 && d.ContactID != 0 {
		step("link", a.setLink(ctx, clientID, d.ContactID))
	}
	if text := strings.TrimSpace(d.NoteText); text != "" {
		_, err := a.Comment(ctx, id, text)
		step("note", err)
	}
	if len(failed) > 0 {
		return failed[0]
	}
	return nil
}

// dealMark is everything that makes two drafts the same deal.
func dealMark(clientID int64, d DealDraft, in amocrm.LeadInput) []string {
	mark := []string{"deal", decimal(clientID), strings.TrimSpace(d.Name), decimal(d.ContactID), decimal(d.PipelineID),
		decimal(d.StatusID), decimal(d.ResponsibleID)}
	if in.Price != "" {
		mark = append(mark, in.Price.String())
	}
	for _, id := range slices.Sorted(maps.Keys(d.Fields)) {
		mark = append(append(mark, fieldPath(id)), d.Fields[id]...)
	}
	return mark
}

// lostDeal looks for a deal that was made a moment ago among the account's newest: same name, pipeline and contact. Deals
// that are known to have been made for the client before, and those of other authors, are others.
func (a *Account) lostDeal(ctx context.Context, in amocrm.LeadInput, mem memory, since time.Time) (int64, error) {
	got, err := a.api.NewestLeads(ctx, newestLeads)
	if err != nil {
		return 0, err
	}
	ours := a.ours(ctx)
	var best amocrm.Lead
	for _, l := range got {
		same := ours(l.CreatedBy) && l.CreatedAt >= since.Unix() && l.PipelineID == in.PipelineID && strings.TrimSpace(l.Name) == in.Name
		if same && in.Embedded != nil {
			want := in.Embedded.Contacts[0].ID
			same = slices.ContainsFunc(l.Contacts, func(m amocrm.LeadMember) bool { return m.ID == want })
		}
		if same && !l.IsDeleted && l.CreatedAt >= best.CreatedAt && !slices.Contains(mem.deals, int64(l.ID)) {
			best = l
		}
	}
	return int64(best.ID), nil
}

// Comment writes a note to a deal. A refused text is *FieldErrors at "text"; ErrGone when there is no such deal;
// ErrUnknownOutcome as in CreateDeal.
func (a *Account) Comment(ctx context.Context, leadID int64, text string) (int64, error) {
	text = strings.TrimSpace(text)
	e := &FieldErrors{}
	switch {
	case text == "":
		e.add("text", KeyRequired, nil)
	case len([]rune(text)) > maxNoteRunes:
		e.add("text", KeyTooLong, map[string]any{"max": float64(maxNoteRunes)})
	}
	if err := e.orNil(); err != nil {
		return 0, err
	}
	wrote := a.key("wrote", decimal(leadID))
	id, err := a.once(ctx, write{
		mark: []string{"note", decimal(leadID), text},
		send: func(ctx context.Context) (int64, error) {
			a.mine(ctx, "leads", leadID, AspectNote)
			made, err := a.api.CreateNotes(ctx, "leads", []amocrm.NoteInput{
				{EntityID: amocrm.ID(leadID), Type: "common", Params: map[string]any{"text": text}}})
			return firstID(made), err
		},
		look: func(ctx context.Context, since time.Time) (int64, error) {
			return a.lostNote(ctx, leadID, text, wrote, since)
		},
	})
	if err != nil {
		return 0, a.commentError(ctx, leadID, err)
	}
	done := context.WithoutCancel(ctx)
	err = errors.Join(
		a.remember(done, wrote, leadID, decimal(id)),
		a.RememberNote(done, leadID, id),
		a.b.Cache.Drop(done, a.feedKey(leadID), a.dealKey(leadID)),
	)
	if err != nil {
		return id, &AfterCreate{Step: "remember", Err: err}
	}
	return id, nil
}

// commentError tells a missing deal from a refused text: amoCRM refuses both the same way.
func (a *Account) commentError(ctx context.Context, leadID int64, err error) error {
	if errors.Is(err, amocrm.ErrNotFound) {
		return fmt.Errorf("comment deal %d: %w", leadID, ErrGone)
	}
	if errors.Is(err, amocrm.ErrInvalid) {
		if _, lookErr := a.api.Lead(ctx, amocrm.ID(leadID)); errors.Is(lookErr, amocrm.ErrNotFound) {
			return fmt.Errorf("comment deal %d: %w", leadID, ErrGone)
		}
	}
	return named(fmt.Sprintf("comment deal %d", leadID), refused(err, sentFields(nil).formPath))
}

// lostNote looks for a note that was written a moment ago; those we know of, and those of other authors, are others.
func (a *Account) lostNote(ctx context.Context, leadID int64, text, wrote string, since time.Time) (int64, error) {
	known, err := a.b.DB.ZRange(ctx, wrote, 0, -1).Result()
	if err != nil {
		return 0, fmt.Errorf("read written notes: %w", err)
	}
	notes, err := a.api.Notes(ctx, "leads", amocrm.ID(leadID), newestLeads)
	if err != nil {
		return 0, err
	}
	ours := a.ours(ctx)
	for _, n := range notes {
		if ours(n.CreatedBy) && n.CreatedAt >= since.Unix() && n.Type == "common" && !slices.Contains(known, decimal(int64(n.ID))) &&
			strings.TrimSpace(paramsOf(n.Params).text("text")) == text {
			return int64(n.ID), nil
		}
	}
	return 0, nil
}
