package edit

import (
	"fmt"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// obj is a JSON object on its way in.
type obj = map[string]any

// Check reads typed values out of one item and notes what is wrong with them.
type Check struct {
	A      *world.Account
	prefix string // path of the object that is read, with its final dot
	Errs   *[]FieldError
}

// NewCheck returns a check of one item of an account.
func NewCheck(a *world.Account) Check { return Check{A: a, Errs: new([]FieldError)} }

// Under is a check for an object nested at path.
func (v Check) Under(path string) Check {
	v.prefix += path + "."
	return v
}

// Fail notes an error.
func (v Check) Fail(code, path, detail string) {
	*v.Errs = append(*v.Errs, FieldError{code, v.prefix + path, detail})
}

// Choice notes a value that is none of the possible ones.
func (v Check) Choice(path string) {
	v.Fail(CodeChoice, path, "The value you selected is not a valid choice.")
}

// WrongType notes a value of another type than the wanted one.
func (v Check) WrongType(path, want string) {
	v.Fail(CodeType, path, "This value should be of type "+want+".")
}

// Missing notes a value that has to be there.
func (v Check) Missing(path string) { v.Fail(CodeMissing, path, "This field is missing.") }

// NotExpected notes a value that must not be there.
func (v Check) NotExpected(path string) {
	v.Fail(CodeNotExpected, path, "This field was not expected.")
}

// Failed reports whether anything was wrong so far.
func (v Check) Failed() bool { return len(*v.Errs) > 0 }

// Integer reads an int; nil when the key is absent, null or wrong.
func (v Check) Integer(m obj, key string) *int64 {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	n, ok := world.ToInt(raw)
	if _, isString := raw.(string); !ok || isString {
		v.WrongType(key, "int")
		return nil
	}
	return &n
}

// Text reads a string; nil when the key is absent, null or wrong.
func (v Check) Text(m obj, key string) *string {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	str, ok := raw.(string)
	if !ok {
		v.WrongType(key, "string")
		return nil
	}
	return &str
}

// Required reads a string that must be there and not empty.
func (v Check) Required(m obj, key string) *string {
	if m[key] == nil {
		v.Missing(key)
		return nil
	}
	str := v.Text(m, key)
	if str != nil && *str == "" {
		v.Missing(key)
		return nil
	}
	return str
}

// Boolean reads a bool; nil when the key is absent, null or wrong.
func (v Check) Boolean(m obj, key string) *bool {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	b, ok := raw.(bool)
	if !ok {
		v.WrongType(key, "bool")
		return nil
	}
	return &b
}

// Object reads a nested object; nil when absent, null or wrong. PHP sends an empty object as [].
func (v Check) Object(m obj, key string) obj {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	if list, ok := raw.([]any); ok && len(list) == 0 {
		return nil
	}
	o, ok := raw.(obj)
	if !ok {
		v.WrongType(key, "array")
		return nil
	}
	return o
}

// List reads an array, or an object with indices for keys; nil when absent, null or wrong.
func (v Check) List(m obj, key string) []any {
	raw, there := m[key]
	if !there || raw == nil {
		return nil
	}
	l, ok := api.AsList(raw)
	if !ok {
		v.WrongType(key, "array")
		return nil
	}
	return l
}

// User reads the id of an active user. A responsible one must be paid for, too; an author may also be 0, the robot.
func (v Check) User(m obj, key string) *int64 {
	before := len(*v.Errs)
	id := v.Integer(m, key)
	if len(*v.Errs) > before {
		v.Choice(key) // amoCRM names both: EX error-validation-complex.json
		return nil
	}
	if id == nil {
		return nil
	}
	responsible := key == "responsible_user_id" || key == "user_id"
	if *id == 0 && !responsible {
		return id
	}
	u := world.UserOf(v.A, *id)
	if u == nil || !u.Active || responsible && u.Free {
		v.Choice(key)
		return nil
	}
	return id
}

// Embedded reads _embedded.<kind> of a create: existing entities by id.
func (v Check) Embedded(m obj, kind string, each func(at Check, el obj, i int)) {
	e := v.Object(m, "_embedded")
	if e == nil {
		return
	}
	in := v.Under("_embedded")
	for i, raw := range in.List(e, kind) {
		path := fmt.Sprintf("%s.%d", kind, i)
		el, ok := raw.(obj)
		if !ok {
			in.WrongType(path, "array")
			continue
		}
		each(in.Under(path), el, i)
	}
}

// OwnID reads the id of the thing that an item of an update names; nil after an error.
func (v Check) OwnID(m obj) *int64 {
	if m["id"] == nil {
		v.Missing("id")
	}
	return v.Integer(m, "id")
}

// Existing reads the id of an entity that must be there; 0 after an error.
func (v Check) Existing(el obj, kind string) int64 { return v.ExistingAt(el, "id", kind) }

// ExistingAt is existing for an id under another key.
func (v Check) ExistingAt(el obj, key, kind string) int64 {
	if el[key] == nil {
		v.Missing(key)
		return 0
	}
	id := v.Integer(el, key)
	if id == nil {
		return 0
	}
	if world.BaseByID(v.A, kind, *id) == nil {
		v.Choice(key)
		return 0
	}
	return *id
}
