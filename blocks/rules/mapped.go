package rules

import (
	"context"
	"slices"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

// fillMapped adds what the tenant's settings map from ticket and client, if the rule says so: to the deal, and to a
// contact that is to be made. What the rule or the client's own data fill already stays.
func (j *job) fillMapped(ctx context.Context, meta crm.Meta, deal *bulk.Deal) error {
	if !j.e.Request.UseMapping {
		return nil
	}
	values, err := j.account.Mapped(ctx, fields.EntityLead, j.ticket)
	if err != nil {
		return err
	}
	deal.Fields = j.addMapped(deal.Fields, values, meta, meta.LeadFields)
	if deal.Contact.ID != 0 {
		return nil
	}
	if values, err = j.account.Mapped(ctx, fields.EntityContact, j.ticket); err != nil {
		return err
	}
	deal.Contact.Fields = j.addMapped(slices.Clone(deal.Contact.Fields), values, meta, meta.ContactFields)
	return nil
}

func (j *job) addMapped(have []crm.FieldInput, values map[int64][]string, meta crm.Meta, known []crm.Field) []crm.FieldInput {
	fields, left := plan.WithMapped(have, values, meta, known)
	if j.e.Request.Strict {
		return fields // the rule itself is held to its values, the settings are not
	}
	j.e.Steps.Remarks = request.Merged(j.e.Steps.Remarks, left)
	return fields
}
