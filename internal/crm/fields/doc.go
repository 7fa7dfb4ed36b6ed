// Package fields knows the custom fields of deals and contacts: which of them a form can ask for, how their values are read from
// a form and shown, which of them a list or card shows, and which are filled from a ticket. It refuses to know what a deal or a
// contact is besides.
//
// Invariants:
//   - What a field does not take is named at the path of its form, never dropped in silence; only a mapping drops it, as nobody
//     has typed it.
//   - An amount is read only when it can be read in one way.
package fields

import "github.com/sidecard/sidecard/internal/crm"

// Fields are those of an account.
type Fields struct{ account *crm.Account }

// New returns the fields of an account.
func New(a *crm.Account) *Fields { return &Fields{a} }
