// Package people finds who of the CRM a client of the helpdesk is, with companies and deals, and makes and completes contacts. It
// refuses to know what can be done with a deal.
//
// Invariants:
//   - A contact is shown for a client only when it is linked, was made for the client, or one of its phones, e-mails or messengers
//     equals one of the client's; amoCRM's search is fuzzy and is never believed, and never asked with an empty query.
//   - A new contact joins only a company whose name is exactly the one given, case aside.
//   - What a contact has stays: what it lacks is added behind, and only a phone that can't be read is replaced, by hand.
package people

import (
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/companies"
	"github.com/sidecard/sidecard/internal/crm/deals"
)

// People finds the clients of a helpdesk in an account.
type People struct {
	account   *crm.Account
	companies *companies.Companies
	deals     *deals.Deals
}

// New returns the people of an account.
func New(a *crm.Account) *People { return &People{a, companies.New(a), deals.New(a)} }

// Contacts makes and completes contacts of an account.
type Contacts struct {
	account *crm.Account
	people  *People
}

// NewContacts returns the contacts of an account.
func NewContacts(a *crm.Account) *Contacts { return &Contacts{a, New(a)} }
