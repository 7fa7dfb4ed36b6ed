// Package runes cuts texts to a number of characters. It knows nothing of what a text is for.
package runes

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
