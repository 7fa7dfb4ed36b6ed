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
