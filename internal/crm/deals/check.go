package deals

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

// leadInput checks a draft against the vocabulary and gives its wire form; everything that is wrong comes at once as
// *FieldErrors. What the chosen stage requires is checked here because amoCRM's API may not (amocrm.md §3.4).
func leadInput(d Draft, m crm.Meta) (amocrm.LeadInput, fields.Sent, error) {
	e := &crm.FieldErrors{}
	in := amocrm.LeadInput{
		Name:       strings.TrimSpace(d.Name),
		PipelineID: amocrm.ID(d.PipelineID), StatusID: amocrm.ID(d.StatusID), ResponsibleID: amocrm.ID(d.ResponsibleID),
	}
	e.Text("name", in.Name, crm.MaxNameRunes)
	if strings.TrimSpace(d.Price) != "" {
		if price, ok := fields.Price(e, d.Price, d.Lang, m); ok {
			in.Price = price.JSON()
		}
	}
	e.Length("note", d.NoteText, feed.MaxRunes)
	checkStage(d, m, e)
	if d.ResponsibleID != 0 && !m.UsersHidden {
		if !slices.ContainsFunc(m.Assignable(), func(u amocrm.User) bool { return int64(u.ID) == d.ResponsibleID }) {
			e.Add("responsible_id", crm.KeyBadChoice, nil)
		}
	}
	if d.ContactID != 0 {
		in.Embedded = &amocrm.LeadLinks{Contacts: []amocrm.ContactInput{{ID: amocrm.ID(d.ContactID)}}}
	}
	sent := addFields(&in, d, m, e)
	return in, sent, e.OrNil()
}

func checkStage(d Draft, m crm.Meta, e *crm.FieldErrors) {
	i := slices.IndexFunc(m.Open(), func(p amocrm.Pipeline) bool { return int64(p.ID) == d.PipelineID })
	switch {
	case d.PipelineID == 0:
		e.Add("pipeline_id", crm.KeyRequired, nil)
	case i < 0:
		e.Add("pipeline_id", crm.KeyBadChoice, nil)
	case d.StatusID == 0:
		e.Add("status_id", crm.KeyRequired, nil)
	case !slices.ContainsFunc(m.Open()[i].Statuses, func(s amocrm.Status) bool { return int64(s.ID) == d.StatusID }):
		e.Add("status_id", crm.KeyBadChoice, nil)
	}
}

// addFields writes the custom fields in the account's order, so that amoCRM's index in a complaint is known.
func addFields(in *amocrm.LeadInput, d Draft, m crm.Meta, e *crm.FieldErrors) fields.Sent {
	var sent fields.Sent
	required := map[int64]bool{}
	for _, f := range crm.RequiredFields(m.LeadFields, d.PipelineID, d.StatusID) {
		required[int64(f.ID)] = true
		if fields.Blank(d.Fields[int64(f.ID)]) {
			e.Add(fields.Path(int64(f.ID)), crm.KeyRequired, map[string]any{"field": f.Name})
		}
	}
	ids := slices.SortedFunc(maps.Keys(d.Fields), func(x, y int64) int {
		return cmp.Or(cmp.Compare(fields.Index(m, x), fields.Index(m, y)), cmp.Compare(x, y))
	})
	for _, id := range ids {
		raw := d.Fields[id]
		if fields.Blank(raw) {
			continue
		}
		f, ok := m.LeadField(id)
		if !ok {
			e.Add(fields.Path(id), crm.KeyBadChoice, nil)
			continue
		}
		raw, ok = fields.Strings(e, f, raw, d.Lang, m)
		if !ok {
			continue
		}
		value, ok := fields.Value(e, f, raw, m)
		if !ok {
			continue
		}
		if len(value.Values) == 0 {
			if required[id] {
				e.Add(fields.Path(id), crm.KeyRequired, map[string]any{"field": f.Name})
			}
			continue
		}
		in.Fields = append(in.Fields, value)
		sent = append(sent, fields.SentField{Path: fields.Path(id)})
	}
	return sent
}
