package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// Found is something in the CRM that a write may have made. Of a note or a task, Text is what it says; of a deal, its name.
type Found struct {
	ID        int64
	Text      string
	CreatedAt int64 // seconds of the CRM's clock
	CreatedBy int64 // 0 is a robot
}

// FoundDeal is a deal that a write may have made.
type FoundDeal struct {
	Found
	PipelineID int64
	Price      int64 // in whole units
	Contacts   []int64
	Deleted    bool

	fields amocrm.FieldValues
}

func foundDeals(leads []amocrm.Lead) []FoundDeal {
	out := make([]FoundDeal, len(leads))
	for i, l := range leads {
		out[i] = FoundDeal{Found: Found{int64(l.ID), l.Name, int64(l.CreatedAt), int64(l.CreatedBy)}, PipelineID: int64(l.PipelineID),
			Price: int64(l.Price), Deleted: l.IsDeleted, fields: l.Fields}
		for _, c := range l.Contacts {
			out[i].Contacts = append(out[i].Contacts, int64(c.ID))
		}
	}
	return out
}

// Now returns the CRM's clock as its last answer told it; ok is false when none did.
func (a Account) Now() (now time.Time, ok bool) { return a.API().Clock() }

// NewestDeals returns the account's newest deals.
func (a Account) NewestDeals(ctx context.Context, limit int) ([]FoundDeal, error) {
	leads, err := a.API().NewestLeads(ctx, limit)
	return foundDeals(leads), err
}

// NewestDealsOf returns the newest deals of a contact, of an account that ignores filters three at most; none when there is no such
// contact.
func (a Account) NewestDealsOf(ctx context.Context, contactID int64, limit int) ([]FoundDeal, error) {
	c, err := a.API().Contact(ctx, amocrm.ID(contactID))
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && len(c.LeadIDs) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ids := crm.IDs[amocrm.ID](crm.NewestIDs(crm.IDs[int64](c.LeadIDs), limit))
	found, err := a.API().Leads(ctx, ids)
	if !errors.Is(err, amocrm.ErrFilterOff) {
		return foundDeals(found), err
	}
	for _, id := range ids[:min(len(ids), 3)] {
		l, err := a.API().Lead(ctx, id)
		if err != nil && !errors.Is(err, amocrm.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			found = append(found, l)
		}
	}
	return foundDeals(found), nil
}

// Fits reports whether nothing in a found deal contradicts what was to be made.
func (d Deal) Fits(found FoundDeal) bool {
	for _, want := range d.Fields {
		i := slices.IndexFunc(found.fields, func(f amocrm.FieldValue) bool {
			return want.FieldID != 0 && f.FieldID == want.FieldID || want.FieldID == 0 && strings.EqualFold(f.FieldCode, want.FieldCode)
		})
		if i < 0 || len(want.Values) != 1 || len(found.fields[i].Values) != 1 {
			continue
		}
		w, got := want.Values[0], found.fields[i]
		text, isText := w.Value.(string)
		if w.EnumID != 0 && got.Values[0].EnumID != 0 && w.EnumID != got.Values[0].EnumID ||
			isText && got.FieldType == "text" && PlainLines(text) != PlainLines(got.Text()[0]) {
			return false
		}
	}
	return true
}

// PlainLines returns a text as it is compared with what the CRM has made of it.
func PlainLines(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// IsClient reports whether a contact is the client, by phone, e-mail or, failing both, name; one that is gone is nobody.
func (a Account) IsClient(ctx context.Context, contactID int64, client helpdesk.Client, region string) (bool, error) {
	c, err := a.API().Contact(ctx, amocrm.ID(contactID))
	if errors.Is(err, amocrm.ErrNotFound) {
		return false, nil
	}
	return err == nil && people.SameClient(c, client, region), err
}

// ContactName returns the name of a contact, "" when it is gone.
func (a Account) ContactName(ctx context.Context, contactID int64) (string, error) {
	c, err := a.API().Contact(ctx, amocrm.ID(contactID))
	if errors.Is(err, amocrm.ErrNotFound) {
		return "", nil
	}
	return c.Name, err
}

// ContactGone reports whether the CRM says that it has no such contact any more.
func (a Account) ContactGone(ctx context.Context, contactID int64) bool {
	c, err := a.API().Contact(ctx, amocrm.ID(contactID))
	return errors.Is(err, amocrm.ErrNotFound) || err == nil && c.IsDeleted
}

// NotesOf returns the newest notes of a deal that people write.
func (a Account) NotesOf(ctx context.Context, dealID int64) ([]Found, error) {
	notes, _, err := a.API().NotesPage(ctx, "leads", amocrm.ID(dealID), 1, maxNotes)
	var out []Found
	for _, n := range notes {
		var params struct {
			Text string `json:"text"`
		}
		if n.Type == "common" && json.Unmarshal(n.Params, &params) == nil {
			out = append(out, Found{int64(n.ID), params.Text, int64(n.CreatedAt), int64(n.CreatedBy)})
		}
	}
	return out, err
}

const maxNotes = 50

// TasksOf returns the tasks of a deal.
func (a Account) TasksOf(ctx context.Context, dealID int64) ([]Found, error) {
	tasks, err := a.API().Tasks(ctx, amocrm.ID(dealID))
	out := make([]Found, len(tasks))
	for i, t := range tasks {
		out[i] = Found{int64(t.ID), t.Text, int64(t.CreatedAt), int64(t.CreatedBy)}
	}
	return out, err
}
