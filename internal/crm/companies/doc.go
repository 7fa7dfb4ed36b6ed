// Package companies finds and makes companies by their names, ties contacts to them and reads their names for pages. It refuses to
// know what else a company has.
//
// Invariants:
//   - A company is found by exactly its name, case aside, and made only when there is none.
//   - Names are an ornament: no page fails or waits long for them.
package companies

import "github.com/sidecard/sidecard/internal/crm"

// Companies are those of an account.
type Companies struct{ account *crm.Account }

// New returns the companies of an account.
func New(a *crm.Account) *Companies { return &Companies{a} }
