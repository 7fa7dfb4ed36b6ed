package tenant

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Section is the part of a tenant's settings that one block owns: a struct, stored sealed under the block's name. Fields with the
// tag secret:"true" are never shown. What a newer version has added to it is kept when this one writes.
type Section[T any] struct{ name string }

// NewSection returns the section of a name, which is part of the stored form.
func NewSection[T any](name string) Section[T] { return Section[T]{name} }

// Name returns the section's name.
func (s Section[T]) Name() string { return s.name }

// Of returns what a tenant has chosen; the zero value for nothing, and for what this version can't read.
func (s Section[T]) Of(t Tenant) T {
	var v, none T
	if json.Unmarshal(t.sections[s.name], &v) != nil {
		return none
	}
	return v
}

// Put changes what t has chosen. An error means that this version can't read what was there, and leaves it.
func (s Section[T]) Put(t *Tenant, v T) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode section %s: %w", s.name, err)
	}
	if stored := t.sections[s.name]; stored != nil {
		if raw, err = withUnknown(raw, stored, new(T)); err != nil {
			return fmt.Errorf("change section %s: %w", s.name, err)
		}
	}
	t.setSection(s.name, raw)
	return nil
}

// Clear removes what t has chosen.
func (s Section[T]) Clear(t *Tenant) { t.setSection(s.name, nil) }

// Shown returns what t has chosen without its secrets, by the members of the stored form; nil for nothing.
func (s Section[T]) Shown(t Tenant) map[string]any {
	var shown map[string]any
	raw, err := json.Marshal(s.Of(t))
	if t.sections[s.name] == nil || err != nil || json.Unmarshal(raw, &shown) != nil {
		return nil
	}
	for field := range reflect.TypeFor[T]().Fields() {
		if field.Tag.Get("secret") == "true" {
			member, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			delete(shown, member)
		}
	}
	return shown
}

// setSection changes a copy: other copies of the tenant keep what they have.
func (t *Tenant) setSection(name string, raw json.RawMessage) {
	sections := maps.Clone(t.sections)
	if sections == nil {
		sections = map[string]json.RawMessage{}
	}
	if sections[name] = raw; raw == nil {
		delete(sections, name)
	}
	t.sections = sections
}

// sectionLanguage returns the language of the page on which a section was chosen, which it may note in its member language; "" for
// none.
func (t Tenant) sectionLanguage() string {
	for _, name := range slices.Sorted(maps.Keys(t.sections)) {
		var noted struct {
			Language string `json:"language"`
		}
		if json.Unmarshal(t.sections[name], &noted) == nil && noted.Language != "" {
			return noted.Language
		}
	}
	return ""
}

// Members of a record that hold sections: one had its name before there were several.
const (
	firstSection  = "notices"
	sectionPrefix = "section_"
)

func sectionMember(name string) string {
	if name == firstSection {
		return name
	}
	return sectionPrefix + name
}

// sectionOf returns the name of the section that a record's member holds.
func sectionOf(member string) (name string, ok bool) {
	if member == firstSection {
		return member, true
	}
	return strings.CutPrefix(member, sectionPrefix)
}

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
