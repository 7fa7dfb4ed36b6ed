package triggers

import (
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"
)

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

// validate adds the mistakes that the tags of Request find, except where the value could not even be read.
func (r *reader) validate(req Request) {
	size := 0
	for _, f := range req.Fields.Custom {
		for _, v := range f.Values {
			size += len(v.Value)
		}
	}
	if size > MaxValues {
		r.problems = append(r.problems, problem("fields.custom_fields_values", CodeTooLong, "too_long", "Count", strconv.Itoa(MaxValues)))
	}
	var found validator.ValidationErrors
	if err := rules.Struct(req); !errors.As(err, &found) {
		return
	}
	unread := r.problems
	for _, f := range found {
		_, path, _ := strings.Cut(f.Namespace(), ".")
		var p Problem
		switch f.Tag() {
		case "max":
			p = problem(path, CodeTooLong, "too_long", "Count", f.Param())
			if f.Kind() == reflect.Slice {
				p = problem(path, CodeTooMany, "too_many", "Count", f.Param())
			}
		case "min":
			p = problem(path, CodeRequired, "no_value")
		case "required_without_all":
			p = problem(path, CodeRequired, "no_field")
		case "one_form":
			p = problem(path[:strings.LastIndexByte(path, '.')], CodeRequired, "no_form")
		case "gte", "gt":
			p = problem(path, CodeRange, "not_positive")
			if path == "fields.price" {
				p = problem(path, CodeRange, "negative")
			}
		}
		p.Path = r.where(req, p.Path)
		if !covered(unread, p) {
			r.problems = append(r.problems, p)
		}
	}
}

// covered says that p follows from a problem that is known already: at its path or above it, or, when something is
// missing, below it.
func covered(known []Problem, p Problem) bool {
	for _, k := range known {
		if k.Path == p.Path || below(p.Path, k.Path) || (p.Code == CodeRequired && below(k.Path, p.Path)) {
			return true
		}
	}
	return false
}

func below(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}
