package forms

import (
	"net/url"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
)

// compound are the types that are typed in part by part; the parts' labels are catalogue keys "part.…".
var compound = map[string][]string{
	"smart_address": amoapi.AddressParts,
	"legal_entity":  {legalName, "vat_id", "kpp", "address"},
}

// legalName is the part of a legal entity that the codec takes bare and first.
const legalName = "name"

// numberParts are the parts that hold long numbers, but no phones.
var numberParts = []string{"vat_id", "kpp", "zip"}

// Part is one input of a compound field.
type Part struct {
	Name  ui.Plain
	Label string
	Value any
}

// partsOf returns the inputs of a compound field with what was typed.
func partsOf(f amoapi.Field, values []string, typed bool) []Part {
	var out []Part
	for _, part := range compound[f.Type] {
		v := Part{Name: "fields." + ui.Plain(ID(f.ID)+"."+part), Label: "part." + part, Value: ui.Plain("")}
		plain := typed || slices.Contains(numberParts, part)
		for i, text := range values {
			key, value, found := strings.Cut(text, "=")
			switch {
			case found && key == part:
				v.Value = Value(value, plain)
			case part == legalName && i == 0 && !slices.Contains(compound[f.Type], key):
				v.Value = Value(text, plain)
			}
		}
		out = append(out, v)
	}
	return out
}

// Read reads the custom fields of a form, "fields.12" and "fields.12.city", as the codec of the account's fields
// takes them.
func Read(form url.Values) map[int64][]string {
	out := map[int64][]string{}
	for name, values := range form {
		rest, ok := strings.CutPrefix(name, "fields.")
		if kept := Typed(values, maxChoices); ok && ui.Number(rest) != 0 && len(kept) > 0 {
			out[ui.Number(rest)] = kept
		}
	}
	for name := range form {
		raw, part, ok := strings.Cut(strings.TrimPrefix(name, "fields."), ".")
		if id := ui.Number(raw); ok && id != 0 && strings.HasPrefix(name, "fields.") && isPart(part) {
			if joined := joinParts(form, "fields."+raw+"."); joined != nil {
				out[id] = joined
			}
		}
	}
	return out
}

func isPart(name string) bool {
	for _, parts := range compound {
		if slices.Contains(parts, name) {
			return true
		}
	}
	return false
}

// joinParts gives the parts of one field as "city=Moscow", in an order that does not depend on the form's; nil when all
// are blank. The name of a legal entity stands first and bare.
func joinParts(form url.Values, prefix string) []string {
	var out []string
	for _, part := range append(slices.Clone(amoapi.AddressParts), compound["legal_entity"][1:]...) {
		if value := strings.TrimSpace(form.Get(prefix + part)); value != "" {
			out = append(out, part+"="+value)
		}
	}
	if _, legal := form[prefix+legalName]; legal {
		name := strings.TrimSpace(form.Get(prefix + legalName))
		if name == "" && out == nil {
			return nil
		}
		out = append([]string{name}, out...)
	}
	return out
}

// maxChoices is how many values one field of a form may have.
const maxChoices = 250

// Typed returns the first max rows that hold something.
func Typed(rows []string, max int) []string {
	var out []string
	for _, r := range rows {
		if r = strings.TrimSpace(r); r != "" && len(out) < max {
			out = append(out, r)
		}
	}
	return out
}
