package runes

import "testing"

func TestFirstAndShorten_countCharacters(t *testing.T) {
	for _, c := range []struct {
		in             string
		n              int
		first, shorten string
	}{
		{"", 3, "", ""},
		{"abc", 3, "abc", "abc"},
		{"abcd", 3, "abc", "abc…"},
		{"Анна", 3, "Анн", "Анн…"},
		{"Анна", 4, "Анна", "Анна"},
		{"a😀b", 2, "a😀", "a😀…"},
		{"abc", 0, "", "…"},
		{"", 0, "", ""},
		{"a\xffbc", 2, "a\xff", "a\xff…"},
	} {
		if got := First(c.in, c.n); got != c.first {
			t.Errorf("First(%q, %d) = %q, want %q", c.in, c.n, got, c.first)
		}
		if got := Shorten(c.in, c.n); got != c.shorten {
			t.Errorf("Shorten(%q, %d) = %q, want %q", c.in, c.n, got, c.shorten)
		}
	}
}
