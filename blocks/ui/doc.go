// Package ui is the page kit of all blocks: a request for a page of an opened card, its time, its form tokens, what is
// rendered of a view model, the skeleton of a page that is on its way, the page of a problem, assets and security headers.
//
// It refuses to know what a page is about: blocks bring their templates, texts and the errors that their people may meet.
//
// Invariants: no page takes longer than its budget; every page forbids inline script and foreign frames; where a tenant hides
// phones, or is not known, every string of a view model is masked before a template sees it, and only what is declared as
// Plain goes through as it is.
package ui
