package amocrm

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
)

// Codes of validation errors (amocrm.md §8.3).
const (
	codeChoice      = "NotSupportedChoice"
	codeType        = "InvalidType"
	codeNotExpected = "FieldNotExpected"
	codeMissing     = "FieldMissing"
)

// fieldError is one refused value; Path is in dot notation, relative to the item.
type fieldError struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

// itemErrors are the errors of one item of a batch.
type itemErrors struct {
	RequestID string       `json:"request_id"`
	Errors    []fieldError `json:"errors"`
}

// refusal collects why a batch is refused; one error anywhere refuses all of it.
type refusal struct {
	items []itemErrors
	// lossReason holds lead ids whose loss reason has no place; they are told in a body of another shape.
	lossReason []string
}

func (f *refusal) add(requestID string, errs []fieldError) {
	if len(errs) > 0 {
		f.items = append(f.items, itemErrors{requestID, errs})
	}
}

func (f *refusal) any() bool { return len(f.items) > 0 || len(f.lossReason) > 0 }

// write answers the 400. Field errors win over loss reasons.
func (f *refusal) write(w http.ResponseWriter) {
	if len(f.items) > 0 {
		writeAs(w, "application/problem+json", http.StatusBadRequest, obj{
			"validation-errors": f.items, "title": "Bad Request", "type": "https://httpstatus.es/400",
			"status": http.StatusBadRequest, "detail": "Request validation failed",
		})
		return
	}
	errs := obj{}
	for _, id := range f.lossReason {
		errs[id] = "Loss reason can be specified only for lost lead"
	}
	writeAs(w, "application/problem+json", http.StatusBadRequest, obj{
		"errors": errs, "title": "Bad Request", "type": "https://httpstatus.es/400",
		"status": http.StatusBadRequest, "detail": "Invalid request body",
	})
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

// toInt reads a whole number out of any decoded JSON value; numeric strings too.
func toInt(raw any) (int64, bool) {
	switch n := raw.(type) {
	case json.Number:
		return parseWhole(n.String())
	case string:
		return parseWhole(n)
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
			return int64(n), true
		}
	case int64:
		return n, true
	case int:
		return int64(n), true
	}
	return 0, false
}

func parseWhole(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}
