// Package settings is what a company's administrators choose of its card, as far as it may be chosen in the panel: language,
// masks, defaults of new deals, mapped fields, who is notified of trouble with rules, and which fields of deals are shown in which order.
//
// It refuses to know where the choices are used. It reads an account's vocabulary and stores into the tenant, nothing else.
//
// Invariants: a field that a page did not have stays as it is; a form with a mistake stores nothing and comes back as it was
// typed; a form sent twice acts once.
package settings

import "embed"

// Templates are those of the pages.
//
//go:embed templates/*.html
var Templates embed.FS
