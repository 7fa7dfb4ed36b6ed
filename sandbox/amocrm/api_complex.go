package amocrm

import (
	"net/http"
)

// maxComplex is how many leads one complex request may carry (amocrm.md §5.3).
const maxComplex = 50

// createComplex answers POST /leads/complex with a bare array: lead, at most one contact and one company each.
func (s cards) createComplex(w http.ResponseWriter, r *http.Request, c caller) {
	items, ok := readBatch(w, r, maxComplex)
	if !ok {
		return
	}
	var bad refusal
	out := []obj{}
	s.state.Write(func(world *World) {
		var drafts []*draft
		for i, m := range items {
			drafts = append(drafts, bad.complexDraft(c.account, m, i))
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(world, c.account, c.user)
		for i, d := range drafts {
			x.createNested(d)
			id := x.create("leads", d)
			if d.unsorted {
				x.recordUnsorted(id, unsortedCategory(items[i]), d, items[i])
			}
			o := obj{
				"id": id, "contact_id": nil, "company_id": orNull(d.company), "request_id": complexIDs(d), "merged": false,
			}
			if len(d.contacts) > 0 {
				o["contact_id"] = d.contacts[0].ID
			}
			out = append(out, o)
		}
	})
	if bad.any() {
		bad.write(w)
		return
	}
	writeHAL(w, http.StatusOK, out)
}

// complexDraft checks a lead with what is nested in it.
func (f *refusal) complexDraft(a *Account, m obj, index int) *draft {
	v := newCheck(a)
	d := v.readLead(withoutStage(m), nil)
	d.requestID, d.sentID = requestID(m, index)
	d.unsorted = unsortedCategory(m) != ""
	v.limitValues(m)
	v.nested(m, "contacts", func(n *draft, id int64) {
		if id != 0 {
			d.contacts = []LeadContact{{ID: id, IsMain: true}}
		}
		d.newContact = n
	})
	v.nested(m, "companies", func(n *draft, id int64) { d.company, d.newCompany = id, n })
	f.add(d.requestID, *v.errs)
	if !v.failed() {
		f.checkLossReason(a, d)
	}
	return d
}

// unsortedCategory is sip or forms for a lead whose metadata make it an incoming one, else empty.
func unsortedCategory(m obj) string {
	e, _ := m["_embedded"].(obj)
	meta, _ := e["metadata"].(obj)
	if category := meta["category"]; category == "sip" || category == "forms" {
		return category.(string)
	}
	return ""
}

// withoutStage drops the status of an incoming lead, which amoCRM ignores.
func withoutStage(m obj) obj {
	if unsortedCategory(m) == "" {
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
func (v check) limitValues(m obj) {
	if list, ok := asList(m["custom_fields_values"]); ok && len(list) > maxValues {
		v.notExpected("custom_fields_values.40")
	}
}

// nested reads the one contact or company of a complex lead: an existing id, or a new one to make.
func (v check) nested(m obj, kind string, take func(made *draft, id int64)) {
	v.embedded(m, kind, func(at check, el obj, i int) {
		if i > 0 {
			at.notExpected("id")
			return
		}
		if el["id"] != nil {
			take(nil, at.existing(el, kind))
			return
		}
		at.limitValues(el)
		d := at.readDraft(kind, el)
		d.requestID, d.sentID = requestID(el, i)
		take(d, 0)
	})
}

// createNested makes the new company, then the new contact in it, and puts both on the lead's draft.
func (x writer) createNested(d *draft) {
	if d.newCompany != nil {
		d.company = x.create("companies", d.newCompany)
	}
	if d.newContact != nil {
		d.newContact.company = d.company
		id := x.create("contacts", d.newContact)
		d.contacts = []LeadContact{{ID: id, IsMain: true}}
		return
	}
	if d.newCompany != nil && len(d.contacts) > 0 {
		if c := x.a.Contacts[d.contacts[0].ID]; c.CompanyID == 0 {
			c.CompanyID = d.company
		}
	}
}

// complexIDs are the request_ids of lead, contact and company; a lead always has one.
func complexIDs(d *draft) []string {
	ids := []string{d.requestID}
	for _, n := range []*draft{d.newContact, d.newCompany} {
		if n != nil && n.sentID {
			ids = append(ids, n.requestID)
		}
	}
	return ids
}
