package triggers

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

var (
	leadKeys  = []string{"name", "price", "status_id", "pipeline_id", "responsible_user_id", "custom_fields_values"}
	fieldKeys = []string{"field_id", "field_code", "values"}
	valueKeys = []string{"value", "enum_id", "enum_code"}
)

// reader turns a tree of maps, lists and scalars into a Request and collects what can't be turned.
type reader struct{ problems []Problem }

func (r *reader) add(path, code, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Code: code, Detail: fmt.Sprintf(format, args...)})
}

func (r *reader) request(m map[string]any) Request {
	out := Request{
		AmoClientID: r.text("amoClientId", m["amoClientId"]),
		TicketID:    r.ticket(m),
		Comment:     r.text("comment", m["comment"]),
		UseMapping:  r.flag("use_mapping", m["use_mapping"]),
	}
	if f, ok := m["fields"]; ok && f != nil {
		out.Fields = r.lead("fields", f)
	} else {
		r.add("fields", CodeRequired, "put the deal's fields here; accepted: %s", strings.Join(leadKeys, ", "))
	}
	return out
}

func (r *reader) ticket(m map[string]any) int64 {
	const path = "ticketId"
	v, ok := m[path]
	text, isText := v.(string)
	text = strings.TrimSpace(text)
	switch {
	case !ok && m["ticket_id"] != nil:
		r.add(path, CodeRequired, `the ticket belongs in "ticketId", not in "ticket_id"`)
	case !ok, v == nil:
		r.add(path, CodeRequired, `write "ticketId": "{{ticket_id}}" into the rule`)
	case isText && text == "":
		r.add(path, CodeUnfilled, `the helpdesk filled {{ticket_id}} with nothing; the rule must run on a ticket`)
	case isText && strings.Contains(text, "{{"):
		r.add(path, CodeUnfilled, `the helpdesk did not fill in %.60q; choose the ticket id from its list of variables`, text)
	default:
		return r.id(path, v)
	}
	return 0
}

func (r *reader) lead(path string, v any) LeadFields {
	m := r.group(path, v, leadKeys)
	out := LeadFields{
		Name:          r.text(path+".name", m["name"]),
		Price:         r.whole(path+".price", m["price"]),
		StatusID:      r.id(path+".status_id", m["status_id"]),
		PipelineID:    r.id(path+".pipeline_id", m["pipeline_id"]),
		ResponsibleID: r.id(path+".responsible_user_id", m["responsible_user_id"]),
	}
	path += ".custom_fields_values"
	for i, item := range r.list(path, m["custom_fields_values"]) {
		out.Custom = append(out.Custom, r.custom(fmt.Sprintf("%s[%d]", path, i), item))
	}
	return out
}

func (r *reader) custom(path string, v any) CustomField {
	m := r.group(path, v, fieldKeys)
	out := CustomField{FieldID: r.id(path+".field_id", m["field_id"]), FieldCode: r.text(path+".field_code", m["field_code"])}
	for i, item := range r.list(path+".values", m["values"]) {
		p := fmt.Sprintf("%s.values[%d]", path, i)
		g := r.group(p, item, valueKeys)
		value := CustomValue{EnumID: r.id(p+".enum_id", g["enum_id"]), EnumCode: r.text(p+".enum_code", g["enum_code"])}
		if raw, ok := g["value"]; ok {
			b, err := json.Marshal(raw)
			if err != nil {
				r.add(p+".value", CodeType, "the value can't be read")
			}
			value.Value = b
		}
		out.Values = append(out.Values, value)
	}
	return out
}

// group reads an object and names the keys that are not accepted. PHP sends an empty object as an empty list.
func (r *reader) group(path string, v any, accepted []string) map[string]any {
	if l, ok := v.([]any); ok && len(l) == 0 {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		r.add(path, CodeType, "must be an object with %s, not %s", strings.Join(accepted, ", "), kind(v))
		return nil
	}
	for k := range m {
		if !slices.Contains(accepted, k) {
			r.add(fmt.Sprintf("%s.%.100s", path, k), CodeUnknown, "is not known here; accepted: %s", strings.Join(accepted, ", "))
		}
	}
	return m
}

func (r *reader) list(path string, v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	case map[string]any:
		if l, ok := numbered(v); ok {
			return l
		}
	case string:
		if v == "" {
			return nil
		}
	}
	r.add(path, CodeType, "must be a list, not %s", kind(v))
	return nil
}

func (r *reader) flag(path string, v any) bool {
	switch text := strings.ToLower(fmt.Sprint(v)); {
	case v == nil, text == "", text == "false", text == "0":
		return false
	case text == "true", text == "1":
		return true
	}
	r.add(path, CodeType, "must be true or false, not %.60q", fmt.Sprint(v))
	return false
}

func (r *reader) text(path string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	r.add(path, CodeType, "must be text, not %s", kind(v))
	return ""
}

// whole reads a whole number that may be written as text; blank is nil.
func (r *reader) whole(path string, v any) *int64 {
	var raw string
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if raw = strings.TrimSpace(v); raw == "" {
			return nil
		}
	case json.Number:
		raw = v.String()
	default:
		r.add(path, CodeType, "must be a whole number, not %s", kind(v))
		return nil
	}
	if n, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return &n
	}
	if f, err := strconv.ParseFloat(raw, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		n := int64(f)
		return &n
	}
	r.add(path, CodeType, "must be a whole number, not %.60q", raw)
	return nil
}

// id reads an id; blank is 0, a written 0 is a mistake.
func (r *reader) id(path string, v any) int64 {
	n := r.whole(path, v)
	if n == nil {
		return 0
	}
	if *n <= 0 {
		r.add(path, CodeRange, "must be greater than 0")
	}
	return *n
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case bool:
		return "true or false"
	case string:
		return "text"
	}
	return "a number"
}
