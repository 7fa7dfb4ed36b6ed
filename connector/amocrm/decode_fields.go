package amocrm

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/sidecard/sidecard/connector/wire"
)

func (v *FieldValue) UnmarshalJSON(b []byte) error {
	var aux struct {
		ID     ID               `json:"field_id"`
		Name   wire.Text        `json:"field_name"`
		Code   wire.Text        `json:"field_code"`
		Type   wire.Text        `json:"field_type"`
		Values wire.List[Value] `json:"values"`
	}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	*v = FieldValue{aux.ID, string(aux.Name), string(aux.Code), string(aux.Type), aux.Values}
	return nil
}

// UnmarshalJSON keeps whatever it does not know: a member of an unexpected shape goes to Rest, an element that is no
// object becomes Raw. Both "enum_code" and "enum" name the code (amocrm.md §3.5).
func (v *Value) UnmarshalJSON(b []byte) error {
	*v = Value{}
	var members map[string]json.RawMessage
	if !isObject(b) || json.Unmarshal(b, &members) != nil {
		v.Raw = slices.Clone(b)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		raw := members[name]
		known := true
		switch name {
		case "value":
			v.Raw = raw
		case "enum_id":
			known = json.Unmarshal(raw, &v.EnumID) == nil
		case "enum_code", "enum":
			var code *string
			if known = json.Unmarshal(raw, &code) == nil; known && code != nil {
				v.EnumCode = *code
			}
		default:
			known = false
		}
		if !known {
			if v.Rest == nil {
				v.Rest = map[string]json.RawMessage{}
			}
			v.Rest[name] = raw
		}
	}
	return nil
}

// MarshalJSON writes the members that came, Rest included.
func (v Value) MarshalJSON() ([]byte, error) {
	members := maps.Clone(v.Rest)
	if members == nil {
		members = map[string]json.RawMessage{}
	}
	if v.Raw != nil {
		members["value"] = v.Raw
	}
	for name, value := range map[string]any{"enum_id": v.EnumID, "enum_code": v.EnumCode} {
		if value == ID(0) || value == "" {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		members[name] = raw
	}
	return json.Marshal(members)
}

func (l *Enums) UnmarshalJSON(b []byte) error {
	err := (*wire.List[Enum])(l).UnmarshalJSON(b)
	slices.SortStableFunc(*l, func(a, b Enum) int { return cmp.Compare(a.Sort, b.Sort) })
	return err
}

func (e *Enum) UnmarshalJSON(b []byte) error {
	var aux struct {
		ID    ID        `json:"id"`
		Value wire.Text `json:"value"`
		Sort  Number    `json:"sort"`
		Code  wire.Text `json:"code"`
	}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	*e = Enum{aux.ID, string(aux.Value), int(aux.Sort), string(aux.Code)}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler; request_id is an array here and a string everywhere else.
func (c *ComplexResult) UnmarshalJSON(b []byte) error {
	type members ComplexResult
	aux := struct {
		*members
		RequestIDs wire.List[wire.Text] `json:"request_id"`
	}{members: (*members)(c)}
	*c = ComplexResult{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	for _, id := range aux.RequestIDs {
		c.RequestIDs = append(c.RequestIDs, string(id))
	}
	return nil
}
