// Package forms turns values of amoCRM's fields into texts and inputs of the reader's language, and what was typed back into
// values: widgets by the type of a field, parts of compound fields, digits that a mask had hidden, refusals of fields.
//
// It refuses to know what a form is about and where values are read from.
//
// Invariants: what was typed is shown as it is, everything else counts as words of people unless its type says that it holds
// no phone; a text with hidden digits that was changed is refused, since the digits would be lost.
package forms

import "embed"

// Templates are those of the inputs.
//
//go:embed templates/*.html
var Templates embed.FS
