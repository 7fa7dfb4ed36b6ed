// Package people is the first screen of an opened card, the client's contacts with their deals, and what leads on from it: the
// search by hand, the link of a client to a contact, the form of a new contact, the keys that a contact lacks.
//
// It refuses to know how people are matched, and what a page of one deal shows.
//
// Invariants: every state shows exactly one next step; duplicates are shown before a contact is made; a form sent twice acts once.
package people

import "embed"

// Templates are those of the pages.
//
//go:embed templates/*.html
var Templates embed.FS
