package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
)

// Sent tells which field and value of the request each one in the CRM's body was, so that its complaints can be told in
// the request's own paths.
type Sent []sentField

type sentField struct {
	index  int
	values []int
}

// dealOf turns the fields into the CRM's shape. Blank values are left out, and so are fields that have no other. With
// the account's vocabulary values are brought into the form that their field wants (strings to numbers, dates to Unix
// seconds); what can't be is sent as it came, for the CRM to judge.
func dealOf(f request.LeadFields, meta *crm.Meta) (bulk.Deal, Sent) {
	in := bulk.Deal{Name: f.Name, StatusID: f.StatusID, PipelineID: f.PipelineID, ResponsibleID: f.ResponsibleID}
	if in.StatusID != 0 && in.PipelineID == 0 && meta != nil {
		in.PipelineID = pipelineOf(*meta, in.StatusID)
	}
	var from Sent
	for i, c := range f.Custom {
		out, values := fieldInput(c)
		if len(values) == 0 {
			continue
		}
		if field, ok := fieldOf(c, meta); ok {
			if better, err := field.NormalizeIn(meta.Calendar(), elements(c)); err == nil && len(better.Values) > 0 {
				out = better
			}
		}
		in.Fields = append(in.Fields, out)
		from = append(from, sentField{index: i, values: values})
	}
	return in, from
}

// fieldInput returns the field as it came, without blank values; values tells which of them are left.
func fieldInput(c request.CustomField) (out crm.FieldInput, values []int) {
	out = crm.FieldInput{FieldID: crm.ID(c.FieldID), FieldCode: c.FieldCode}
	for i, v := range c.Values {
		if v.Blank() {
			continue
		}
		value := crm.ValueInput{EnumID: crm.ID(v.EnumID), EnumCode: v.EnumCode, CatalogID: crm.ID(v.CatalogID), CatalogElementID: crm.ID(v.CatalogElementID)}
		if len(v.Value) > 0 {
			value.Value = v.Value
		}
		out.Values, values = append(out.Values, value), append(values, i)
	}
	return out, values
}

// fieldOf finds the definition of a field that is named by id or code.
func fieldOf(c request.CustomField, meta *crm.Meta) (crm.Field, bool) {
	if meta == nil {
		return crm.Field{}, false
	}
	if c.FieldID != 0 {
		return meta.LeadField(c.FieldID)
	}
	return fieldCoded(*meta, c.FieldCode)
}

// elements returns values[] as the connector's codec takes it.
func elements(c request.CustomField) []any {
	out := make([]any, len(c.Values))
	for i, v := range c.Values {
		m := map[string]any{}
		if len(v.Value) > 0 {
			m["value"] = decodeValue(v.Value)
		}
		if v.EnumID != 0 {
			m["enum_id"] = v.EnumID
		}
		if v.EnumCode != "" {
			m["enum_code"] = v.EnumCode
		}
		if v.CatalogID != 0 || v.CatalogElementID != 0 {
			m["catalog_id"], m["catalog_element_id"] = v.CatalogID, v.CatalogElementID
		}
		out[i] = m
	}
	return out
}

// decodeValue reads a value that was valid JSON when it was accepted; numbers keep their digits.
func decodeValue(raw json.RawMessage) any {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return string(raw)
	}
	return v
}

// pipelineOf finds the only pipeline that has a stage; 0 when several have it, as the two final ones.
func pipelineOf(m crm.Meta, status int64) int64 {
	var found int64
	for _, p := range m.Pipelines {
		for _, s := range p.Statuses {
			if int64(s.ID) == status {
				if found != 0 {
					return 0
				}
				found = int64(p.ID)
			}
		}
	}
	return found
}

// Path turns "custom_fields_values.0.values.1.enum_id" of the CRM into the request's path.
func (s Sent) Path(crm string) string {
	if rest, ok := strings.CutPrefix(crm, "_embedded.contacts"); ok {
		return "contact" + dotted(strings.TrimPrefix(rest, ".0"))
	}
	parts := strings.Split(crm, ".")
	if parts[0] != "custom_fields_values" {
		return "fields" + dotted("."+crm)
	}
	if len(parts) > 1 {
		if i, err := strconv.Atoi(parts[1]); err == nil && i >= 0 && i < len(s) {
			parts[1] = strconv.Itoa(s[i].index)
			if len(parts) > 3 && parts[2] == "values" {
				if j, err := strconv.Atoi(parts[3]); err == nil && j >= 0 && j < len(s[i].values) {
					parts[3] = strconv.Itoa(s[i].values[j])
				}
			}
		}
	}
	return "fields" + dotted("."+strings.Join(parts, "."))
}

// dotted writes ".a.0.b" as ".a[0].b".
func dotted(path string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(path, ".") {
		if _, err := strconv.Atoi(p); err == nil {
			b.WriteString("[" + p + "]")
		} else if p != "" {
			b.WriteString("." + p)
		}
	}
	return b.String()
}

// WithMapped adds values by field id to the fields that are filled already, with a remark on each that its field does not
// take or whose field is gone.
func WithMapped(have []crm.FieldInput, values map[int64][]string, meta crm.Meta, known []crm.Field) (out []crm.FieldInput, left []request.Problem) {
	for _, id := range slices.Sorted(maps.Keys(values)) {
		path, given := fmt.Sprintf("use_mapping.%d", id), strings.Join(values[id], ", ")
		i := slices.IndexFunc(known, func(f crm.Field) bool { return int64(f.ID) == id })
		if i < 0 {
			left = append(left, request.NewProblem(path, request.CodeChoice, "mapped_gone").AsRemark(given))
			continue
		}
		if slices.ContainsFunc(have, func(f crm.FieldInput) bool {
			return f.FieldID == known[i].ID || f.FieldCode != "" && f.FieldCode == known[i].Code
		}) {
			continue
		}
		in, err := known[i].InputIn(meta.Calendar(), values[id])
		var bad *crm.ValueError
		if errors.As(err, &bad) {
			left = append(left, unfit(path, known[i], bad, false).AsRemark(given))
		} else if len(in.Values) > 0 && err == nil {
			have = append(have, in)
		}
	}
	return have, left
}
