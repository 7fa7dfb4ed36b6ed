package rules

import (
	"context"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/privacy"
)

func (s *Service) Keys() []string { return []string{"fire"} }

// Recognise implements privacy.Keeper. A job that was never worked on does not know its client: only its ticket tells.
func (s *Service) Recognise(ctx context.Context, p privacy.Subject) error {
	return s.deps.Ledger.Visit(ctx, p.TenantID, func(e jobs.Job) error {
		if of(e, p) {
			p.HasTicket(e.Request.TicketID)
			p.HasDeal(e.Steps.LeadID)
		}
		return nil
	})
}

func of(e jobs.Job, p privacy.Subject) bool {
	return p.Tickets[e.Request.TicketID] || e.Steps.ClientID == p.ClientID
}

func (s *Service) OfPerson(ctx context.Context, p privacy.Subject) (privacy.Part, error) {
	return s.part(ctx, p.TenantID, func(e jobs.Job) bool { return of(e, p) })
}

func (s *Service) OfTenant(ctx context.Context, tenantID string) (privacy.Part, error) {
	return s.part(ctx, tenantID, func(jobs.Job) bool { return true })
}

func (s *Service) part(ctx context.Context, tenantID string, wanted func(jobs.Job) bool) (privacy.Part, error) {
	var found []jobs.Job
	p := privacy.Part{Name: "firings"}
	err := s.deps.Ledger.Visit(ctx, tenantID, func(e jobs.Job) error {
		if wanted(e) {
			found = append(found, e)
			if e.State == ledger.StateAccepted || e.State == ledger.StateWorking || e.State == ledger.StateHeld {
				p.Undone++
			}
		}
		return nil
	})
	p.Value, p.Count = found, len(found)
	p.Erase = func(ctx context.Context) (int, error) { return s.deps.Ledger.Erase(ctx, tenantID, found) }
	return p, err
}
