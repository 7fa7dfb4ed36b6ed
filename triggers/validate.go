package triggers

import (
	"errors"
	"fmt"
	"reflect"
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
		return ok && (len(p.Value) > 0 || p.EnumID != 0 || p.EnumCode != "")
	}
	if err := v.RegisterValidation("one_form", oneForm, true); err != nil {
		panic(err) // a mistake in this file
	}
	return v
}

// validate adds the mistakes that the tags of Request find, except where the value could not even be read.
func (r *reader) validate(req Request) {
	var found validator.ValidationErrors
	if err := rules.Struct(req); !errors.As(err, &found) {
		return
	}
	unread := r.problems
	for _, f := range found {
		_, path, _ := strings.Cut(f.Namespace(), ".")
		p := Problem{Path: path}
		switch f.Tag() {
		case "max":
			p.Code, p.Detail = CodeTooLong, fmt.Sprintf("may have at most %s characters", f.Param())
			if f.Kind() == reflect.Slice {
				p.Code, p.Detail = CodeTooMany, fmt.Sprintf("may have at most %s entries", f.Param())
			}
		case "min":
			p.Code, p.Detail = CodeRequired, "needs at least one value, as in [{\"value\": \"text\"}]"
		case "required_without":
			p.Code, p.Detail = CodeRequired, "say which field: field_id or field_code"
		case "one_form":
			p.Path = path[:strings.LastIndexByte(path, '.')]
			p.Code, p.Detail = CodeRequired, "needs value, enum_id or enum_code"
		case "gte", "gt":
			p.Code, p.Detail = CodeRange, "must be greater than 0"
			if path == "fields.price" {
				p.Detail = "must be 0 or more"
			}
		}
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
