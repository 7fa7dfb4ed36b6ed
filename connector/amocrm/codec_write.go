package amocrm

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/internal/when"
)

// maxValues is how many values one field takes at most; lists of choices can be long, the rest is bounded by its type.
const maxValues = 250

// Input turns the strings of a form into what amoCRM takes for the field, dates and times read as UTC; see InputIn.
func (f Field) Input(raw []string) (FieldInput, error) { return f.InputIn(when.Calendar{}, raw) }

// InputIn turns the strings of a form into the field's write shape; dates are read with the account's calendar. Blank strings are
// left out; nothing left clears the field (Values nil), and a checkbox becomes false. Choices go by enum id, text or
// code. Phones and e-mails may start with their kind ("MOB:+1 555 …"). A smart address is up to six lines by position or
// "city=…". Compound values are JSON objects; a legal entity may also be its name followed by "vat_id=…" and the like.
// A refused value gives *ValueError.
func (f Field) InputIn(cal when.Calendar, raw []string) (FieldInput, error) {
	var in []element
	for i, s := range raw {
		in = append(in, element{index: i, value: s, form: true})
	}
	if f.Type == "checkbox" {
		if len(raw) == 0 {
			in = []element{{value: "false", form: true}}
		}
		in = in[len(in)-1:] // a form sends its default first
	}
	return f.build(cal, in)
}

// NormalizeIn checks the values[] of a rule and gives the field's write shape: strings become numbers where amoCRM wants
// numbers, choices become enum ids, dates, read with the account's calendar, Unix seconds. Elements are objects as in amocrm.md §3.5 or bare values;
// blank ones are left out, as an empty variable of a helpdesk rule arrives as "". Nothing left gives Values nil, which
// clears the field: leave it out of a create. A refused value gives *ValueError with its path.
func (f Field) NormalizeIn(cal when.Calendar, values []any) (FieldInput, error) {
	var in []element
	for i, v := range values {
		e, err := f.elementOf(i, v)
		if err != nil {
			return FieldInput{}, err
		}
		in = append(in, e)
	}
	return f.build(cal, in)
}

// Writable reports whether Input knows how to write the field.
func (f Field) Writable() bool { return !f.IsComputed && f.encoder() != nil }

// encode returns the write shape of one element.
type encode func(f Field, e element, cal when.Calendar) (ValueInput, error)

func (f Field) encoder() encode {
	switch f.Type {
	case "text", "textarea", "streetaddress", "tracking_data", "org_legal_name":
		return Field.writeText
	case "url":
		return Field.writeURL
	case "numeric", "price", "monetary":
		return Field.writeNumber
	case "checkbox":
		return Field.writeBool
	case "date", "birthday", "date_time":
		return Field.writeTime
	case "select", "radiobutton", "category", "multiselect":
		return Field.writeChoice
	case "multitext":
		return Field.writeMultitext
	case "smart_address":
		return Field.writeAddress
	case "legal_entity", "items", "linked_entity", "payer", "supplier", "file":
		return Field.writeObject
	case "chained_list":
		return Field.writeChain
	}
	return nil
}

// most is how many elements a field takes.
func (f Field) most() int {
	switch f.Type {
	case "multiselect", "multitext", "items", "linked_entity", "file":
		return maxValues
	case "smart_address":
		return len(AddressParts)
	case "chained_list":
		return 5
	}
	return 1
}

func (f Field) build(cal when.Calendar, in []element) (FieldInput, error) {
	out := FieldInput{FieldID: f.ID}
	if f.ID == 0 {
		out.FieldCode = f.Code
	}
	write := f.encoder()
	if write == nil || f.IsComputed {
		return out, f.wrong("values", f.Type, takes{WantNothing, "a field that can be written; this one can't"})
	}
	if f.Type == "legal_entity" {
		in = foldLegal(in)
	}
	in = slices.DeleteFunc(in, element.blank)
	if most := f.most(); len(in) > most {
		return out, f.wrong("values", strconv.Itoa(len(in))+" values", takes{WantFewer, "at most " + strconv.Itoa(most)})
	}
	for _, e := range in {
		v, err := write(f, e, cal)
		if err != nil {
			return out, err
		}
		out.Values = append(out.Values, v)
	}
	return out, nil
}

// writeScalar sends an element that must carry a value and nothing else, as read reads its text; accepts is said of a text that
// it does not read.
func (f Field) writeScalar(e element, accepts takes, read func(s string) (any, bool)) (ValueInput, error) {
	s, ok := e.text()
	if !ok || s == "" {
		return ValueInput{}, f.wrong(e.path("value"), e.shown(), accepts)
	}
	if e.enumID != 0 || e.enumCode != "" || e.catalogEl != 0 {
		return ValueInput{}, f.wrong(e.path("enum_id"), e.shown(), takes{WantValueOnly, "only \"value\" in a field of type " + f.Type})
	}
	v, ok := read(s)
	if !ok {
		return ValueInput{}, f.wrong(e.path("value"), s, accepts)
	}
	return ValueInput{Value: v}, nil
}

func (f Field) writeText(e element, _ when.Calendar) (ValueInput, error) {
	return f.writeScalar(e, takes{WantText, "text"}, func(s string) (any, bool) { return s, true })
}

func (f Field) writeURL(e element, _ when.Calendar) (ValueInput, error) {
	return f.writeScalar(e, takes{WantURL, "a web address such as https://example.com/page"}, func(s string) (any, bool) {
		if !strings.Contains(s, "://") && strings.Contains(s, ".") {
			s = "https://" + s
		}
		u, err := url.Parse(s)
		return s, err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && !strings.ContainsAny(s, " \t\n")
	})
}

// writeNumber sends a string, as amoCRM documents it.
func (f Field) writeNumber(e element, _ when.Calendar) (ValueInput, error) {
	return f.writeScalar(e, takes{WantNumber, "a number such as 1500 or 1500.50"}, func(s string) (any, bool) {
		n, ok := parseDecimal(s)
		if !ok && (f.Type == "monetary" || f.Type == "price") { // with a currency, or in words
			a, err := money.Parse(s, money.Hints{Currency: f.Currency})
			return a.String(), err == nil
		}
		return n, ok
	})
}

func (f Field) writeBool(e element, _ when.Calendar) (ValueInput, error) {
	return f.writeScalar(e, takes{WantFlag, "true or false"}, func(s string) (any, bool) {
		b, ok := parseBool(s)
		return b, ok
	})
}

// writeTime sends Unix seconds: a plain date is refused by amoCRM. A date or birthday is midnight in the account's zone;
// before 1970 that is a negative number.
func (f Field) writeTime(e element, cal when.Calendar) (ValueInput, error) {
	read, accepts := cal.Day, acceptsDay
	switch f.Type {
	case "birthday":
		read = cal.Birthday
	case "date_time":
		read, accepts = cal.Moment, acceptsMoment
	}
	var err error
	v, refused := f.writeScalar(e, accepts, func(s string) (any, bool) {
		var unix int64
		unix, err = read(s)
		return unix, err == nil
	})
	if bad, ok := errors.AsType[*when.Error](err); ok {
		s, _ := e.text()
		return ValueInput{}, f.refuseTime(e.path("value"), s, accepts, bad)
	}
	return v, refused
}

// writeObject takes an object, or a text that holds one; a legal entity may be its name alone.
func (f Field) writeObject(e element, _ when.Calendar) (ValueInput, error) {
	accepts := takes{WantObject, "a JSON object"}
	if f.Type == "legal_entity" {
		accepts = takes{WantNamedObject, `a JSON object with "name", or the name`}
	}
	object, ok := e.value.(map[string]any)
	if s, isText := e.value.(string); isText {
		ok = json.Unmarshal([]byte(s), &object) == nil && object != nil
		if !ok && f.Type == "legal_entity" && strings.IndexAny(s, "{[") != 0 {
			object, ok = map[string]any{"name": s}, true
		}
	}
	if !ok || len(object) == 0 {
		return ValueInput{}, f.wrong(e.path("value"), e.shown(), accepts)
	}
	if name, isText := object["name"].(string); f.Type == "legal_entity" && (!isText || strings.TrimSpace(name) == "") {
		return ValueInput{}, f.wrong(e.path("value"), e.shown(), accepts)
	}
	return ValueInput{Value: object}, nil
}
