package deals

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

// OpenDeal is the newest deal of a contact that is neither won nor lost, of those that the contact's card lists; ok is false when
// there is none. It asks the CRM anew: a deal made a moment ago counts.
func (ds *Deals) OpenDeal(ctx context.Context, contactID int64) (newest Deal, ok bool, err error) {
	meta, err := ds.account.Vocabulary(ctx, crm.PartNames)
	if err != nil {
		return Deal{}, false, fmt.Errorf("find open deal: %w", err)
	}
	c, err := ds.account.API().Contact(ctx, amocrm.ID(contactID))
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && len(c.LeadIDs) == 0 {
		return Deal{}, false, nil
	}
	if err != nil {
		return Deal{}, false, fmt.Errorf("find open deal: %w", err)
	}
	read, err := ds.Leads(ctx, crm.PlainIDs(c.LeadIDs), nil, meta.Account.FilterEnabled)
	if err != nil {
		return Deal{}, false, fmt.Errorf("find open deal: %w", err)
	}
	for _, l := range read.Leads {
		d := FromLead(ds.account.API().Base(), meta, l)
		if l.IsDeleted || d.State != Open {
			continue
		}
		if !ok || d.CreatedAt.After(newest.CreatedAt) || d.CreatedAt.Equal(newest.CreatedAt) && d.ID > newest.ID {
			newest, ok = d, true
		}
	}
	return newest, ok, nil
}
