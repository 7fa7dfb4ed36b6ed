package deals

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

const newestLeads = 50 // that are looked through for a lost one

// CreateDeal makes a deal for a client (0: for nobody), links its contact to the client and writes the note. A refused draft is
// *FieldErrors, amoCRM's own complaints included. ErrUnknownOutcome when the answer was lost and the deal is not to be
// found yet; *AfterCreate beside the id when the deal exists and link or note failed.
func (ds *Deals) CreateDeal(ctx context.Context, clientID int64, d Draft) (int64, error) {
	meta, err := ds.account.Vocabulary(ctx, crm.PartNames|crm.PartLeadFields)
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	in, sent, err := leadInput(d, meta)
	if err != nil {
		return 0, err
	}
	if err := ds.keepsPrice(ctx, in.Price); err != nil {
		return 0, crm.Wrap("create deal", err)
	}
	unlock, err := ds.account.Memory().Lock(ctx, clientID, nil)
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	defer unlock()
	mem, err := ds.account.Memory().Recall(ctx, clientID)
	if err != nil {
		return 0, fmt.Errorf("create deal: %w", err)
	}
	id, err := ds.account.Writes().Once(ctx, crm.Write{
		Mark: dealMark(clientID, d, in),
		Send: func(ctx context.Context) (int64, error) {
			made, err := ds.account.API().CreateLeads(ctx, []amocrm.LeadInput{in})
			return crm.FirstID(made), err
		},
		Look: func(ctx context.Context, since time.Time) (int64, error) { return ds.lostDeal(ctx, in, mem, since) },
	})
	if err != nil {
		return 0, crm.Wrap("create deal", crm.Refused(err, sent.FormPath))
	}
	ds.account.Writes().Own(ctx, "leads", id, crm.AspectData)
	return id, ds.afterDeal(context.WithoutCancel(ctx), clientID, id, d)
}

// afterDeal does what follows a create. All of it is tried; the first failure is told.
func (ds *Deals) afterDeal(ctx context.Context, clientID, id int64, d Draft) error {
	var failed []error
	step := func(name string, err error) {
		if err != nil {
			failed = append(failed, &crm.AfterCreate{Step: name, Err: err})
		}
	}
	step("remember", ds.account.Memory().RememberDeal(ctx, clientID, id))
	if clientID != 0 && d.ContactID != 0 {
		step("link", ds.account.Memory().Link(ctx, clientID, d.ContactID))
	}
	if text := strings.TrimSpace(d.NoteText); text != "" {
		_, err := ds.feeds.Comment(ctx, id, text, false)
		step("note", err)
	}
	if len(failed) > 0 {
		return failed[0]
	}
	return nil
}

// dealMark is everything that makes two drafts the same deal.
func dealMark(clientID int64, d Draft, in amocrm.LeadInput) []string {
	mark := []string{"deal", crm.Decimal(clientID), strings.TrimSpace(d.Name), crm.Decimal(d.ContactID), crm.Decimal(d.PipelineID),
		crm.Decimal(d.StatusID), crm.Decimal(d.ResponsibleID)}
	if in.Price != "" {
		mark = append(mark, in.Price.String())
	}
	for _, id := range slices.Sorted(maps.Keys(d.Fields)) {
		mark = append(append(mark, fields.Path(id)), d.Fields[id]...)
	}
	return mark
}

// lostDeal looks for a deal that was made a moment ago among the account's newest: same name, pipeline and contact. Deals
// that are known to have been made for the client before, and those of other authors, are others.
func (ds *Deals) lostDeal(ctx context.Context, in amocrm.LeadInput, mem crm.Recalled, since time.Time) (int64, error) {
	got, err := ds.account.API().NewestLeads(ctx, newestLeads)
	if err != nil {
		return 0, err
	}
	ours := ds.account.Writes().Authors(ctx)
	var best amocrm.Lead
	for _, l := range got {
		same := ours(l.CreatedBy) && int64(l.CreatedAt) >= since.Unix() && l.PipelineID == in.PipelineID && strings.TrimSpace(l.Name) == in.Name
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
func (ds *Deals) keepsPrice(ctx context.Context, price json.Number) error {
	if !strings.Contains(price.String(), ".") {
		return nil
	}
	keeps, err := ds.fields.KeepsCents(ctx)
	if err != nil || keeps {
		return err
	}
	e := &crm.FieldErrors{}
	e.Add("price", crm.KeyWholeAmount, nil)
	return e
}
