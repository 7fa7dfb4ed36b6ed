package edit

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// fieldWrite is one checked element of custom_fields_values: the field and its new values[] in the read shape; none
// clears the field.
type fieldWrite struct {
	field  *world.Field
	values []map[string]any
}

// maxValues is how many custom values one entity of a complex request may carry (amocrm.md §5.3).
const maxValues = 40

// FieldValues reads custom_fields_values of an item of the entity's kind.
func (v Check) FieldValues(entity string, m obj) []fieldWrite {
	var out []fieldWrite
	v.Objects(m, "custom_fields_values", func(at Check, el obj, _ int) {
		w := fieldWrite{field: readField(at, entity, el)}
		if w.field == nil {
			return
		}
		if _, there := el["values"]; !there {
			at.Missing("values")
		}
		at.Objects(el, "values", func(at Check, el obj, _ int) {
			if stored := readElement(at, w.field, el); stored != nil {
				w.values = append(w.values, stored)
			}
		})
		if !at.Failed() {
			out = append(out, w)
		}
	})
	return out
}

// readField finds the addressed field: by id, or by code when there is no id.
func readField(v Check, entity string, el obj) *world.Field {
	if el["field_id"] != nil {
		return Known(v, el, "field_id", func(id int64) *world.Field { return world.FieldOf(v.A, entity, id) })
	}
	code := v.Text(el, "field_code")
	if code == nil {
		v.Missing("field_id")
		return nil
	}
	f := world.FieldByCode(v.A, entity, *code)
	if f == nil {
		v.Choice("field_code")
	}
	return f
}

// readElement reads one object of values[] into its read shape; nil for an empty or a wrong one.
func readElement(v Check, f *world.Field, el obj) map[string]any {
	switch f.Type {
	case "select", "multiselect", "radiobutton", "category":
		return readEnum(v, f, el)
	case "multitext":
		return readMultitext(v, f, el)
	case "smart_address":
		return readAddressPart(v, el)
	case "chained_list":
		return map[string]any{"catalog_id": el["catalog_id"], "catalog_element_id": el["catalog_element_id"]}
	}
	for _, key := range []string{"enum_id", "enum_code"} {
		if raw, there := el[key]; there && (raw != nil || f.Type == "checkbox") {
			v.NotExpected(key)
			return nil
		}
	}
	raw, there := el["value"]
	if !there {
		v.Missing("value")
		return nil
	}
	if raw == nil || raw == "" && f.Type != "checkbox" {
		return nil
	}
	value, want := scalar(f.Type, raw)
	if want != "" {
		v.WrongType("value", want)
		return nil
	}
	if o, ok := value.(obj); ok && f.Type == "legal_entity" && v.Under("value").Required(o, "name") == nil {
		return nil
	}
	return map[string]any{"value": value}
}

// scalar turns a written value into the one that reads tell; want names the expected type when it is another.
func scalar(typ string, raw any) (value any, want string) {
	switch typ {
	case "numeric", "price", "monetary":
		return numberText(raw)
	case "checkbox":
		if b, ok := raw.(bool); ok {
			return b, ""
		}
		return nil, "bool"
	case "date", "date_time", "birthday":
		if n, ok := world.ToInt(raw); ok {
			return n, ""
		}
		if str, ok := raw.(string); ok {
			if t, err := time.Parse(time.RFC3339, str); err == nil {
				return t.Unix(), ""
			}
		}
		return nil, "int"
	case "legal_entity", "items", "linked_entity", "payer", "supplier", "file":
		if o, ok := raw.(obj); ok {
			return world.PlainNumbers(o), ""
		}
		return nil, "array"
	default:
		switch x := raw.(type) {
		case string:
			return x, ""
		case json.Number:
			return x.String(), ""
		}
		return nil, "string"
	}
}

// numberText is the string that numeric fields keep: "1.50" stays, 100 becomes "100".
func numberText(raw any) (any, string) {
	var str string
	switch n := raw.(type) {
	case json.Number:
		str = n.String()
	case string:
		str = strings.TrimSpace(n)
	}
	if _, err := strconv.ParseFloat(str, 64); err != nil {
		return nil, "numeric"
	}
	if n, ok := world.ParseWhole(str); ok {
		return strconv.FormatInt(n, 10), ""
	}
	return str, ""
}

// chosen is the choice that an element names under the first of the keys that it has: by enum_id, or by what word tells for the
// other keys. said is whether it has any; a choice that is wrong is nil.
func chosen(v Check, f *world.Field, el obj, word func(e *world.Enum, key string) string, keys ...string) (e *world.Enum, said bool) {
	for _, key := range keys {
		if el[key] == nil {
			continue
		}
		var id *int64
		if key == "enum_id" {
			if id = v.Integer(el, key); id == nil {
				return nil, true
			}
		}
		for _, e := range f.Enums {
			if id != nil && *id == e.ID || id == nil && el[key] != "" && el[key] == word(e, key) {
				return e, true
			}
		}
		v.Choice(key)
		return nil, true
	}
	return nil, false
}

// readEnum reads a choice: enum_id, value or enum_code, in this order.
func readEnum(v Check, f *world.Field, el obj) map[string]any {
	e, said := chosen(v, f, el, func(e *world.Enum, key string) string {
		if key == "value" {
			return e.Value
		}
		return e.Code
	}, "enum_id", "value", "enum_code")
	if _, there := el["value"]; !said && !there { // {"value": null} clears
		v.Missing("value")
	}
	if e == nil {
		return nil
	}
	out := map[string]any{"value": e.Value, "enum_id": e.ID, "enum_code": nil}
	if e.Code != "" {
		out["enum_code"] = e.Code
	}
	return out
}

func enumValue(e *world.Enum, _ string) string { return e.Value }

// readMultitext reads a phone, an e-mail address or a messenger with its kind; without one it is the first, WORK.
func readMultitext(v Check, f *world.Field, el obj) map[string]any {
	raw, there := el["value"]
	if !there {
		v.Missing("value")
		return nil
	}
	value, want := scalar("text", raw)
	if raw == nil || raw == "" {
		return nil
	}
	if want != "" {
		v.WrongType("value", want)
		return nil
	}
	kind, said := chosen(v, f, el, enumValue, "enum_id", "enum_code", "enum")
	switch {
	case said && kind == nil:
		return nil
	case !said && len(f.Enums) == 0:
		return map[string]any{"value": value, "enum_id": nil, "enum_code": nil}
	case !said:
		kind = f.Enums[0]
	}
	return map[string]any{"value": value, "enum_id": kind.ID, "enum_code": kind.Value}
}

// addressParts has the elements of a smart_address, enum_id 1 to 6 (amocrm.md §3.5).
var addressParts = &world.Field{Enums: []*world.Enum{
	{ID: 1, Value: "address_line_1"}, {ID: 2, Value: "address_line_2"}, {ID: 3, Value: "city"}, {ID: 4, Value: "state"},
	{ID: 5, Value: "zip"}, {ID: 6, Value: "country"},
}}

// readAddressPart reads one element of a smart_address.
func readAddressPart(v Check, el obj) map[string]any {
	if el["enum_id"] == nil && el["enum_code"] != nil && v.Text(el, "enum_code") == nil {
		return nil
	}
	part, said := chosen(v, addressParts, el, enumValue, "enum_id", "enum_code")
	if !said {
		v.Missing("enum_id")
	}
	if part == nil {
		return nil
	}
	value := v.Text(el, "value")
	if value == nil || *value == "" {
		return nil
	}
	return map[string]any{"value": *value, "enum_id": part.ID, "enum_code": part.Value}
}
