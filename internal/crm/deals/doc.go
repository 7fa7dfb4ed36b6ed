// Package deals reads, makes and changes deals: the lists of them, the card of one, its forms. It refuses to know how a client is
// found.
//
// Invariants:
//   - A deal is made once: a lost answer is looked for before anything is sent again.
//   - A change sends only what differs, so that no other change is undone.
//   - What a stage requires is asked for here, because amoCRM's API may not.
package deals

import (
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/companies"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

// Deals are those of an account.
type Deals struct {
	account   *crm.Account
	companies *companies.Companies
	feeds     *feed.Feeds
	fields    *fields.Fields
}

// New returns the deals of an account.
func New(a *crm.Account) *Deals {
	return &Deals{a, companies.New(a), feed.New(a), fields.New(a)}
}
