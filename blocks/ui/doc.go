// Package ui is the page kit of all blocks.
//
// It owns what a page may show of what people wrote. It refuses to know what a page is about.
//
// Invariant: where a tenant hides phones, every string of a view model is masked before a template sees it; only what is
// declared as Plain goes through as it is.
package ui
