package edit

import (
	"encoding/json"
	"fmt"
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
	for i, raw := range v.List(m, "custom_fields_values") {
		path := fmt.Sprintf("custom_fields_values.%d", i)
		el, ok := raw.(obj)
		if !ok {
			v.WrongType(path, "array")
			continue
		}
		at := v.Under(path)
		f := readField(at, entity, el)
		if f == nil {
			continue
		}
		values, there := el["values"]
		if !there {
			at.Missing("values")
			continue
		}
		list := at.List(el, "values")
		if list == nil && values != nil {
			continue
		}
		if w := (fieldWrite{f, readElements(at, f, list)}); !at.Failed() {
			out = append(out, w)
		}
	}
	return out
}

// readField finds the addressed field: by id, or by code when there is no id.
func readField(v Check, entity string, el obj) *world.Field {
	if el["field_id"] == nil {
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
	id := v.Integer(el, "field_id")
	if id == nil {
		return nil
	}
	f := world.FieldOf(v.A, entity, *id)
	if f == nil {
		v.Choice("field_id")
	}
	return f
}

// readElements reads values[] of one field. A list field keeps every element only if it is a multiselect.
func readElements(v Check, f *world.Field, list []any) []map[string]any {
	var out []map[string]any
	for j, raw := range list {
		path := fmt.Sprintf("values.%d", j)
		el, ok := raw.(obj)
		if !ok {
			v.WrongType(path, "array")
			continue
		}
		if stored := readElement(v.Under(path), f, el); stored != nil {
			out = append(out, stored)
		}
	}
	return out
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

// readEnum reads a choice: enum_id, value or enum_code, in this order.
func readEnum(v Check, f *world.Field, el obj) map[string]any {
	for _, key := range []string{"enum_id", "value", "enum_code"} {
		raw := el[key]
		if raw == nil {
			continue
		}
		if key == "enum_id" && v.Integer(el, key) == nil {
			return nil
		}
		for _, e := range f.Enums {
			n, isInt := world.ToInt(raw)
			if key == "enum_id" && isInt && n == e.ID || key == "value" && raw == e.Value ||
				key == "enum_code" && e.Code != "" && raw == e.Code {
				return enumRead(e)
			}
		}
		v.Choice(key)
		return nil
	}
	if _, there := el["value"]; there {
		return nil // {"value": null} clears
	}
	v.Missing("value")
	return nil
}

// enumRead is a choice as reads tell it.
func enumRead(e *world.Enum) map[string]any {
	out := map[string]any{"value": e.Value, "enum_id": e.ID, "enum_code": nil}
	if e.Code != "" {
		out["enum_code"] = e.Code
	}
	return out
}

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
	var kind *world.Enum
	if len(f.Enums) > 0 {
		kind = f.Enums[0]
	}
	for _, key := range []string{"enum_id", "enum_code", "enum"} {
		if el[key] == nil {
			continue
		}
		if key == "enum_id" && v.Integer(el, key) == nil {
			return nil
		}
		kind = nil
		for _, e := range f.Enums {
			if n, ok := world.ToInt(el[key]); key == "enum_id" && ok && n == e.ID || key != "enum_id" && el[key] == e.Value {
				kind = e
			}
		}
		if kind == nil {
			v.Choice(key)
			return nil
		}
		break
	}
	if kind == nil {
		return map[string]any{"value": value, "enum_id": nil, "enum_code": nil}
	}
	return map[string]any{"value": value, "enum_id": kind.ID, "enum_code": kind.Value}
}
