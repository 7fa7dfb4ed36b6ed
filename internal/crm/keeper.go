package crm

import (
	"context"

	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/store"
)

// Keeper shows and erases what the memory and the cache of accounts keep of a person.
type Keeper struct{ DB *store.DB }

// Keys implements privacy.Keeper: the login and the webhook's secret are not exported.
func (Keeper) Keys() []string { return []string{"grant", "hook"} }

// Recognise implements privacy.Keeper.
func (Keeper) Recognise(context.Context, privacy.Subject) error { return nil }

// OfPerson implements privacy.Keeper.
func (k Keeper) OfPerson(ctx context.Context, s privacy.Subject) (privacy.Part, error) {
	m := NewMemory(k.DB, s.TenantID)
	var deals []int64
	for id := range s.Deals {
		deals = append(deals, id)
	}
	kept, err := m.Data(ctx, s.ClientID, deals)
	return privacy.Part{Name: "kept", Value: kept, Erase: func(ctx context.Context) (int, error) { return m.Erase(ctx, s.ClientID, kept) }}, err
}

// OfTenant implements privacy.Keeper: a tenant's export has these keys as they are.
func (Keeper) OfTenant(context.Context, string) (privacy.Part, error) { return privacy.Part{}, nil }
