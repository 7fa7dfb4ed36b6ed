package tenant

import (
	"encoding/json"
)

// fields is a JSON object.
type fields map[string]any

// unknownFields is what raw holds beyond what v, an empty value that it is read into, writes back: the fields of a newer
// version, inside objects as well. It reads raw three times, so it is for writers only.
func unknownFields(raw []byte, v any) (fields, error) {
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, err
	}
	var stored, known fields
	back, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(back, &known); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return nil, err
	}
	return stored.without(known), nil
}

// withUnknown is raw, written by this version, with what stored holds beyond what v, an empty value of the type written, knows.
func withUnknown(raw, stored []byte, v any, but ...string) ([]byte, error) {
	unknown, err := unknownFields(stored, v)
	if err != nil {
		return nil, err
	}
	for _, name := range but {
		delete(unknown, name)
	}
	if len(unknown) == 0 {
		return raw, nil
	}
	var known fields
	if err := json.Unmarshal(raw, &known); err != nil {
		return nil, err
	}
	return json.Marshal(known.with(unknown))
}

// without is f less what known has.
func (f fields) without(known fields) fields {
	out := fields{}
	for name, value := range f {
		have, ok := known[name]
		switch inner, isObject := value.(map[string]any); {
		case !ok:
			out[name] = value
		case isObject:
			haveInner, _ := have.(map[string]any)
			if rest := fields(inner).without(haveInner); len(rest) > 0 {
				out[name] = map[string]any(rest)
			}
		}
	}
	return out
}

// with is f and what it lacks of more.
func (f fields) with(more fields) fields {
	for name, value := range more {
		have, ok := f[name]
		if !ok {
			f[name] = value
			continue
		}
		inner, isObject := have.(map[string]any)
		moreInner, both := value.(map[string]any)
		if isObject && both {
			f[name] = map[string]any(fields(inner).with(moreInner))
		}
	}
	return f
}
