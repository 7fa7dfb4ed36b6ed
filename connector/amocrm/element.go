package amocrm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
	"github.com/sidecard/sidecard/internal/when"
)

// ValueError names which value of a field was refused and what would be taken. Path is relative to the field
// ("values.0.enum_id"), "values" when the list as a whole is wrong. Want and Reason are for texts in other languages,
// Accepts is English prose for logs and API errors. Given is for those who sent the value and not
// in the error's text: it may be a client's.
type ValueError struct {
	FieldID ID
	Field   string
	Path    string
	Given   string
	Want    Want
	Reason  when.Reason // of a refused date or time, else ""
	Accepts string
}

// Want is what would be taken in place of a refused value.
type Want string

// What fields take. Whatever a Want names is accepted.
const (
	WantText        Want = "text"
	WantURL         Want = "url"
	WantNumber      Want = "number"
	WantFlag        Want = "flag"
	WantDay         Want = "day"          // 2006-01-02, Unix seconds, and what package when reads
	WantMoment      Want = "moment"       // 2006-01-02T15:04, Unix seconds, and what package when reads
	WantChoice      Want = "choice"       // one of Field.Enums, by id, text or code
	WantAddressLine Want = "address_line" // a text whose enum_code is one of AddressParts
	WantObject      Want = "object"       // a JSON object
	WantNamedObject Want = "named_object" // a JSON object with "name", or the name
	WantChain       Want = "chain"        // catalog_id and catalog_element_id
	WantScalar      Want = "scalar"       // a whole number for an id, a text for a code
	WantKnownKey    Want = "known_key"    // one of valueMembers
	WantValueOnly   Want = "value_only"   // no enum_id, no enum_code
	WantFewer       Want = "fewer"        // not so many values
	WantNothing     Want = "nothing"      // amoCRM fills the field itself, or it is of an unknown type
)

// takes is a Want with its English words.
type takes struct {
	want  Want
	words string
}

var (
	acceptsDay    = takes{WantDay, "a date such as 2006-01-02, or Unix seconds"}
	acceptsMoment = takes{WantMoment, "a time such as 2006-01-02T15:04, or Unix seconds"}
)

// valueMembers are the members of one element of values[] (amocrm.md §3.5).
var valueMembers = []string{"value", "enum_id", "enum_code", "enum", "catalog_id", "catalog_element_id"}

func (e *ValueError) Error() string {
	return fmt.Sprintf("field %q (%d): %s: the value is not accepted, expected %s", e.Field, e.FieldID, e.Path, e.Accepts)
}

// element is one value on its way to the wire: from a form (text) or from a rule's JSON (fields).
type element struct {
	index     int
	value     any // string, bool, map[string]any, []any or nil
	form      bool
	enumID    ID
	enumCode  string
	catalog   ID
	catalogEl ID
}

func (e element) path(member string) string {
	path := "values." + strconv.Itoa(e.index)
	if !e.form && member != "" {
		path += "." + member
	}
	return path
}

// text is the value as a string; ok is false for objects and lists.
func (e element) text() (s string, ok bool) {
	switch v := e.value.(type) {
	case nil:
		return "", true
	case string:
		return strings.TrimSpace(v), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func (e element) blank() bool {
	s, ok := e.text()
	return ok && s == "" && e.enumID == 0 && e.enumCode == "" && e.catalogEl == 0
}

// shown is the element for an error, cut short.
func (e element) shown() string {
	s, ok := e.text()
	if !ok {
		raw, err := json.Marshal(e.value)
		if err != nil {
			return "?"
		}
		s = string(raw)
	}
	return wire.Plain(firstOf(s, e.enumCode, number("", e.enumID)), 60)
}

// elementOf reads one element of a rule: an object with the members of amocrm.md §3.5, or a bare value.
func (f Field) elementOf(i int, v any) (element, error) {
	e := element{index: i}
	members, isMap := v.(map[string]any)
	if !isMap {
		e.form, e.value = true, canonical(v)
		return e, nil
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, err := members[name], error(nil)
		switch name {
		case "value":
			e.value = canonical(value)
		case "enum_id":
			e.enumID, err = idOf(value)
		case "enum_code", "enum":
			if s, ok := (element{value: canonical(value)}).text(); ok {
				e.enumCode = s
			} else {
				err = fmt.Errorf("not a string")
			}
		case "catalog_id":
			e.catalog, err = idOf(value)
		case "catalog_element_id":
			e.catalogEl, err = idOf(value)
		default:
			return e, f.wrong(e.path(name), name, takes{WantKnownKey, "one of " + strings.Join(valueMembers, ", ")})
		}
		if err != nil {
			return e, f.wrong(e.path(name), fmt.Sprint(value), takes{WantScalar, "a whole number (ids) or a string (codes)"})
		}
	}
	return e, nil
}

// canonical turns numbers of every Go kind into their decimal text.
func canonical(v any) any {
	switch n := v.(type) {
	case nil, string, bool, map[string]any, []any:
		return v
	case float64:
		return strconv.FormatFloat(n, 'f', -1, 64)
	case json.Number:
		if x, err := n.Float64(); err == nil && strings.ContainsAny(n.String(), "eE") {
			return strconv.FormatFloat(x, 'f', -1, 64)
		}
		return n.String()
	case int, int32, int64, uint, uint32, uint64, ID:
		return fmt.Sprintf("%d", n)
	case Number:
		return strconv.FormatFloat(float64(n), 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func idOf(v any) (ID, error) {
	s, ok := (element{value: canonical(v)}).text()
	if !ok {
		return 0, fmt.Errorf("not a scalar")
	}
	var id ID
	err := id.UnmarshalJSON([]byte(strconv.Quote(s)))
	if err == nil && id < 0 {
		err = fmt.Errorf("negative")
	}
	return id, err
}

func (f Field) wrong(path, given string, accepts takes) *ValueError {
	return &ValueError{FieldID: f.ID, Field: f.Name, Path: path, Given: wire.Plain(given, 60), Want: accepts.want, Accepts: accepts.words}
}

// refuseTime refuses a date or time for a reason.
func (f Field) refuseTime(path, given string, accepts takes, why *when.Error) error {
	if why.Reason != when.NoDate {
		accepts.words += " (" + why.Error() + ")"
	}
	e := f.wrong(path, given, accepts)
	e.Reason = why.Reason
	return e
}
