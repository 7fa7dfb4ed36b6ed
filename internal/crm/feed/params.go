package feed

import (
	"encoding/json"

	"github.com/sidecard/sidecard/connector/wire"
	"github.com/sidecard/sidecard/internal/crm"
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

// text returns a scalar as text; "" for anything else.
func (p params) text(key string) string {
	text, _ := wire.TextOf(p[key])
	return text
}

// number returns a number or a numeric text; 0 for anything else.
func (p params) number(key string) float64 {
	if n, ok := wire.ParseNumber(p.text(key)); ok {
		return n
	}
	return 0
}

func (p params) flag(key string) bool {
	set, _ := wire.FlagOf(p[key])
	return set
}

func (p params) child(key string) params {
	c, _ := p[key].(map[string]any)
	return c
}

// person returns a correspondent of a mail: a text, or an object with email and name, or a list of those.
func (p params) person(key string) string {
	v := p[key]
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	if m, ok := v.(map[string]any); ok {
		return crm.FirstText(params(m).text("name"), params(m).text("email"))
	}
	text, _ := wire.TextOf(v)
	return text
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

// first returns the first element's member of that name.
func (s side) first(key string) params {
	for _, p := range s {
		if c := p.child(key); c != nil {
			return c
		}
	}
	return nil
}

// texts returns a text of every element's member.
func (s side) texts(key, name string) []string {
	var out []string
	for _, p := range s {
		if t := p.child(key).text(name); t != "" {
			out = append(out, t)
		}
	}
	return out
}
