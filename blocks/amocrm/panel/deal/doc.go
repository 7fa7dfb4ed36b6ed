// Package deal is a deal opened in the panel: its card, its tasks and its feed, the forms of its rows, comments and tasks.
//
// It refuses to know how a client's deals are found and how a new one is made.
//
// Invariants: tasks and feed that can't be read don't hide the card; a comment whose answer was lost is looked for and not sent
// again; what was typed survives an error; a form sent twice acts once.
package deal

import "embed"

// Templates are those of the card and its parts.
//
//go:embed templates/*.html
var Templates embed.FS
