package request

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/runes"
)

// Bind reads a rule's body: JSON, form or multipart; bare or wrapped as {url, data, headers} (usedesk.md §3.2), as
// body.Read takes it. Numbers may be strings, a blank string means "not given". A value that can't be taken is left out or cut, and is in
// Request.Remarks, unless the rule is strict. key is the trigger key if the body holds one; it is returned beside
// *Problems too, which lists every mistake that stops the job; the request is then what could be read. Other errors:
// *body.ContentTypeError, *body.SyntaxError.
func Bind(contentType string, raw []byte) (r Request, key string, err error) {
	root, err := body.Read(contentType, raw)
	if err != nil {
		return Request{}, "", err
	}
	data, key := unwrap(root)
	rd := &reader{}
	r = rd.request(data)
	rd.validate(&r)
	slices.SortStableFunc(rd.problems, func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
	var stops []Problem
	for _, p := range rd.problems {
		if p.Remark && !r.Strict {
			r.Remarks = append(r.Remarks, p)
		} else {
			stops = append(stops, p)
		}
	}
	if len(stops) > 0 {
		return r, key, &Problems{List: Stopping(stops)}
	}
	return r, key, nil
}

// BindFor is Bind for a rule as its author writes it, with a ticket in the place of the helpdesk's variable. A *body.SyntaxError
// names the place in the text as it was written.
func BindFor(ticketID int64, rule string) (r Request, key string, err error) {
	fill := func(ticket string) (Request, string, error) {
		return Bind("application/json", []byte(strings.ReplaceAll(rule, ticketVariable, ticket)))
	}
	r, key, err = fill(strconv.FormatInt(ticketID, 10))
	var syntax *body.SyntaxError
	if errors.As(err, &syntax) { // again with a ticket as long as the variable, so that the columns behind it are right
		_, _, err = fill(fmt.Sprintf("%-*d", len(ticketVariable), ticketID))
	}
	return r, key, err
}

// wrappers are the names under which senders put the whole body: the helpdesk's own, and those of form builders.
var wrappers = []string{"data", "payload", "json", "body"}

// grouped are the keys whose values are objects or lists; a form sends them as JSON text.
var grouped = []string{"fields", "custom_fields", "custom_fields_values", "tags", "task"}

// unwrap returns the object that is the rule: the body itself, or what is in one of its wrappers, and the trigger key from
// either level.
func unwrap(root map[string]any) (data map[string]any, key string) {
	key, _ = root["key"].(string)
	data = root
	for _, name := range wrappers {
		if _, bare := root["ticketId"]; bare {
			break
		}
		if inner, ok := object(root[name]); ok {
			data = inner
			break
		}
	}
	if k, ok := data["key"].(string); ok {
		key = k
	}
	expand(data)
	if fields, ok := data["fields"].(map[string]any); ok {
		expand(fields)
	}
	return data, strings.TrimSpace(key)
}

// object returns an object, or the one that a text holds as JSON.
func object(v any) (map[string]any, bool) {
	if text, ok := v.(string); ok {
		v, _ = body.Embedded(text)
	}
	m, ok := v.(map[string]any)
	return m, ok
}

// expand puts objects and lists in the place of the JSON texts that hold them.
func expand(m map[string]any) {
	for _, name := range grouped {
		if text, ok := m[name].(string); ok {
			if tree, ok := body.Embedded(text); ok {
				m[name] = tree
			}
		}
	}
}

var rules = newRules()

func newRules() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name
	})
	oneForm := func(fl validator.FieldLevel) bool {
		p, ok := fl.Parent().Interface().(CustomValue)
		return ok && (len(p.Value) > 0 || p.EnumID != 0 || p.EnumCode != "" || p.CatalogID != 0 || p.CatalogElementID != 0)
	}
	if err := v.RegisterValidation("one_form", oneForm, true); err != nil {
		panic(err) // a mistake in this file
	}
	return v
}

// validate adds the mistakes that the tags of Request find, except where the value could not even be read. What a value
// costs is taken out of the request: a text is cut, a list loses what is too many, anything else becomes empty.
func (r *reader) validate(req *Request) {
	var found validator.ValidationErrors
	if err := rules.Struct(*req); errors.As(err, &found) {
		unread := r.problems
		for _, f := range found {
			p, stops := violation(f)
			if p.Path = r.where(*req, p.Path); !covered(unread, p) {
				if !stops {
					p = p.AsRemark(ShownValue(f.Value()))
				}
				r.problems = append(r.problems, p)
			}
			mend(req, f)
		}
	}
	size := 0
	for i := range req.Fields.Custom {
		c := &req.Fields.Custom[i]
		for _, v := range c.Values {
			size += len(v.Value)
		}
		if size > MaxValues {
			path := r.where(*req, fmt.Sprintf("fields.custom_fields_values[%d]", i))
			r.problems = append(r.problems, NewProblem(path, CodeTooLong, "too_long", "Count", strconv.Itoa(MaxValues)).AsRemark(ShownValue(c.Values)))
			c.Values = nil
		}
	}
}

// violation is the problem of a broken rule, with its path into the normal form; stops: it is not a value's.
func violation(f validator.FieldError) (p Problem, stops bool) {
	_, path, _ := strings.Cut(f.Namespace(), ".")
	switch f.Tag() {
	case "max":
		if f.Kind() == reflect.Slice {
			return NewProblem(path, CodeTooMany, "too_many", "Count", f.Param()), false
		}
		return NewProblem(path, CodeTooLong, "too_long", "Count", f.Param()), path == "amoClientId"
	case "min":
		return NewProblem(path, CodeRequired, "no_value"), false
	case "required_without_all":
		return NewProblem(path, CodeRequired, "no_field"), false
	case "one_form":
		return NewProblem(path[:strings.LastIndexByte(path, '.')], CodeRequired, "no_form"), false
	}
	return NewProblem(path, CodeRange, "not_positive"), path == "ticketId"
}

// mend makes the request keep the rule that f says is broken. A field or value that is not named keeps its place, empty.
func mend(req *Request, f validator.FieldError) {
	_, path, _ := strings.Cut(f.StructNamespace(), ".")
	at := reflect.ValueOf(req).Elem()
	var owner reflect.Value
	for step := range strings.SplitSeq(path, ".") {
		name, index, listed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		if at.Kind() == reflect.Pointer {
			at = at.Elem()
		}
		owner, at = at, at.FieldByName(name)
		if i, err := strconv.Atoi(index); listed && err == nil {
			if i >= at.Len() { // it went with what was too many
				return
			}
			at = at.Index(i)
		}
	}
	most, _ := strconv.Atoi(f.Param()) // other tags than max have none
	switch {
	case f.Tag() == "max" && at.Kind() == reflect.String:
		at.SetString(runes.First(at.String(), most))
	case f.Tag() == "max":
		at.SetLen(most)
	case f.Tag() == "min", f.Tag() == "required_without_all":
		if c, ok := owner.Addr().Interface().(*CustomField); ok {
			*c = CustomField{At: c.At}
		}
	case f.Tag() != "one_form":
		at.SetZero()
	}
}

// covered says that p follows from a problem that is known already: at its path or above it, or, when something is
// missing, below it.
func covered(known []Problem, p Problem) bool {
	return slices.ContainsFunc(known, func(k Problem) bool {
		return k.Path == p.Path || below(p.Path, k.Path) || (p.Code == CodeRequired && below(k.Path, p.Path))
	})
}

func below(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}
