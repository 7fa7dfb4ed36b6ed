package triggers

import (
	"errors"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
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
	if key := takes(f.Type); key != "" {
		return problem(path, CodeType, key, "Field", name)
	}
	return problem(path, CodeType, "field_takes", "Field", name, "Accepts", bad.Accepts)
}

// takes is the key of what fields of a type take.
func takes(fieldType string) string {
	switch fieldType {
	case "text", "textarea", "streetaddress", "tracking_data", "org_legal_name":
		return "field_takes_text"
	case "url":
		return "field_takes_url"
	case "numeric", "price", "monetary":
		return "field_takes_number"
	case "checkbox":
		return "field_takes_flag"
	case "date", "birthday":
		return "field_takes_date"
	case "date_time":
		return "field_takes_time"
	case "items", "linked_entity", "payer", "supplier", "file", "legal_entity":
		return "field_takes_object"
	}
	return ""
}
