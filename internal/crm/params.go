package crm

import (
	"encoding/json"
	"strconv"
	"strings"
)

// params is a JSON object of a note or an event read without believing its types: numbers come as strings, lists as
// objects, anything may be missing (amocrm.md §9). Every method works on nil.
type params map[string]any

func paramsOf(raw json.RawMessage) params {
	var p params
	if json.Unmarshal(raw, &p) != nil {
		return nil
	}
	return p
}

// text reads a scalar as text; "" for anything else.
func (p params) text(key string) string {
	switch v := p[key].(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// number reads a number or a numeric string; 0 for anything else.
func (p params) number(key string) float64 {
	switch v := p[key].(type) {
	case float64:
		return v
	case string:
		if n, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return n
		}
	}
	return 0
}

// flag reads true, 1, "1" and "true".
func (p params) flag(key string) bool {
	switch v := p[key].(type) {
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		return v == "1" || strings.EqualFold(v, "true")
	}
	return false
}

func (p params) child(key string) params {
	c, ok := p[key].(map[string]any)
	if !ok {
		return nil
	}
	return c
}

// person reads a correspondent of a mail: a text, or an object with email and name, or a list of those.
func (p params) person(key string) string {
	v := p[key]
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case map[string]any:
		return firstText(params(v).text("name"), params(v).text("email"))
	}
	return ""
}

// side is value_before or value_after: a list on most types, else an object or null.
type side []params

func sideOf(raw json.RawMessage) side {
	var list []any
	if json.Unmarshal(raw, &list) != nil {
		if p := paramsOf(raw); len(p) > 0 {
			return side{p}
		}
		return nil
	}
	var out side
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// first gives the first element's member of that name.
func (s side) first(key string) params {
	for _, p := range s {
		if c := p.child(key); c != nil {
			return c
		}
	}
	return nil
}

// texts gives a text of every element's member.
func (s side) texts(key, name string) []string {
	var out []string
	for _, p := range s {
		if t := p.child(key).text(name); t != "" {
			out = append(out, t)
		}
	}
	return out
}
