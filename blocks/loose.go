package blocks

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

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

// text is a string, a number or a flag as text; null, "" and missing are "".
func (l *loose) text(key string) string {
	switch v := l.keys[key].(type) {
	case nil:
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "1"
		}
		return "0"
	case []any: // PHP's empty value
		if len(v) > 0 {
			l.wrong(key, "text")
		}
	default:
		l.wrong(key, "text")
	}
	return ""
}

// short is text of at most maxCredential bytes.
func (l *loose) short(key string) string {
	s := l.text(key)
	if len(s) > maxCredential {
		l.wrong(key, "short")
		return ""
	}
	return s
}

// id is a positive id, or 0 for null, "", "0" and missing.
func (l *loose) id(key string) int64 {
	s := l.text(key)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64)
	if err != nil || n < 0 {
		l.wrong(key, "number")
		return 0
	}
	return n
}

// object is an object; null, "" and PHP's [] are an empty one.
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

// list is the elements of a list, of a map with odd keys, or one plain string.
func (l *loose) list(key string) []loose {
	var out []loose
	add := func(v any) {
		switch e := v.(type) {
		case string:
			out = append(out, loose{self: strings.TrimSpace(e)})
		case json.Number:
			out = append(out, loose{self: e.String()})
		case map[string]any:
			out = append(out, loose{keys: lowerKeys(e)})
		case nil:
		default:
			l.wrong(key, "list")
		}
	}
	switch v := l.keys[key].(type) {
	case nil:
	case []any:
		for _, e := range v {
			add(e)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			add(v[k])
		}
	case string:
		if s := strings.TrimSpace(v); s != "" {
			add(s)
		}
	default:
		l.wrong(key, "list")
	}
	return out
}

// either is the element itself when it is plain text, else the first of two members that is set.
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
