package rules

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Trial is what a request would come to. Problems stop it; Would is nil then. Remarks are left out of the deal, Warnings are
// what works and may not be meant.
type Trial struct {
	Problems []request.Problem
	Remarks  []request.Problem
	Warnings []request.Problem
	Would    *plan.Would
}

// dryRunWithin bounds a dry run; it waits for both the helpdesk and the CRM.
const dryRunWithin = 20 * time.Second

// DryRun does for a request all that does not write: it reads the ticket, its client and the account, and says what is
// wrong or what would be made. It stores nothing. oauth.ErrNeedsLogin when nobody is logged in; other errors mean that CRM
// or helpdesk could not be asked.
func (s *Service) DryRun(ctx context.Context, t tenant.Tenant, r request.Request) (Trial, error) {
	ctx, cancel := context.WithTimeout(ctx, dryRunWithin)
	defer cancel()
	a, err := s.deps.Account(ctx, t.ID, store.Interactive)
	if err != nil {
		return Trial{}, fmt.Errorf("dry run: %w", err)
	}
	meta, err := a.Meta(ctx)
	if err != nil {
		return Trial{}, fmt.Errorf("dry run: %w", err)
	}
	ticket, missing, err := s.ticket(ctx, t, r.TicketID)
	if err != nil {
		return Trial{}, fmt.Errorf("dry run: %w", err)
	}
	p, err := plan.Make(r, ticket, &meta, t.Language(), time.Now(), true)
	if (err != nil || len(p.Remarks) > 0) && time.Since(meta.At) > memoFresh { // it may have been added since
		if meta, err = a.FreshMeta(ctx); err != nil {
			return Trial{}, fmt.Errorf("dry run: %w", err)
		}
		p, err = plan.Make(r, ticket, &meta, t.Language(), time.Now(), true)
	}
	if err == nil {
		err = p.WithoutCents(ctx, a.KeepsCents)
	}
	var stops *request.Problems
	switch {
	case errors.As(err, &stops):
		return Trial{Problems: append(missing, stops.List...)}, nil
	case err != nil:
		return Trial{}, fmt.Errorf("dry run: %w", err)
	case missing != nil:
		return Trial{Problems: missing, Remarks: p.Remarks}, nil
	}
	return try(ctx, a, r, p, ticket, meta)
}

// TryRule is DryRun for a rule as its author writes it, with a ticket in the place of the helpdesk's variable. A key or an
// integration in it that are not the tenant's are problems. *body.SyntaxError when it can't be read at all.
func (s *Service) TryRule(ctx context.Context, tenantID string, ticketID int64, rule string) (Trial, error) {
	t, err := s.deps.Tenants.Get(ctx, tenantID)
	if err != nil {
		return Trial{}, fmt.Errorf("dry run: %w", err)
	}
	r, key, err := request.BindFor(ticketID, rule)
	var mistakes *request.Problems
	if err != nil && !errors.As(err, &mistakes) {
		return Trial{}, err
	}
	var found []request.Problem
	if key != "" && !opens(t, key) {
		found = append(found, request.NewProblem("key", request.CodeChoice, "foreign_key"))
	}
	if r.AmoClientID != "" && t.IntegrationID != "" && !strings.EqualFold(r.AmoClientID, t.IntegrationID) {
		found = append(found, request.ForeignClient())
	}
	if mistakes != nil {
		found = append(found, mistakes.List...)
	}
	if len(found) > 0 {
		return Trial{Problems: found, Remarks: r.Remarks}, nil
	}
	r.TicketID = ticketID // access to one ticket is no access to another
	return s.DryRun(ctx, t, r)
}

// try says what a plan comes to.
func try(ctx context.Context, a bulk.Account, r request.Request, p plan.Plan, ticket helpdesk.Ticket, meta crm.Meta) (Trial, error) {
	if r.UseMapping {
		values, err := a.Mapped(ctx, fields.EntityLead, ticket)
		if err != nil {
			return Trial{}, fmt.Errorf("dry run: %w", err)
		}
		var left []request.Problem
		p.Deal.Fields, left = plan.WithMapped(p.Deal.Fields, values, meta, meta.LeadFields)
		p.Remarks = request.Merged(p.Remarks, left)
	}
	would, warnings := p.Would(r, meta)
	var err error
	if would.Contact, err = contactOf(ctx, a, ticket.Client); err != nil {
		return Trial{}, fmt.Errorf("dry run: %w", err)
	}
	return Trial{Remarks: p.Remarks, Warnings: warnings, Would: &would}, nil
}

// ticket reads a ticket with its client; missing says why there is none to work with.
func (s *Service) ticket(ctx context.Context, t tenant.Tenant, id int64) (ticket helpdesk.Ticket, missing []request.Problem, err error) {
	if t.DeskToken == "" {
		return ticket, []request.Problem{request.NewProblem("ticketId", request.CodeChoice, "no_desk_token")}, nil
	}
	desk, err := s.deps.Desk(t)
	if err != nil {
		return ticket, nil, fmt.Errorf("open helpdesk: %w", err)
	}
	ticket, err = worker.ReadTicket(ctx, desk, id)
	var refused *worker.Refusal
	if errors.As(err, &refused) {
		return ticket, refused.Problems, nil
	}
	return ticket, nil, err
}

// opens says whether a rule with this key speaks for the tenant.
func opens(t tenant.Tenant, key string) bool {
	former := t.FormerKey(time.Now())
	return subtle.ConstantTimeCompare([]byte(key), []byte(t.TriggerKey)) == 1 ||
		former != "" && subtle.ConstantTimeCompare([]byte(key), []byte(former)) == 1
}

// contactOf is the contact that the deal would belong to.
func contactOf(ctx context.Context, a bulk.Account, client helpdesk.Client) (plan.Ref, error) {
	contact, err := a.Resolve(ctx, client)
	if err != nil || contact.ID == 0 {
		return plan.Ref{Name: contact.Name}, err
	}
	name, err := a.ContactName(ctx, contact.ID)
	return plan.Ref{ID: contact.ID, Name: name}, store.Wrap("read contact", err)
}
