package wire

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/sidecard/sidecard/internal/runes"
)

// Plain returns a text of an outside system as one that may be logged and shown: without control characters, cut to n
// characters.
func Plain(s string, n int) string {
	return runes.Shorten(strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)), n)
}

var addressQuery = regexp.MustCompile(`(https?://[^\s?#"]+)[?#][^\s"]*`)

// Scrub returns what Plain does, also without the secrets of at least four bytes and without the queries of addresses.
func Scrub(s string, n int, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) >= 4 {
			s = strings.ReplaceAll(s, secret, "[secret]")
		}
	}
	return Plain(addressQuery.ReplaceAllString(s, "$1"), n)
}
