// Package kit is what all local systems share: listening by http and https, the control routes under /_sandbox and the
// guard before them, faults, and the state that outlives a restart.
//
// It refuses to know any system. What runs in the background is owned by a State or a Service and has ended when its
// Close returns.
package kit

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// First returns the first element that fits, or nil.
func First[T any](list []*T, fits func(*T) bool) *T {
	if i := slices.IndexFunc(list, fits); i >= 0 {
		return list[i]
	}
	return nil
}

// Each returns what f makes of each element; a list of none is no nil.
func Each[T, R any](list []T, f func(i int, x T) R) []R {
	out := make([]R, len(list))
	for i, x := range list {
		out[i] = f(i, x)
	}
	return out
}

// OrNull is null for the zero value, as both products write what is not there.
func OrNull[T comparable](x T) any {
	if x == *new(T) {
		return nil
	}
	return x
}

// Leaves returns a copy of decoded JSON with what f makes of each value that is no object and no array.
func Leaves(v any, f func(leaf any) any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, el := range x {
			out[k] = Leaves(el, f)
		}
		return out
	case []any:
		return Each(x, func(_ int, el any) any { return Leaves(el, f) })
	}
	return f(v)
}

// ParseID returns the whole number in a path or a form, 0 when it is none.
func ParseID(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Initials stand for a person's picture: of the first two words that have one, the first character that may begin it.
func Initials(name string, begins func(rune) bool) string {
	var out []rune
	for word := range strings.FieldsSeq(name) {
		if i := strings.IndexFunc(word, begins); i >= 0 && len(out) < 2 {
			r, _ := utf8.DecodeRuneInString(word[i:])
			out = append(out, unicode.ToUpper(r))
		}
	}
	return string(out)
}
