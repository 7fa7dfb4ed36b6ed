// Package pages are the rules' pages beside a ticket: the inbox of what rules asked for, the ready-made rule with its key, and
// the check of a rule.
//
// It refuses to know how a rule is worked out and how deals are shown: that is the package above and the CRM's block.
//
// Invariants: what people search for and decide stands in a form, never in an address; a form sent twice acts once; a phone
// that a page hides is put back before anything is stored.
package pages
