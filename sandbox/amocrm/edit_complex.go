package amocrm

// complexDraft checks a lead with what is nested in it.
func (f *refusal) complexDraft(a *Account, m obj, index int) *draft {
	v := newCheck(a)
	d := readLead(v, withoutStage(m), nil)
	d.requestID, d.sentID = requestID(m, index)
	d.unsorted = unsortedCategory(m) != ""
	limitValues(v, m)
	readNested(v, m, "contacts", func(n *draft, id int64) {
		if id != 0 {
			d.contacts = []LeadContact{{ID: id, IsMain: true}}
		}
		d.newContact = n
	})
	readNested(v, m, "companies", func(n *draft, id int64) { d.company, d.newCompany = id, n })
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
func limitValues(v check, m obj) {
	if list, ok := asList(m["custom_fields_values"]); ok && len(list) > maxValues {
		v.notExpected("custom_fields_values.40")
	}
}

// readNested reads the one contact or company of a complex lead: an existing id, or a new one to make.
func readNested(v check, m obj, kind string, take func(made *draft, id int64)) {
	v.embedded(m, kind, func(at check, el obj, i int) {
		if i > 0 {
			at.notExpected("id")
			return
		}
		if el["id"] != nil {
			take(nil, at.existing(el, kind))
			return
		}
		limitValues(at, el)
		d := readDraft(at, kind, el)
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
