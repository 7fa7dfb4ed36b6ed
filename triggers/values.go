package triggers

import (
	"errors"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/when"
)

// custom finds a field by id, code or name and looks whether it takes the values.
func (c *checker) custom(path string, custom *CustomField) {
	field, ok := c.field(path, custom)
	if !ok || !field.Writable() && !field.IsComputed || custom.templated() {
		return // not a type that is known here, or values that are not known yet: the CRM's affair
	}
	_, err := field.NormalizeIn(c.m.Calendar(), custom.elements())
	var bad *amocrm.ValueError
	if !errors.As(err, &bad) {
		return
	}
	byID := strings.HasSuffix(bad.Path, ".enum_id") || strings.HasSuffix(bad.Path, ".enum_code")
	if byID && !c.ids {
		return
	}
	c.add(unfit(path+dotted("."+bad.Path), field, bad, byID))
}

// field finds the field's definition. A name is given its id.
func (c *checker) field(path string, custom *CustomField) (amocrm.Field, bool) {
	if field, ok := custom.in(&c.m); ok {
		return field, true
	}
	have := leadFields(c.m)
	switch {
	case custom.FieldID != 0:
		c.unknownID(path+".field_id", "no_lead_field", custom.FieldID, have)
	case custom.FieldCode != "":
		if c.ids {
			c.missing(path+".field_code", "no_lead_field", custom.FieldCode, have)
		}
	default:
		switch found := fieldsCalled(c.m, custom.FieldName); len(found) {
		case 0:
			c.missing(path+".field_name", "no_lead_field", custom.FieldName, have)
		case 1:
			custom.FieldID = int64(found[0].ID)
			return found[0], true
		default:
			var all []thing
			for _, f := range found {
				all = append(all, thing{f.ID, f.Name})
			}
			c.add(problem(path+".field_name", CodeAmbiguous, "ambiguous", "Found", some(all)))
		}
	}
	return amocrm.Field{}, false
}

// unfit says what a field takes instead of a value.
func unfit(path string, f amocrm.Field, bad *amocrm.ValueError, byID bool) Problem {
	name := cut(f.Name)
	choice := strings.HasPrefix(bad.Accepts, "one of ")
	switch most, tooMany := strings.CutPrefix(bad.Accepts, "at most "); {
	case f.IsComputed:
		return problem(path, CodeType, "field_readonly", "Field", name)
	case tooMany:
		return problem(path, CodeTooMany, "field_takes_at_most", "Field", name, "Count", most)
	case choice:
		return problem(path, CodeChoice, "field_choice", "Field", name, "Near", nearest(bad.Given, enums(f)), "Accepted", some(enums(f)))
	case byID:
		return problem(path, CodeChoice, "field_takes_value", "Field", name)
	}
	if bad.Want == amocrm.WantAddressLine {
		return problem(path, CodeType, "field_takes_line", "Field", name, "Accepted", strings.Join(amocrm.AddressParts, ", "))
	}
	if key := takes(bad); key != "" {
		return problem(path, CodeType, key, "Field", name)
	}
	return problem(path, CodeType, "field_takes", "Field", name, "Accepts", bad.Accepts)
}

// takes is the key of what would be taken in the place of a value.
func takes(bad *amocrm.ValueError) string {
	switch bad.Reason {
	case when.Ambiguous:
		return "field_date_ambiguous"
	case when.Impossible:
		return "field_date_impossible"
	case when.NoYear:
		return "field_date_yearless"
	}
	return map[amocrm.Want]string{
		amocrm.WantText: "field_takes_text", amocrm.WantURL: "field_takes_url", amocrm.WantNumber: "field_takes_number", amocrm.WantFlag: "field_takes_flag",
		amocrm.WantDay: "field_takes_date", amocrm.WantMoment: "field_takes_time", amocrm.WantObject: "field_takes_object",
		amocrm.WantNamedObject: "field_takes_named", amocrm.WantChain: "field_takes_chain",
	}[bad.Want]
}
