package session

import (
	"context"

	"github.com/sidecard/sidecard/internal/privacy"
)

// Keys implements privacy.Keeper: sessions do not lie under a tenant's keys.
func (s *Sessions) Keys() []string { return nil }

// Recognise implements privacy.Keeper: a block that was opened for the client shows one of the client's tickets.
func (s *Sessions) Recognise(ctx context.Context, p privacy.Subject) error {
	opened, err := s.Of(ctx, p.TenantID, p.ClientID, nil)
	for _, kept := range opened {
		p.HasTicket(kept.Ticket.ID)
	}
	return err
}

// OfPerson implements privacy.Keeper.
func (s *Sessions) OfPerson(ctx context.Context, p privacy.Subject) (privacy.Part, error) {
	found, err := s.Of(ctx, p.TenantID, p.ClientID, p.Tickets)
	return privacy.Part{Name: "open_blocks", Value: found, Count: len(found),
		Erase: func(ctx context.Context) (int, error) { return s.Erase(ctx, p.TenantID, found, p.Tickets) }}, err
}

// OfTenant implements privacy.Keeper.
func (s *Sessions) OfTenant(ctx context.Context, tenantID string) (privacy.Part, error) {
	found, err := s.Of(ctx, tenantID, AnyClient, nil)
	return privacy.Part{Name: "open_blocks", Value: found, Count: len(found)}, err
}
