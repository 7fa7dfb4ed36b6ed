// Package feed reads what happened in a deal and draws it: lines of people and of the CRM, the filter, the way to older lines,
// the box for a comment.
//
// It refuses to know where the feed stands and how a comment is sent.
package feed

import "embed"

// Templates are those of the feed and of the states of its comment.
//
//go:embed templates/*.html
var Templates embed.FS
