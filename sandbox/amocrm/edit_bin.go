package amocrm

import (
	"slices"
)

// bin puts a lead or a contact into the bin, as a person does in amoCRM's pages; its API can't. The thing stays as a
// deleted one, its links are gone, the feed and the webhooks are told. The caller has found it alive.
func (x writer) bin(entity string, id int64) {
	switch entity {
	case "leads":
		l := x.a.Leads[id]
		l.Contacts, l.CompanyID = nil, 0
		x.settleUnsorted(l, outcomeDeclined)
	case "contacts":
		x.a.Contacts[id].CompanyID = 0
		for _, l := range x.a.Leads {
			l.Contacts = withMain(slices.DeleteFunc(slices.Clone(l.Contacts), func(c LeadContact) bool { return c.ID == id }))
		}
		for _, u := range x.a.Unsorted {
			if u.ContactID == id {
				u.ContactID = 0
			}
		}
	}
	b := baseByID(x.a, entity, id)
	b.Elements, b.Deleted, b.UpdatedAt, b.UpdatedBy = nil, true, x.now, x.by
	x.journal(x.by).add(singular(entity)+"_deleted", singular(entity), id, nil, nil)
	x.changed(change{Entity: entity, Action: "delete", ID: id, By: x.by})
}

// binByHand does it as the account's first administrator, and is false when there is no such thing. The caller holds
// the write lock.
func (e editor) binByHand(w *World, a *Account, entity string, id int64) bool {
	if baseByID(a, entity, id) == nil {
		return false
	}
	e.writer(w, a, a.firstAdmin().ID).bin(entity, id)
	return true
}
