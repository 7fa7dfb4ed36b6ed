package wire_test

import (
	"strings"
	"testing"

	"github.com/sidecard/sidecard/connector/wire"
)

func TestScrub_secretsQueriesAndControlCharacters(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "not found", "not found"},
		{"control characters", "\x00one\r\ntwo\u0085\ufffd", "one  two"},
		{"a secret", "token abcd1234 is wrong", "token [secret] is wrong"},
		{"a secret too short to be one", "abc", "abc"},
		{"an address", `see https://example.com/a/b?key=1#x and "http://y.example#z"`, `see https://example.com/a/b and "http://y.example"`},
		{"too long", strings.Repeat("я", 61), strings.Repeat("я", 60) + "…"},
	} {
		if got := wire.Scrub(c.in, 60, "abcd1234", "abc", ""); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
