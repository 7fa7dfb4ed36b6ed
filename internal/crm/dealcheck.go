package crm

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// leadInput checks a draft against the vocabulary and gives its wire form; everything that is wrong comes at once as
// *FieldErrors. What the chosen stage requires is checked here because amoCRM's API may not (amocrm.md §3.4).
func leadInput(d DealDraft, m Meta) (amocrm.LeadInput, sentFields, error) {
	e := &FieldErrors{}
	in := amocrm.LeadInput{
		Name:       strings.TrimSpace(d.Name),
		PipelineID: amocrm.ID(d.PipelineID), StatusID: amocrm.ID(d.StatusID), ResponsibleID: amocrm.ID(d.ResponsibleID),
	}
	e.Text("name", in.Name, MaxNameRunes)
	if strings.TrimSpace(d.Price) != "" {
		if price, ok := Price(e, d.Price, d.Lang, m); ok {
			in.Price = price.JSON()
		}
	}
	e.Length("note", d.NoteText, maxNoteRunes)
	checkStage(d, m, e)
	if d.ResponsibleID != 0 && !m.UsersHidden {
		if !slices.ContainsFunc(m.Assignable(), func(u amocrm.User) bool { return int64(u.ID) == d.ResponsibleID }) {
			e.add("responsible_id", KeyBadChoice, nil)
		}
	}
	if d.ContactID != 0 {
		in.Embedded = &amocrm.LeadLinks{Contacts: []amocrm.ContactInput{{ID: amocrm.ID(d.ContactID)}}}
	}
	sent := addFields(&in, d, m, e)
	return in, sent, e.orNil()
}

func checkStage(d DealDraft, m Meta, e *FieldErrors) {
	i := slices.IndexFunc(m.Open(), func(p amocrm.Pipeline) bool { return int64(p.ID) == d.PipelineID })
	switch {
	case d.PipelineID == 0:
		e.add("pipeline_id", KeyRequired, nil)
	case i < 0:
		e.add("pipeline_id", KeyBadChoice, nil)
	case d.StatusID == 0:
		e.add("status_id", KeyRequired, nil)
	case !slices.ContainsFunc(m.Open()[i].Statuses, func(s amocrm.Status) bool { return int64(s.ID) == d.StatusID }):
		e.add("status_id", KeyBadChoice, nil)
	}
}

// addFields writes the custom fields in the account's order, so that amoCRM's index in a complaint is known.
func addFields(in *amocrm.LeadInput, d DealDraft, m Meta, e *FieldErrors) sentFields {
	var sent sentFields
	required := map[int64]bool{}
	for _, f := range requiredFields(m.LeadFields, d.PipelineID, d.StatusID) {
		required[int64(f.ID)] = true
		if allBlank(d.Fields[int64(f.ID)]) {
			e.add(fieldPath(int64(f.ID)), KeyRequired, map[string]any{"field": f.Name})
		}
	}
	ids := slices.SortedFunc(maps.Keys(d.Fields), func(x, y int64) int {
		return cmp.Or(cmp.Compare(fieldIndex(m, x), fieldIndex(m, y)), cmp.Compare(x, y))
	})
	for _, id := range ids {
		raw := d.Fields[id]
		if allBlank(raw) {
			continue
		}
		f, ok := m.LeadField(id)
		if !ok {
			e.add(fieldPath(id), KeyBadChoice, nil)
			continue
		}
		raw, ok = Strings(e, f, raw, d.Lang, m)
		if !ok {
			continue
		}
		value, err := f.InputIn(m.Calendar(), raw)
		if err != nil {
			problem := FieldError{Path: fieldPath(id), Key: KeyBadValue, Args: map[string]any{"field": f.Name, "type": f.Type}}
			if v, ok := errors.AsType[*amocrm.ValueError](err); ok {
				problem.Args["expected"] = v.Accepts
			}
			e.Fields = append(e.Fields, problem)
			continue
		}
		if len(value.Values) == 0 {
			if required[id] {
				e.add(fieldPath(id), KeyRequired, map[string]any{"field": f.Name})
			}
			continue
		}
		in.Fields = append(in.Fields, value)
		sent = append(sent, sentField{path: fieldPath(id)})
	}
	return sent
}
