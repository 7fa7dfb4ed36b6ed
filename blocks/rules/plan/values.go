package plan

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/when"
)

// custom finds a field by id, code or name, and takes out the values that it does not take.
func (c *checker) custom(path string, custom *request.CustomField) {
	if len(custom.Values) == 0 {
		return // it was left out before
	}
	field, ok := c.field(path, custom)
	if !ok || !field.Writable() && !field.IsComputed || custom.Templated() {
		return // not a type that is known here, or values that are not known yet: the CRM's affair
	}
	for range len(custom.Values) + 1 {
		_, err := field.NormalizeIn(c.m.Calendar(), elements(*custom))
		var bad *crm.ValueError
		if !errors.As(err, &bad) {
			return
		}
		byID := strings.HasSuffix(bad.Path, ".enum_id") || strings.HasSuffix(bad.Path, ".enum_code")
		if byID && !c.ids {
			return
		}
		c.leave(take(custom, bad), unfit(path+dotted("."+bad.Path), field, bad, byID))
		if !slices.ContainsFunc(custom.Values, func(v request.CustomValue) bool { return !v.Blank() }) {
			custom.Values = nil
			return
		}
	}
}

// take empties what the connector refuses and returns what it held: the values beyond the first most, if that is what was
// too much, the value at a path such as values.1.enum_id, or all of them.
func take(c *request.CustomField, bad *crm.ValueError) (given string) {
	from, to := 0, len(c.Values)
	if most, tooMany := mostValues(bad); tooMany {
		from = min(most, to)
	} else if parts := strings.Split(bad.Path, "."); len(parts) > 1 {
		if i, err := strconv.Atoi(parts[1]); err == nil && i >= 0 && i < to {
			from, to = i, i+1
		}
	}
	given = shownValues(c.Values[from:to])
	clear(c.Values[from:to])
	return given
}

// mostValues is how many values a field takes, when it was given more.
func mostValues(bad *crm.ValueError) (most int, tooMany bool) {
	text, ok := strings.CutPrefix(bad.Accepts, "at most ")
	most, err := strconv.Atoi(text)
	return most, ok && err == nil
}

// shownValues are values as people read them.
func shownValues(values []request.CustomValue) string {
	var out []string
	for _, v := range values {
		switch {
		case v.EnumID != 0:
			out = append(out, strconv.FormatInt(v.EnumID, 10))
		case v.EnumCode != "":
			out = append(out, v.EnumCode)
		case v.CatalogElementID != 0:
			out = append(out, fmt.Sprintf("%d/%d", v.CatalogID, v.CatalogElementID))
		case !v.Blank():
			out = append(out, request.ShownValue(decodeValue(v.Value)))
		}
	}
	return strings.Join(out, ", ")
}

// field finds the field's definition. A name is given its id.
func (c *checker) field(path string, custom *request.CustomField) (crm.Field, bool) {
	if field, ok := fieldOf(*custom, &c.m); ok {
		return field, true
	}
	have := fieldRefs(c.m.LeadFields)
	none := func(path, typed string) {
		c.leave(typed+": "+shownValues(custom.Values), request.NewProblem(path, request.CodeChoice, "no_lead_field", "Near", nearest(typed, have), "Accepted", some(have)))
		custom.Values = nil
	}
	switch named := custom.FieldID != 0 || custom.FieldCode != ""; {
	case named && !c.ids:
	case custom.FieldID != 0:
		none(path+".field_id", strconv.FormatInt(custom.FieldID, 10))
	case named:
		none(path+".field_code", custom.FieldCode)
	default:
		switch found := fieldsCalled(c.m, custom.FieldName); len(found) {
		case 0:
			none(path+".field_name", custom.FieldName)
		case 1:
			custom.FieldID = int64(found[0].ID)
			return found[0], true
		default:
			c.leave(shownValues(custom.Values), request.NewProblem(path+".field_name", request.CodeAmbiguous, "ambiguous", "Found", some(fieldRefs(found))))
			custom.Values = nil
		}
	}
	return crm.Field{}, false
}

// unfit says what a field takes instead of a value.
func unfit(path string, f crm.Field, bad *crm.ValueError, byID bool) request.Problem {
	name := runes.Shorten(f.Name, request.MaxPlain)
	choice := strings.HasPrefix(bad.Accepts, "one of ")
	switch most, tooMany := mostValues(bad); {
	case f.IsComputed:
		return request.NewProblem(path, request.CodeType, "field_readonly", "Field", name)
	case tooMany:
		return request.NewProblem(path, request.CodeTooMany, "field_takes_at_most", "Field", name, "Count", strconv.Itoa(most))
	case choice:
		return request.NewProblem(path, request.CodeChoice, "field_choice", "Field", name, "Near", nearest(bad.Given, enums(f)), "Accepted", some(enums(f)))
	case byID:
		return request.NewProblem(path, request.CodeChoice, "field_takes_value", "Field", name)
	}
	if bad.Want == "address_line" {
		return request.NewProblem(path, request.CodeType, "field_takes_line", "Field", name, "Accepted", strings.Join(crm.AddressParts, ", "))
	}
	if key := takes(bad); key != "" {
		return request.NewProblem(path, request.CodeType, key, "Field", name)
	}
	return request.NewProblem(path, request.CodeType, "field_takes", "Field", name, "Accepts", bad.Accepts)
}

// takes is the key of what would be taken in the place of a value.
func takes(bad *crm.ValueError) string {
	switch bad.Reason {
	case when.Ambiguous:
		return "field_date_ambiguous"
	case when.Impossible:
		return "field_date_impossible"
	case when.NoYear:
		return "field_date_yearless"
	}
	return map[string]string{
		"text": "field_takes_text", "url": "field_takes_url", "number": "field_takes_number", "flag": "field_takes_flag",
		"day": "field_takes_date", "moment": "field_takes_time", "object": "field_takes_object",
		"named_object": "field_takes_named", "chain": "field_takes_chain",
	}[string(bad.Want)]
}
