// Package forms turns values of amoCRM's fields into texts and inputs of the reader's language, and what was typed back into
// values: widgets by the type of a field, parts of compound fields, digits that a mask had hidden, refusals of fields.
//
// It refuses to know what a form is about and where values are read from.
//
// Invariants: what was typed is shown as it is, everything else counts as words of people unless its type says that it holds
// no phone; a text with hidden digits that was changed is refused, since the digits would be lost.
package forms

import (
	"embed"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
)

// Option is one choice.
type Option struct {
	Value  ui.Plain
	Text   any // words, or Plain
	Chosen bool
}

// Choice returns one choice.
func Choice(value string, text any, chosen bool) Option {
	return Option{Value: ui.Plain(value), Text: text, Chosen: chosen}
}

// Input is a custom field with its widget.
type Input struct {
	Name    ui.Plain // "fields.123"
	Label   string
	Widget  string // text, textarea, number, select, multiselect, checkbox, date, datetime, url, parts, unsupported
	Value   any    // as it was read, or Plain
	Options []Option
	Error   string
	Must    bool   // the stage requires it
	Parts   []Part // of a compound field
}

// widgets are the inputs for the types of amoCRM (amocrm.md §3.4). What is missing here can't be filled by a form.
var widgets = map[string]string{
	"text": "text", "streetaddress": "text", "tracking_data": "text", "org_legal_name": "text", "multitext": "text",
	"smart_address": "parts", "legal_entity": "parts",
	"textarea": "textarea", "numeric": "number", "monetary": "number", "price": "number", "url": "url",
	"select": "select", "radiobutton": "select", "category": "select", "multiselect": "multiselect",
	"checkbox": "checkbox", "date": "date", "birthday": "date", "date_time": "datetime",
}

// CustomInput draws a field with its values, as they were read or typed.
func CustomInput(f amoapi.Field, values []string, typed bool, message string) Input {
	v := Input{
		Name: "fields." + ui.Plain(ID(f.ID)), Label: f.Name, Widget: widgets[f.Type], Error: message, Value: ui.Plain(""),
	}
	if len(values) > 0 { // a checkbox is preceded by its default
		v.Value = Value(values[len(values)-1], typed || slices.Contains(numbers, f.Type))
	}
	switch v.Widget {
	case "":
		v.Widget = "unsupported"
	case "parts":
		v.Parts = partsOf(f, values, typed)
	case "select", "multiselect":
		for _, e := range f.Enums {
			value := ID(e.ID)
			v.Options = append(v.Options, Choice(value, e.Value, slices.Contains(values, value)))
		}
	}
	return v
}

// ID returns an id as inputs hold it.
func ID(id amoapi.ID) string { return strconv.FormatInt(int64(id), 10) }

// Users returns the choice of a person.
func Users(users []amoapi.User, chosen int64) []Option {
	var out []Option
	for _, u := range users {
		out = append(out, Choice(ID(u.ID), u.Name, int64(u.ID) == chosen))
	}
	return out
}

// Templates are those of the inputs.
//
//go:embed templates/*.html
var Templates embed.FS

// compound are the types that are typed in part by part; the parts' labels are catalogue keys "part.…".
var compound = map[string][]string{
	"smart_address": amoapi.AddressParts,
	"legal_entity":  append([]string{legalName}, legalParts...),
}

// legalParts are the parts of a legal entity beside its name.
var legalParts = []string{"vat_id", "kpp", "address"}

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
		if id := ui.Number(raw); ok && id != 0 && strings.HasPrefix(name, "fields.") && (part == legalName || slices.Contains(moreParts, part)) {
			if joined := joinParts(form, "fields."+raw+"."); joined != nil {
				out[id] = joined
			}
		}
	}
	return out
}

// moreParts are all parts but the name, in the order in which they are sent.
var moreParts = slices.Concat(amoapi.AddressParts, legalParts)

// joinParts gives the parts of one field as "city=Moscow", in an order that does not depend on the form's; nil when all
// are blank. The name of a legal entity stands first and bare.
func joinParts(form url.Values, prefix string) []string {
	var out []string
	for _, part := range moreParts {
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
