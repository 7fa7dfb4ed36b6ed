package worker

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
func (p planner) fillMapped(ctx context.Context, it *item, deal *bulk.Deal) error {
	if !it.job.Request.UseMapping {
		return nil
	}
	values, err := p.account.Mapped(ctx, fields.EntityLead, it.ticket)
	if err != nil {
		return err
	}
	deal.Fields = p.addMapped(it, deal.Fields, values, p.meta.LeadFields)
	if deal.Contact.ID != 0 {
		return nil
	}
	if values, err = p.account.Mapped(ctx, fields.EntityContact, it.ticket); err != nil {
		return err
	}
	deal.Contact.Fields = p.addMapped(it, slices.Clone(deal.Contact.Fields), values, p.meta.ContactFields)
	return nil
}

func (p planner) addMapped(it *item, have []crm.FieldInput, values map[int64][]string, known []crm.Field) []crm.FieldInput {
	fields, left := plan.WithMapped(have, values, p.meta, known)
	if it.job.Request.Strict {
		return fields // the rule itself is held to its values, the settings are not
	}
	it.job.Steps.Remarks = request.Merged(it.job.Steps.Remarks, left)
	return fields
}
