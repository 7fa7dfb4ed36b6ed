package forms

import (
	"slices"
	"strconv"

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
