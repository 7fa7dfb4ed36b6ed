package edit

import (
	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// ComplexDraft checks a lead with what is nested in it.
func (f *Refusal) ComplexDraft(a *world.Account, m obj, index int) *Draft {
	v := NewCheck(a)
	d := readLead(v, withoutStage(m), nil)
	d.RequestID, d.SentID = api.RequestID(m, index)
	d.Unsorted = UnsortedCategory(m) != ""
	limitValues(v, m)
	readNested(v, m, "contacts", func(n *Draft, id int64) {
		if id != 0 {
			d.Contacts = []world.LeadContact{{ID: id, IsMain: true}}
		}
		d.NewContact = n
	})
	readNested(v, m, "companies", func(n *Draft, id int64) { d.Company, d.NewCompany = id, n })
	f.Add(d.RequestID, *v.Errs)
	if !v.Failed() {
		f.checkLossReason(a, d)
	}
	return d
}

// UnsortedCategory is sip or forms for a lead whose metadata make it an incoming one, else empty.
func UnsortedCategory(m obj) string {
	e, _ := m["_embedded"].(obj)
	meta, _ := e["metadata"].(obj)
	if category := meta["category"]; category == "sip" || category == "forms" {
		return category.(string)
	}
	return ""
}

// withoutStage drops the status of an incoming lead, which amoCRM ignores.
func withoutStage(m obj) obj {
	if UnsortedCategory(m) == "" {
		return m
	}
	out := make(obj, len(m))
	for k, v := range m {
		if k != "status_id" {
			out[k] = v
		}
	}
	return out
}

// limitValues refuses the custom values above maxValues.
func limitValues(v Check, m obj) {
	if list, ok := api.AsList(m["custom_fields_values"]); ok && len(list) > maxValues {
		v.NotExpected("custom_fields_values.40")
	}
}

// readNested reads the one contact or company of a complex lead: an existing id, or a new one to make.
func readNested(v Check, m obj, kind string, take func(made *Draft, id int64)) {
	v.Embedded(m, kind, func(at Check, el obj, i int) {
		if i > 0 {
			at.NotExpected("id")
			return
		}
		if el["id"] != nil {
			take(nil, at.Existing(el, "id", kind))
			return
		}
		limitValues(at, el)
		d := ReadDraft(at, kind, el)
		d.RequestID, d.SentID = api.RequestID(el, i)
		take(d, 0)
	})
}

// CreateNested makes the new company, then the new contact in it, and puts both on the lead's draft.
func (x Writer) CreateNested(d *Draft) {
	if d.NewCompany != nil {
		d.Company = x.Create("companies", d.NewCompany)
	}
	if d.NewContact != nil {
		d.NewContact.Company = d.Company
		id := x.Create("contacts", d.NewContact)
		d.Contacts = []world.LeadContact{{ID: id, IsMain: true}}
		return
	}
	if d.NewCompany != nil && len(d.Contacts) > 0 {
		if c := x.A.Contacts[d.Contacts[0].ID]; c.CompanyID == 0 {
			c.CompanyID = d.Company
		}
	}
}
