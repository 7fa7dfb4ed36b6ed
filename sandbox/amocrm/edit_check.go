package amocrm

import (
	"fmt"
)

// embedded reads _embedded.<kind> of a create: existing entities by id.
func (v check) embedded(m obj, kind string, each func(at check, el obj, i int)) {
	e := v.object(m, "_embedded")
	if e == nil {
		return
	}
	in := v.under("_embedded")
	for i, raw := range in.list(e, kind) {
		path := fmt.Sprintf("%s.%d", kind, i)
		el, ok := raw.(obj)
		if !ok {
			in.wrongType(path, "array")
			continue
		}
		each(in.under(path), el, i)
	}
}

// ownID reads the id of the thing that an item of an update names; nil after an error.
func (v check) ownID(m obj) *int64 {
	if m["id"] == nil {
		v.missing("id")
	}
	return v.integer(m, "id")
}

// existing reads the id of an entity that must be there; 0 after an error.
func (v check) existing(el obj, kind string) int64 { return v.existingAt(el, "id", kind) }

// existingAt is existing for an id under another key.
func (v check) existingAt(el obj, key, kind string) int64 {
	if el[key] == nil {
		v.missing(key)
		return 0
	}
	id := v.integer(el, key)
	if id == nil {
		return 0
	}
	if baseByID(v.a, kind, *id) == nil {
		v.choice(key)
		return 0
	}
	return *id
}

// check reads typed values out of one item and notes what is wrong with them.
type check struct {
	a      *Account
	prefix string // path of the object that is read, with its final dot
	errs   *[]fieldError
}

func newCheck(a *Account) check { return check{a: a, errs: new([]fieldError)} }

// under is a check for an object nested at path.
func (v check) under(path string) check {
	v.prefix += path + "."
	return v
}

func (v check) fail(code, path, detail string) {
	*v.errs = append(*v.errs, fieldError{code, v.prefix + path, detail})
}

func (v check) choice(path string) {
	v.fail(codeChoice, path, "The value you selected is not a valid choice.")
}

func (v check) wrongType(path, want string) {
	v.fail(codeType, path, "This value should be of type "+want+".")
}

func (v check) missing(path string) { v.fail(codeMissing, path, "This field is missing.") }

func (v check) notExpected(path string) {
	v.fail(codeNotExpected, path, "This field was not expected.")
}

func (v check) failed() bool { return len(*v.errs) > 0 }

// integer reads an int; nil when the key is absent, null or wrong.
func (v check) integer(m obj, key string) *int64 {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	n, ok := toInt(raw)
	if _, isString := raw.(string); !ok || isString {
		v.wrongType(key, "int")
		return nil
	}
	return &n
}

// text reads a string; nil when the key is absent, null or wrong.
func (v check) text(m obj, key string) *string {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	str, ok := raw.(string)
	if !ok {
		v.wrongType(key, "string")
		return nil
	}
	return &str
}

// boolean reads a bool; nil when the key is absent, null or wrong.
func (v check) boolean(m obj, key string) *bool {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	b, ok := raw.(bool)
	if !ok {
		v.wrongType(key, "bool")
		return nil
	}
	return &b
}

// object reads a nested object; nil when absent, null or wrong. PHP sends an empty object as [].
func (v check) object(m obj, key string) obj {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	if list, ok := raw.([]any); ok && len(list) == 0 {
		return nil
	}
	o, ok := raw.(obj)
	if !ok {
		v.wrongType(key, "array")
		return nil
	}
	return o
}

// list reads an array, or an object with indices for keys; nil when absent, null or wrong.
func (v check) list(m obj, key string) []any {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	l, ok := asList(raw)
	if !ok {
		v.wrongType(key, "array")
		return nil
	}
	return l
}

// user reads the id of an active user. A responsible one must be paid for, too; an author may also be 0, the robot.
func (v check) user(m obj, key string) *int64 {
	before := len(*v.errs)
	id := v.integer(m, key)
	if len(*v.errs) > before {
		v.choice(key) // amoCRM names both: EX error-validation-complex.json
		return nil
	}
	if id == nil {
		return nil
	}
	responsible := key == "responsible_user_id" || key == "user_id"
	if *id == 0 && !responsible {
		return id
	}
	u := userOf(v.a, *id)
	if u == nil || !u.Active || responsible && u.Free {
		v.choice(key)
		return nil
	}
	return id
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
