package v4

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// minDigits is how many digits make a query without letters a search by digits.
const minDigits = 5

// matcher answers the "query" parameter: a fuzzy search over name, custom values and id (amocrm.md §4.3). It finds
// near-misses on purpose: the caller has to check what came back.
type matcher struct {
	text   string // lower case
	digits string // set when the query is a number
}

// newMatcher is nil for an empty query, which is no filter.
func newMatcher(query string) *matcher {
	query = strings.TrimSpace(query)
	if query == "" {
		return nil
	}
	m := &matcher{text: strings.ToLower(query)}
	if d := onlyDigits(query); len(d) >= minDigits && !strings.ContainsFunc(query, unicode.IsLetter) {
		m.digits = d
	}
	return m
}

// matches reports whether the query is found in anything that is written on the entity.
func (m *matcher) matches(b *world.Base) bool {
	if m.in(b.Name) || m.in(strconv.FormatInt(b.ID, 10)) {
		return true
	}
	for _, f := range b.Fields {
		for _, el := range f.Values {
			for _, s := range world.ValueStrings(el["value"]) {
				if m.in(s) {
					return true
				}
			}
		}
	}
	return false
}

func (m *matcher) in(s string) bool {
	if strings.Contains(strings.ToLower(s), m.text) {
		return true
	}
	return m.digits != "" && strings.Contains(onlyDigits(s), m.digits)
}

func onlyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, s)
}
