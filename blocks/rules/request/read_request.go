package request

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
)

var (
	leadKeys = []string{"name", "price", "status_id", "pipeline_id", "responsible_user_id", "custom_fields_values",
		"status", "pipeline", "responsible_user", "custom_fields", "tags", "company", "task", "if_open_deal"}
	fieldKeys = []string{"field_id", "field_code", "field_name", "values"}
	valueKeys = []string{"value", "enum_id", "enum_code", "enum", "catalog_id", "catalog_element_id"}
)

// reader turns a tree of maps, lists and scalars into a Request and collects what can't be turned.
type reader struct {
	problems []Problem // remarks, too
	inside   []string  // keys that stood in "fields" and belong beside it
}

// add notes a mistake that stops the job.
func (r *reader) add(path, code, key string, params ...string) {
	r.problems = append(r.problems, NewProblem(path, code, key, params...))
}

// leave notes a value that is left out.
func (r *reader) leave(path string, given any, code, key string, params ...string) {
	r.problems = append(r.problems, NewProblem(path, code, key, params...).AsRemark(ShownValue(given)))
}

func (r *reader) request(m map[string]any) Request {
	out := Request{
		AmoClientID: r.text("amoClientId", m["amoClientId"]),
		TicketID:    r.ticket(m),
		Comment:     r.text("comment", m["comment"]),
		UseMapping:  r.flag("use_mapping", m["use_mapping"]),
		Strict:      r.flag("strict", m["strict"]),
	}
	var fields map[string]any
	switch f := m["fields"].(type) {
	case nil:
		r.add("fields", CodeRequired, "fields_missing", "Accepted", strings.Join(leadKeys, ", "))
	case map[string]any, []any:
		fields = r.group("fields", f, leadKeys)
		out.Fields = r.lead("fields", fields)
	default:
		r.add("fields", CodeType, "not_object", "Accepted", strings.Join(leadKeys, ", "), "Kind", kind(f))
	}
	r.extras(&out, m, fields)
	r.templates(out, ourTemplate)
	return out
}

// ticketVariable is what the helpdesk fills in with the ticket's id.
const ticketVariable = "{{ticket_id}}"

func (r *reader) ticket(m map[string]any) int64 {
	const path = "ticketId"
	v, ok := m[path]
	text, isText := v.(string)
	text = strings.TrimSpace(text)
	switch {
	case !ok && m["ticket_id"] != nil:
		r.add(path, CodeRequired, "ticket_elsewhere")
	case !ok, v == nil:
		r.add(path, CodeRequired, "ticket_missing", "Variable", ticketVariable)
	case isText && text == "":
		r.add(path, CodeUnfilled, "ticket_blank", "Variable", ticketVariable)
	case isText && strings.Contains(text, "{{"):
		r.add(path, CodeUnfilled, "ticket_unfilled", "Given", quoted(text))
	default:
		id, p, ok := readID(path, v)
		if !ok {
			r.problems = append(r.problems, p)
		}
		return id
	}
	return 0
}

func (r *reader) lead(path string, m map[string]any) LeadFields {
	out := LeadFields{
		Name:          r.text(path+".name", m["name"]),
		Price:         r.price(m["price"]),
		StatusID:      r.id(path+".status_id", m["status_id"]),
		PipelineID:    r.id(path+".pipeline_id", m["pipeline_id"]),
		ResponsibleID: r.id(path+".responsible_user_id", m["responsible_user_id"]),
		Pipeline:      r.text(path+".pipeline", m["pipeline"]),
		Status:        r.text(path+".status", m["status"]),
		Responsible:   r.text(path+".responsible_user", m["responsible_user"]),
	}
	values := path + ".custom_fields_values"
	for i, item := range r.list(values, m["custom_fields_values"]) {
		out.Custom = append(out.Custom, r.custom(fmt.Sprintf("%s[%d]", values, i), item))
	}
	out.Custom = append(out.Custom, r.shorthand(path+".custom_fields", m["custom_fields"])...)
	return out
}

func (r *reader) custom(path string, v any) CustomField {
	m := r.group(path, v, fieldKeys)
	out := CustomField{FieldID: r.id(path+".field_id", m["field_id"]), FieldCode: r.text(path+".field_code", m["field_code"]),
		FieldName: r.text(path+".field_name", m["field_name"])}
	for i, item := range r.list(path+".values", m["values"]) {
		out.Values = append(out.Values, r.value(fmt.Sprintf("%s.values[%d]", path, i), item))
	}
	return out
}

func (r *reader) value(path string, v any) CustomValue {
	if bare(v) {
		return CustomValue{Value: r.raw(path, v)}
	}
	g := r.group(path, v, valueKeys)
	out := CustomValue{EnumID: r.id(path+".enum_id", g["enum_id"]), EnumCode: cmp.Or(r.text(path+".enum_code", g["enum_code"]), r.text(path+".enum", g["enum"])),
		CatalogID: r.id(path+".catalog_id", g["catalog_id"]), CatalogElementID: r.id(path+".catalog_element_id", g["catalog_element_id"])}
	if raw, ok := g["value"]; ok {
		out.Value = r.raw(path+".value", raw)
	}
	return out
}

// objectKeys are the members of the values that are objects themselves (amocrm.md §3.5): legal entities, items, linked
// entities, payers, suppliers, files.
var objectKeys = []string{"name", "entity_type", "vat_id", "tax_registration_reason_code", "address", "real_address", "kpp", "external_uid",
	"type", "sku", "description", "unit_price", "quantity", "unit_type", "discount", "vat_rate_id", "entity_id", "file_uuid", "version_uuid",
	"file_name", "file_size"}

// bare reports a value that stands for itself where {"value": …} is usual: a text, a number, a flag, or one of those objects.
func bare(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		_, list := v.([]any)
		return v != nil && !list
	}
	has := func(key string) bool { _, there := m[key]; return there }
	return slices.ContainsFunc(objectKeys, has) &&
		!slices.ContainsFunc(valueKeys, func(key string) bool { return has(key) && key != "catalog_id" }) // a linked entity has one, too
}

// raw keeps a value as it came.
func (r *reader) raw(path string, v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		r.leave(path, v, CodeType, "unreadable")
	}
	return b
}

// group reads an object and names the keys that are not accepted, which stops the job. PHP sends an empty object as an
// empty list.
func (r *reader) group(path string, v any, accepted []string) map[string]any {
	if l, ok := v.([]any); ok && len(l) == 0 {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		r.leave(path, v, CodeType, "not_object", "Accepted", strings.Join(accepted, ", "), "Kind", kind(v))
		return nil
	}
	for k := range m {
		if !slices.Contains(accepted, k) {
			r.add(fmt.Sprintf("%s.%.100s", path, k), CodeUnknown, "unknown_key", "Near", Near(k, accepted), "Accepted", strings.Join(accepted, ", "))
		}
	}
	return m
}

func (r *reader) list(path string, v any) []any {
	l, ok := wire.ListOf(v)
	if !ok {
		r.leave(path, v, CodeType, "not_list", "Kind", kind(v))
	}
	return l
}

func (r *reader) flag(path string, v any) bool {
	set, known := wire.FlagOf(v)
	if !known && given(v) {
		r.add(path, CodeType, "not_flag", "Given", quoted(fmt.Sprint(v)))
	}
	return set
}

func (r *reader) text(path string, v any) string {
	text, ok := wire.TextOf(v)
	if !ok {
		r.leave(path, v, CodeType, "not_text", "Kind", kind(v))
	}
	return text
}

// id reads an id; blank is 0, a written 0 is a mistake.
func (r *reader) id(path string, v any) int64 {
	n, p, ok := readID(path, v)
	if !ok {
		r.problems = append(r.problems, p.AsRemark(ShownValue(v)))
	}
	return n
}

// readID reads a positive whole number that may be written as text; blank is 0.
func readID(path string, v any) (id int64, p Problem, ok bool) {
	text, isText := wire.TextOf(v)
	n, isWhole := wire.ParseInt(text)
	switch {
	case !isText:
		return 0, NewProblem(path, CodeType, "kind_not_whole", "Kind", kind(v)), false
	case text == "":
		return 0, p, true
	case !isWhole:
		return 0, NewProblem(path, CodeType, "not_whole", "Given", quoted(text)), false
	case n <= 0:
		return 0, NewProblem(path, CodeRange, "not_positive"), false
	}
	return n, p, true
}

// ShownValue returns a given value as people read it: text as it came, anything else as JSON.
func ShownValue(v any) string {
	if text, ok := v.(string); ok {
		return strings.TrimSpace(text)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// quoted is a given value for a message.
func quoted(s string) string { return fmt.Sprintf("%.60q", s) }

// kind is a key of kinds.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "object"
	case []any:
		return "list"
	case bool:
		return "flag"
	case string:
		return "text"
	}
	return "number"
}
