package crm

import (
	"context"
	"encoding/json"
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
	meta, err := a.Vocabulary(ctx, PartNames|PartLeadFields)
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
	unlock, err := a.Memory().Lock(ctx, clientID, nil)
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	defer unlock()
	mem, err := a.Memory().Recall(ctx, clientID)
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	id, err := a.Writes().Once(ctx, Write{
		Mark: dealMark(clientID, d, in),
		Send: func(ctx context.Context) (int64, error) {
			made, err := a.API().CreateLeads(ctx, []amocrm.LeadInput{in})
			return firstID(made), err
		},
		Look: func(ctx context.Context, since time.Time) (int64, error) { return a.lostDeal(ctx, in, mem, since) },
	})
	if err != nil {
		return 0, named("create deal", Refused(err, sent.formPath))
	}
	a.Writes().Own(ctx, "leads", id, AspectData)
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
	step("remember", a.Memory().RememberDeal(ctx, clientID, id))
	if clientID != 0 && d.ContactID != 0 {
		step("link", a.Memory().Link(ctx, clientID, d.ContactID))
	}
	if text := strings.TrimSpace(d.NoteText); text != "" {
		_, err := a.Comment(ctx, id, text, false)
		step("note", err)
	}
	if len(failed) > 0 {
		return failed[0]
	}
	return nil
}

// dealMark is everything that makes two drafts the same deal.
func dealMark(clientID int64, d DealDraft, in amocrm.LeadInput) []string {
	mark := []string{"deal", Decimal(clientID), strings.TrimSpace(d.Name), Decimal(d.ContactID), Decimal(d.PipelineID),
		Decimal(d.StatusID), Decimal(d.ResponsibleID)}
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
func (a *Account) lostDeal(ctx context.Context, in amocrm.LeadInput, mem Recalled, since time.Time) (int64, error) {
	got, err := a.API().NewestLeads(ctx, newestLeads)
	if err != nil {
		return 0, err
	}
	ours := a.Writes().Authors(ctx)
	var best amocrm.Lead
	for _, l := range got {
		same := ours(l.CreatedBy) && l.CreatedAt >= since.Unix() && l.PipelineID == in.PipelineID && strings.TrimSpace(l.Name) == in.Name
		if same && in.Embedded != nil {
			want := in.Embedded.Contacts[0].ID
			same = slices.ContainsFunc(l.Contacts, func(m amocrm.LeadMember) bool { return m.ID == want })
		}
		if same && !l.IsDeleted && l.CreatedAt >= best.CreatedAt && !slices.Contains(mem.Deals, int64(l.ID)) {
			best = l
		}
	}
	return int64(best.ID), nil
}

// keepsPrice refuses a new deal's price that has cents where the account would drop them.
func (a *Account) keepsPrice(ctx context.Context, price json.Number) error {
	if !strings.Contains(price.String(), ".") {
		return nil
	}
	keeps, err := a.KeepsCents(ctx)
	if err != nil || keeps {
		return err
	}
	e := &FieldErrors{}
	e.add("price", KeyWholeAmount, nil)
	return e
}
