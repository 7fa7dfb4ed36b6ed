package body

import (
	"strings"
	"unicode/utf8"
)

// clean removes from every text of a tree what a CRM refuses and people can't read: control characters other than tabs and
// line ends, halves of characters, code points that are none. It changes the tree in place.
func clean(v any) any {
	switch v := v.(type) {
	case string:
		return cleanText(v)
	case []any:
		for i := range v {
			v[i] = clean(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = clean(v[k])
		}
	}
	return v
}

func cleanText(s string) string {
	if !strings.ContainsFunc(s, unreadable) {
		return s
	}
	return strings.Map(func(c rune) rune {
		if unreadable(c) {
			return -1
		}
		return c
	}, s)
}

// unreadable reports control characters and what stands for a character that could not be decoded.
func unreadable(c rune) bool {
	switch {
	case c == '\t', c == '\n', c == '\r':
		return false
	case c < ' ', c >= 0x7f && c < 0xa0, c == utf8.RuneError:
		return true
	}
	return c >= 0xfdd0 && c <= 0xfdef || c&0xfffe == 0xfffe
}
