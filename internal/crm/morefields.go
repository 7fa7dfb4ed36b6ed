package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// MoreFields lists the custom fields of deals that can be written and that a stage does not require, in the account's
// order: what the form of a new deal may ask for beside Required.
func (a *Account) MoreFields(ctx context.Context, pipelineID, statusID int64) ([]amocrm.Field, error) {
	meta, err := a.Vocabulary(ctx, PartLeadFields)
	if err != nil {
		return nil, fmt.Errorf("read fields of deals: %w", err)
	}
	return moreFields(meta.LeadFields, pipelineID, statusID), nil
}

func moreFields(fields []amocrm.Field, pipelineID, statusID int64) []amocrm.Field {
	required := requiredFields(fields, pipelineID, statusID)
	var out []amocrm.Field
	for _, f := range fields {
		if f.IsAPIOnly || !f.Writable() || slices.ContainsFunc(required, func(r amocrm.Field) bool { return r.ID == f.ID }) {
			continue
		}
		out = append(out, f)
	}
	return out
}
