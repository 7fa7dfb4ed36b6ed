// Package feed shows what happened in a deal, notes and events merged, and writes comments. It refuses to know languages: a
// sentence is a key of the catalogue with arguments.
//
// Invariants:
//   - Going back in a feed shows everything once, whatever happens meanwhile: the time decides, not the page.
//   - An event that only announces a note is left out where the note is shown.
//   - A comment whose answer was lost is not sent again while nobody is sure that it did not arrive.
package feed

import "github.com/sidecard/sidecard/internal/crm"

// Feeds are those of an account's deals.
type Feeds struct{ account *crm.Account }

// New returns the feeds of an account.
func New(a *crm.Account) *Feeds { return &Feeds{a} }
