package edit

import (
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// bin puts a lead or a contact into the bin, as a person does in amoCRM's pages; its API can't. The thing stays as a
// deleted one, its links are gone, the feed and the webhooks are told. The caller has found it alive.
func (x Writer) bin(entity string, id int64) {
	switch entity {
	case "leads":
		l := x.A.Leads[id]
		l.Contacts, l.CompanyID = nil, 0
		x.settleUnsorted(l, OutcomeDeclined)
	case "contacts":
		x.A.Contacts[id].CompanyID = 0
		for _, l := range x.A.Leads {
			l.Contacts = withMain(slices.DeleteFunc(slices.Clone(l.Contacts), func(c world.LeadContact) bool { return c.ID == id }))
		}
		for _, u := range x.A.Unsorted {
			if u.ContactID == id {
				u.ContactID = 0
			}
		}
	}
	b := world.BaseByID(x.A, entity, id)
	b.Elements, b.Deleted, b.UpdatedAt, b.UpdatedBy = nil, true, x.Now, x.By
	x.Journal(x.By).Add(world.Singular(entity)+"_deleted", world.Singular(entity), id, nil, nil)
	x.Changed(world.Change{Entity: entity, Action: "delete", ID: id, By: x.By})
}

// BinByHand does it as the account's first administrator, and is false when there is no such thing. The caller holds
// the write lock.
func (e Editor) BinByHand(w *world.World, a *world.Account, entity string, id int64) bool {
	if world.BaseByID(a, entity, id) == nil {
		return false
	}
	e.Writer(w, a, a.FirstAdmin().ID).bin(entity, id)
	return true
}
