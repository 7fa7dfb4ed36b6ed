package session

import (
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
	"github.com/sidecard/sidecard/internal/body"
)

// loose reads a decoded object whose types can't be trusted. The first value of a wrong kind is kept in err; reading
// goes on, so that the language is known when the refusal is written.
type loose struct {
	keys map[string]any
	self string // the element itself when a list holds plain strings
	err  error
}

func lowerKeys(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[strings.ToLower(strings.TrimSpace(k))] = v
	}
	return out
}

func (l *loose) wrong(key, want string) {
	if l.err == nil {
		l.err = &TypeError{Key: key, Want: want}
	}
}

// text returns a string, a number or a flag as text; null, "", [] and missing are "".
func (l *loose) text(key string) string {
	v := l.keys[key]
	switch v := v.(type) {
	case bool:
		if v {
			return "1"
		}
		return "0"
	case []any:
		if len(v) == 0 { // PHP's empty value
			return ""
		}
	}
	text, ok := wire.TextOf(v)
	if !ok {
		l.wrong(key, "text")
	}
	return text
}

// short returns a text of at most maxCredential bytes.
func (l *loose) short(key string) string {
	s := l.text(key)
	if len(s) > maxCredential {
		l.wrong(key, "short")
		return ""
	}
	return s
}

// id returns a positive id, or 0 for null, "", "0" and missing.
func (l *loose) id(key string) int64 {
	s := l.text(key)
	if s == "" {
		return 0
	}
	n, ok := wire.ParseInt(s)
	if !ok || n < 0 {
		l.wrong(key, "number")
		return 0
	}
	return n
}

// object returns an object; null, "" and PHP's [] are an empty one.
func (l *loose) object(key string) loose {
	switch v := l.keys[key].(type) {
	case nil:
	case map[string]any:
		return loose{keys: lowerKeys(v)}
	case []any:
		if len(v) > 0 {
			l.wrong(key, "object")
		}
	case string:
		// A form sender may put the object in as JSON text.
		tree, _ := body.Embedded(v)
		m, ok := tree.(map[string]any)
		if v != "" && !ok {
			l.wrong(key, "object")
		}
		return loose{keys: lowerKeys(m)}
	default:
		l.wrong(key, "object")
	}
	return loose{}
}

// list returns the elements of a list, of a map with odd keys, or one plain string.
func (l *loose) list(key string) []loose {
	items, ok := wire.ListOf(l.keys[key])
	switch v := l.keys[key].(type) {
	case map[string]any:
		if !ok {
			for _, k := range slices.Sorted(maps.Keys(v)) {
				items = append(items, v[k])
			}
		}
	case string:
		items = []any{v}
	default:
		if !ok {
			l.wrong(key, "list")
		}
	}
	var out []loose
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			out = append(out, loose{keys: lowerKeys(m)})
		} else if text, ok := wire.TextOf(item); ok {
			out = append(out, loose{self: text})
		} else {
			l.wrong(key, "list")
		}
	}
	return out
}

// either returns the element itself when it is plain text, else the first of two members that is set.
func (l *loose) either(first, second string) string {
	if l.self != "" {
		return l.self
	}
	if first != "" {
		if s := l.text(first); s != "" {
			return s
		}
	}
	return l.text(second)
}
