package amocrm

import (
	"context"
	"maps"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
)

// wholeContact refuses texts with hidden digits that were changed.
func (r *pageRequest) wholeContact(d people.Draft) error {
	u := forms.Unmasking{Format: r.Format()}
	u.Text("name", d.Name)
	u.Text("position", d.Position)
	u.Text("company", d.Company)
	return u.Err()
}

// wholeDeal puts the digits back that the form of a new deal had hidden.
func (r *pageRequest) wholeDeal(ctx context.Context, d deals.Draft) (deals.Draft, error) {
	u := forms.Unmasking{Format: r.Format()}
	if !u.Format.Masked {
		return d, nil
	}
	form, err := r.crm.DealForm(ctx, r.Session.Ticket)
	if err != nil {
		return d, err
	}
	d.Name, d.Fields = u.Text("name", d.Name, form.Draft.Name), maps.Clone(d.Fields)
	for id, texts := range d.Fields {
		d.Fields[id] = u.Field(id, texts, form.Draft.Fields[id])
	}
	return d, u.Err()
}
