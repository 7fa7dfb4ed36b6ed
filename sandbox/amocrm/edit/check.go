package edit

import (
	"fmt"
	"net/http"

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
	// misplaced is set to the key of a lead whose loss reason has no place; it is told in a body of another shape.
	misplaced *string
}

// NewCheck returns a check of one item of an account.
func NewCheck(a *world.Account) Check {
	return Check{A: a, Errs: new([]FieldError), misplaced: new(string)}
}

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
	n, ok := world.ToInt(m[key])
	if _, isString := m[key].(string); ok && !isString {
		return &n
	}
	if m[key] != nil {
		v.WrongType(key, "int")
	}
	return nil
}

// RequiredInteger reads an int that must be there.
func (v Check) RequiredInteger(m obj, key string) *int64 {
	if m[key] == nil {
		v.Missing(key)
	}
	return v.Integer(m, key)
}

// Text reads a string; nil when the key is absent, null or wrong.
func (v Check) Text(m obj, key string) *string { return read[string](v, m, key, "string") }

// Boolean reads a bool; nil when the key is absent, null or wrong.
func (v Check) Boolean(m obj, key string) *bool { return read[bool](v, m, key, "bool") }

func read[T any](v Check, m obj, key, want string) *T {
	x, ok := m[key].(T)
	if ok {
		return &x
	}
	if m[key] != nil {
		v.WrongType(key, want)
	}
	return nil
}

// Required reads a string that must be there and not empty.
func (v Check) Required(m obj, key string) *string {
	str := v.Text(m, key)
	if m[key] == nil || str != nil && *str == "" {
		v.Missing(key)
		return nil
	}
	return str
}

// Object reads a nested object; nil when absent, null or wrong. PHP sends an empty object as [].
func (v Check) Object(m obj, key string) obj {
	o, ok := m[key].(obj)
	if list, isList := m[key].([]any); !ok && m[key] != nil && (!isList || len(list) > 0) {
		v.WrongType(key, "array")
	}
	return o
}

// List reads an array, or an object with indices for keys; nil when absent, null or wrong.
func (v Check) List(m obj, key string) []any {
	list, ok := api.AsList(m[key])
	if !ok && m[key] != nil {
		v.WrongType(key, "array")
	}
	return list
}

// Objects reads a list of objects.
func (v Check) Objects(m obj, key string, each func(at Check, el obj, i int)) {
	for i, raw := range v.List(m, key) {
		path := fmt.Sprintf("%s.%d", key, i)
		if el, ok := raw.(obj); ok {
			each(v.Under(path), el, i)
		} else {
			v.WrongType(path, "array")
		}
	}
}

// Embedded reads the list of objects in _embedded.<kind>.
func (v Check) Embedded(m obj, kind string, each func(at Check, el obj, i int)) {
	if e := v.Object(m, "_embedded"); e != nil {
		v.Under("_embedded").Objects(e, kind, each)
	}
}

// User reads the id of an active user. A responsible one must be paid for, too; an author may also be 0, the robot.
func (v Check) User(m obj, key string) *int64 {
	id := v.Integer(m, key)
	if m[key] == nil {
		return nil
	}
	if id != nil {
		responsible := key == "responsible_user_id" || key == "user_id"
		u := world.UserOf(v.A, *id)
		if *id == 0 && !responsible || u != nil && u.Active && !(responsible && u.Free) {
			return id
		}
	}
	v.Choice(key) // beside a wrong type, too: EX error-validation-complex.json
	return nil
}

// Known finds the thing whose id must be under the key; nil after an error.
func Known[T any](v Check, m obj, key string, find func(id int64) *T) *T {
	id := v.RequiredInteger(m, key)
	if id == nil {
		return nil
	}
	x := find(*id)
	if x == nil {
		v.Choice(key)
	}
	return x
}

// Existing reads the id of an entity that must be there; 0 after an error.
func (v Check) Existing(m obj, key, kind string) int64 {
	if b := Known(v, m, key, func(id int64) *world.Base { return world.BaseByID(v.A, kind, id) }); b != nil {
		return b.ID
	}
	return 0
}

// Codes of validation errors (amocrm.md §8.3).
const (
	CodeChoice      = "NotSupportedChoice"
	CodeType        = "InvalidType"
	CodeNotExpected = "FieldNotExpected"
	CodeMissing     = "FieldMissing"
)

// FieldError is one refused value; Path is in dot notation, relative to the item.
type FieldError struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

// ItemErrors are the errors of one item of a batch.
type ItemErrors struct {
	RequestID string       `json:"request_id"`
	Errors    []FieldError `json:"errors"`
}

// Refusal collects why a batch is refused; one error anywhere refuses all of it.
type Refusal struct {
	Items      []ItemErrors
	lossReason []string // keys of leads whose loss reason has no place
}

// Add keeps the errors of an item, if there are any.
func (f *Refusal) Add(requestID string, errs []FieldError) {
	if len(errs) > 0 {
		f.Items = append(f.Items, ItemErrors{requestID, errs})
	}
}

// Check checks every item of a batch, keeps what is wrong and reports whether nothing is.
func (f *Refusal) Check(a *world.Account, items []obj, read func(v Check, m obj, i int)) bool {
	for i, m := range items {
		v := NewCheck(a)
		read(v, m, i)
		id, _ := api.RequestID(m, i)
		f.Add(id, *v.Errs)
		if *v.misplaced != "" {
			f.lossReason = append(f.lossReason, *v.misplaced)
		}
	}
	return !f.Any()
}

// Any reports whether the batch is refused.
func (f *Refusal) Any() bool { return len(f.Items) > 0 || len(f.lossReason) > 0 }

// Write answers the 400. Field errors win over loss reasons.
func (f *Refusal) Write(w http.ResponseWriter) {
	body := obj{"title": "Bad Request", "type": "https://httpstatus.es/400", "status": http.StatusBadRequest}
	if len(f.Items) > 0 {
		body["validation-errors"], body["detail"] = f.Items, "Request validation failed"
	} else {
		errs := obj{}
		for _, key := range f.lossReason {
			errs[key] = "Loss reason can be specified only for lost lead"
		}
		body["errors"], body["detail"] = errs, "Invalid request body"
	}
	api.WriteAs(w, "application/problem+json", http.StatusBadRequest, body)
}
