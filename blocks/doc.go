// Package blocks holds the texts of the blocks.
//
// Invariant: there is every text in every language.
package blocks
