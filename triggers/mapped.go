package triggers

import (
	"context"
	"maps"
	"slices"

	"github.com/sidecard/sidecard/bridge"
	"github.com/sidecard/sidecard/connector/amocrm"
)

// fillMapped adds what the tenant's settings map from ticket and client, if the rule says so: to the deal, and to a
// contact that is to be made. What the rule or the client's own data fill already stays.
func (j *job) fillMapped(ctx context.Context, meta bridge.Meta, lead *amocrm.LeadInput, contact *amocrm.ContactInput) error {
	if !j.e.Request.UseMapping {
		return nil
	}
	values, err := j.account.Mapped(ctx, bridge.EntityLead, j.ticket)
	if err != nil {
		return err
	}
	lead.Fields = j.addMapped(lead.Fields, values, meta, meta.LeadFields)
	if contact.ID != 0 {
		return nil
	}
	if values, err = j.account.Mapped(ctx, bridge.EntityContact, j.ticket); err != nil {
		return err
	}
	contact.Fields = j.addMapped(slices.Clone(contact.Fields), values, meta, meta.ContactFields)
	return nil
}

func (j *job) addMapped(have []amocrm.FieldInput, values map[int64][]string, meta bridge.Meta, known []amocrm.Field) []amocrm.FieldInput {
	return withMapped(have, values, meta, known, func(field int64, err error) {
		// The settings' check has let it through: worth a look, not worth the deal.
		j.s.Log.Warn("mapped value does not fit its field", "tenant", j.e.Tenant, "field", field, "error", err)
	})
}

// withMapped adds values by field id to the fields that are filled already. misfit is told of a value that its field does
// not take.
func withMapped(have []amocrm.FieldInput, values map[int64][]string, meta bridge.Meta, known []amocrm.Field, misfit func(int64, error)) []amocrm.FieldInput {
	for _, id := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(known, func(f amocrm.Field) bool { return int64(f.ID) == id })
		if i < 0 || slices.ContainsFunc(have, func(f amocrm.FieldInput) bool {
			return f.FieldID == known[i].ID || f.FieldCode != "" && f.FieldCode == known[i].Code
		}) {
			continue
		}
		in, err := known[i].InputIn(meta.Calendar(), values[id])
		if err != nil {
			misfit(id, err)
			continue
		}
		if len(in.Values) > 0 {
			have = append(have, in)
		}
	}
	return have
}
