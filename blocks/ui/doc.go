// Package ui is the page kit of all blocks: assets, security headers, and what a page may show of what people wrote.
//
// It refuses to know what a page is about.
//
// Invariants: every page forbids inline script and foreign frames; where a tenant hides phones, every string of a view model
// is masked before a template sees it, and only what is declared as Plain goes through as it is.
package ui
