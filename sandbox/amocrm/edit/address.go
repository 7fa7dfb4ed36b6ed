package edit

import (
	"slices"
)

// addressParts are the elements of a smart_address, enum_id 1 to 6 (amocrm.md §3.5).
var addressParts = []string{"address_line_1", "address_line_2", "city", "state", "zip", "country"}

// readAddressPart reads one element of a smart_address.
func readAddressPart(v Check, el obj) map[string]any {
	var part int // index + 1
	switch {
	case el["enum_id"] != nil:
		n := v.Integer(el, "enum_id")
		if n == nil {
			return nil
		}
		if *n < 1 || *n > int64(len(addressParts)) {
			v.Choice("enum_id")
			return nil
		}
		part = int(*n)
	case el["enum_code"] != nil:
		code := v.Text(el, "enum_code")
		if code == nil {
			return nil
		}
		if part = slices.Index(addressParts, *code) + 1; part == 0 {
			v.Choice("enum_code")
			return nil
		}
	default:
		v.Missing("enum_id")
		return nil
	}
	value := v.Text(el, "value")
	if value == nil || *value == "" {
		return nil
	}
	return map[string]any{"value": *value, "enum_id": int64(part), "enum_code": addressParts[part-1]}
}
