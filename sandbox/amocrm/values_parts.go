package amocrm

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// addressParts are the elements of a smart_address, enum_id 1 to 6 (amocrm.md §3.5).
var addressParts = []string{"address_line_1", "address_line_2", "city", "state", "zip", "country"}

// addressPart reads one element of a smart_address.
func (v check) addressPart(el obj) map[string]any {
	var part int // index + 1
	switch {
	case el["enum_id"] != nil:
		n := v.integer(el, "enum_id")
		if n == nil {
			return nil
		}
		if *n < 1 || *n > int64(len(addressParts)) {
			v.choice("enum_id")
			return nil
		}
		part = int(*n)
	case el["enum_code"] != nil:
		code := v.text(el, "enum_code")
		if code == nil {
			return nil
		}
		if part = slices.Index(addressParts, *code) + 1; part == 0 {
			v.choice("enum_code")
			return nil
		}
	default:
		v.missing("enum_id")
		return nil
	}
	value := v.text(el, "value")
	if value == nil || *value == "" {
		return nil
	}
	return map[string]any{"value": *value, "enum_id": int64(part), "enum_code": addressParts[part-1]}
}

// required reads a string that must be there and not empty.
func (v check) required(m obj, key string) *string {
	if m[key] == nil {
		v.missing(key)
		return nil
	}
	str := v.text(m, key)
	if str != nil && *str == "" {
		v.missing(key)
		return nil
	}
	return str
}

// plainNumbers turns json.Number into int64 or float64 all the way down, so that a value is the same before and
// after the state was saved.
func plainNumbers(raw any) any {
	switch x := raw.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		f, err := x.Float64()
		if err != nil {
			return x.String()
		}
		return f
	case obj:
		out := make(obj, len(x))
		for k, el := range x {
			out[k] = plainNumbers(el)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, el := range x {
			out[i] = plainNumbers(el)
		}
		return out
	}
	return raw
}

// valueStrings lists the texts inside a stored value: what search and the audit feed see of it.
func valueStrings(raw any) []string {
	switch x := raw.(type) {
	case nil:
		return nil
	case string:
		return []string{x}
	case float64:
		return []string{strconv.FormatFloat(x, 'f', -1, 64)}
	case map[string]any:
		var out []string
		for _, el := range x {
			out = append(out, valueStrings(el)...)
		}
		slices.Sort(out)
		return out
	case []any:
		var out []string
		for _, el := range x {
			out = append(out, valueStrings(el)...)
		}
		return out
	}
	return []string{fmt.Sprint(raw)}
}

// setField puts the written values into the entity; it returns the earlier ones and whether anything changed.
func (b *Base) setField(w fieldWrite) (before []map[string]any, changed bool) {
	at := slices.IndexFunc(b.Fields, func(f FieldValue) bool { return f.FieldID == w.field.ID })
	if at >= 0 {
		before = b.Fields[at].Values
	}
	if sameValues(before, w.values) {
		return before, false
	}
	switch {
	case len(w.values) == 0:
		b.Fields = slices.Delete(b.Fields, at, at+1)
	case at >= 0:
		b.Fields[at].Values = w.values
	default:
		b.Fields = append(b.Fields, FieldValue{w.field.ID, w.values})
	}
	return before, true
}

// sameValues compares by their JSON: numbers read back from a saved state are float64, written ones int64.
func sameValues(a, b []map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		ra, errA := json.Marshal(a[i])
		rb, errB := json.Marshal(b[i])
		if errA != nil || errB != nil || string(ra) != string(rb) {
			return false
		}
	}
	return true
}
