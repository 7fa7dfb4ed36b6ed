package rules

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

// fillMapped adds what the tenant's settings map from ticket and client, if the rule says so: to the deal, and to a
// contact that is to be made. What the rule or the client's own data fill already stays.
func (j *job) fillMapped(ctx context.Context, meta crm.Meta, lead *amocrm.LeadInput, contact *amocrm.ContactInput) error {
	if !j.e.Request.UseMapping {
		return nil
	}
	values, err := j.account.Mapped(ctx, crm.EntityLead, j.ticket)
	if err != nil {
		return err
	}
	lead.Fields = j.addMapped(lead.Fields, values, meta, meta.LeadFields)
	if contact.ID != 0 {
		return nil
	}
	if values, err = j.account.Mapped(ctx, crm.EntityContact, j.ticket); err != nil {
		return err
	}
	contact.Fields = j.addMapped(slices.Clone(contact.Fields), values, meta, meta.ContactFields)
	return nil
}

func (j *job) addMapped(have []amocrm.FieldInput, values map[int64][]string, meta crm.Meta, known []amocrm.Field) []amocrm.FieldInput {
	fields, left := withMapped(have, values, meta, known)
	if j.e.Request.Strict {
		return fields // the rule itself is held to its values, the settings are not
	}
	j.e.Steps.Remarks = merged(j.e.Steps.Remarks, left)
	return fields
}

// withMapped adds values by field id to the fields that are filled already, with a remark on each that its field does not
// take or whose field is gone.
func withMapped(have []amocrm.FieldInput, values map[int64][]string, meta crm.Meta, known []amocrm.Field) (out []amocrm.FieldInput, left []Problem) {
	for _, id := range slices.Sorted(maps.Keys(values)) {
		path, given := fmt.Sprintf("use_mapping.%d", id), strings.Join(values[id], ", ")
		i := slices.IndexFunc(known, func(f amocrm.Field) bool { return int64(f.ID) == id })
		if i < 0 {
			left = append(left, problem(path, CodeChoice, "mapped_gone").remark(given))
			continue
		}
		if slices.ContainsFunc(have, func(f amocrm.FieldInput) bool {
			return f.FieldID == known[i].ID || f.FieldCode != "" && f.FieldCode == known[i].Code
		}) {
			continue
		}
		in, err := known[i].InputIn(meta.Calendar(), values[id])
		var bad *amocrm.ValueError
		if errors.As(err, &bad) {
			left = append(left, unfit(path, known[i], bad, false).remark(given))
		} else if len(in.Values) > 0 && err == nil {
			have = append(have, in)
		}
	}
	return have, left
}
