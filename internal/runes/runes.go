// Package runes cuts texts to a number of characters and to one line. It knows nothing of what a text is for.
package runes

import (
	"strings"
	"unicode"
)

// First returns the first n characters of s.
func First(s string, n int) string {
	for i := range s {
		if n <= 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Shorten returns s, or its first n characters and "…" when it is longer.
func Shorten(s string, n int) string {
	if first := First(s, n); len(first) < len(s) {
		return first + "…"
	}
	return s
}

// OneLine returns s with a single space for each run of white space and control characters, and none at its ends.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
}
