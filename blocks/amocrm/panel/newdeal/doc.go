// Package newdeal is the form of a new deal: named after the ticket, with the fields that its stage requires, and a note that
// leads back to the ticket.
//
// It refuses to know what is shown after the deal was made.
//
// Invariants: a form sent twice makes one deal; what was typed survives an error; mapped fields that the form did not show are
// added, those that it showed are as the agent left them.
package newdeal

import "embed"

// Templates are those of the form.
//
//go:embed templates/*.html
var Templates embed.FS
