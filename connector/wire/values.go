package wire

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/sidecard/sidecard/internal/runes"
)

// TextOf returns a decoded scalar as text: a string without the space around it, a number as it was written. nil is "".
// ok is false for flags, lists and objects.
func TextOf(v any) (text string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return strings.TrimSpace(v), true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// FlagOf returns a decoded flag: true and false, as a value or as text, and numbers, of which 0 is false. known is false
// for anything else.
func FlagOf(v any) (set, known bool) {
	if set, ok := v.(bool); ok {
		return set, true
	}
	text, ok := TextOf(v)
	switch {
	case !ok:
		return false, false
	case strings.EqualFold(text, "true"):
		return true, true
	case strings.EqualFold(text, "false"):
		return false, true
	}
	n, ok := ParseNumber(text)
	return ok && n != 0, ok
}

// ListOf returns a decoded list, which PHP writes as an object keyed by index when its keys have holes. nil and "" are an
// empty one.
func ListOf(v any) (list []any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		return nil, v == ""
	case []any:
		return v, true
	case map[string]any:
		keys, ok := indexes(v)
		return inOrder(v, keys), ok
	}
	return nil, false
}

// ParseInt returns a whole number that may be written with an exponent or with zeros behind the point.
func ParseInt(text string) (n int64, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, ok := ParseNumber(text)
	return int64(f), ok && f == math.Trunc(f) && math.Abs(f) <= 1<<53 // beyond that, a float may be another number
}

// ParseNumber returns a number that is one: neither infinite nor NaN.
func ParseNumber(text string) (n float64, ok bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// indexes returns the keys of an object that is a list, in the order of their numbers; ok is false for any other object.
func indexes[V any](m map[string]V) (keys []string, ok bool) {
	for k := range m {
		if _, err := strconv.Atoi(k); err != nil {
			return nil, false
		}
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		x, _ := strconv.Atoi(a) // they are numbers, see above
		y, _ := strconv.Atoi(b)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	}), len(m) > 0
}

func inOrder[V any](m map[string]V, keys []string) []V {
	list := make([]V, len(keys))
	for i, k := range keys {
		list[i] = m[k]
	}
	return list
}

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
