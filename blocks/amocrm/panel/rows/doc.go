// Package rows draws deals in rows: a contact's list with its figures, the switch between open and all, the cells of a layout
// that a company chose, and the banner above old data.
//
// It refuses to know which page a list stands on and how deals are found.
package rows

import "embed"

// Templates are those of rows, lists and cells.
//
//go:embed templates/*.html
var Templates embed.FS
