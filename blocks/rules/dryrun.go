package rules

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Trial is what a request would come to. Problems stop it; Would is nil then. Remarks are left out of the deal, Warnings are
// what works and may not be meant.
type Trial struct {
	Problems []Problem
	Remarks  []Problem
	Warnings []Problem
	Would    *Would
}

// dryRunWithin bounds a dry run; it waits for both the helpdesk and the CRM.
const dryRunWithin = 20 * time.Second

// DryRun does for a request all that does not write: it reads the ticket, its client and the account, and says what is
// wrong or what would be made. It stores nothing. oauth.ErrNeedsLogin when nobody is logged in; other errors mean that CRM
// or helpdesk could not be asked.
func (s *Service) DryRun(ctx context.Context, t tenant.Tenant, r Request) (Trial, error) {
	ctx, cancel := context.WithTimeout(ctx, dryRunWithin)
	defer cancel()
	a, err := s.Account(ctx, t.ID, store.Interactive)
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
	p, err := r.plan(ticket, &meta, t.Language(), time.Now(), true)
	if (err != nil || len(p.remarks) > 0) && time.Since(meta.At) > memoFresh { // it may have been added since
		if meta, err = anew(ctx, a); err != nil {
			return Trial{}, fmt.Errorf("dry run: %w", err)
		}
		p, err = r.plan(ticket, &meta, t.Language(), time.Now(), true)
	}
	if err == nil {
		if err = p.withoutCents(ctx, a); err == nil {
			err = p.refused()
		}
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return Trial{Problems: append(missing, refused.problems...)}, nil
	case err != nil:
		return Trial{}, fmt.Errorf("dry run: %w", err)
	case missing != nil:
		return Trial{Problems: missing, Remarks: p.remarks}, nil
	}
	return try(ctx, a, r, p, ticket, meta)
}

// TryRule is DryRun for a rule as its author writes it, with a ticket in the place of the helpdesk's variable. A key or an
// integration in it that are not the tenant's are problems. *body.SyntaxError when it can't be read at all.
func (s *Service) TryRule(ctx context.Context, tenantID string, ticketID int64, rule string) (Trial, error) {
	t, err := s.Tenants.Get(ctx, tenantID)
	if err != nil {
		return Trial{}, fmt.Errorf("dry run: %w", err)
	}
	r, key, err := bindFor(ticketID, rule)
	var mistakes *Problems
	if err != nil && !errors.As(err, &mistakes) {
		return Trial{}, err
	}
	var found []Problem
	if key != "" && !opens(t, key) {
		found = append(found, problem("key", CodeChoice, "foreign_key"))
	}
	if r.AmoClientID != "" && t.IntegrationID != "" && !strings.EqualFold(r.AmoClientID, t.IntegrationID) {
		found = append(found, problem("amoClientId", CodeChoice, "foreign_client"))
	}
	if mistakes != nil {
		found = append(found, mistakes.List...)
	}
	if len(found) > 0 {
		return Trial{Problems: found, Remarks: r.Remarks}, nil
	}
	r.TicketID = ticketID // whoever sees one ticket need not see another
	return s.DryRun(ctx, t, r)
}

func anew(ctx context.Context, a Account) (crm.Meta, error) {
	if err := a.Forget(ctx); err != nil {
		return crm.Meta{}, err
	}
	return a.Meta(ctx)
}

// try says what a plan comes to.
func try(ctx context.Context, a Account, r Request, p plan, ticket helpdesk.Ticket, meta crm.Meta) (Trial, error) {
	if r.UseMapping {
		values, err := a.Mapped(ctx, crm.EntityLead, ticket)
		if err != nil {
			return Trial{}, fmt.Errorf("dry run: %w", err)
		}
		var left []Problem
		p.lead.Fields, left = withMapped(p.lead.Fields, values, meta, meta.LeadFields)
		p.remarks = merged(p.remarks, left)
	}
	pipeline, stage := landing(p.lead, meta)
	would := wouldBe(p, pipeline, stage, meta)
	would.IfOpenDeal = r.IfOpenDeal
	var err error
	if would.Contact, err = contactOf(ctx, a, ticket.Client); err != nil {
		return Trial{}, fmt.Errorf("dry run: %w", err)
	}
	var read reader
	read.templates(r, func(place string) bool { return !ours(place) }) // ours have remarks
	warnings := slices.Concat(doubts(r, pipeline, stage), unfilled(p.lead.Fields, pipeline, stage, meta), stopping(read.problems))
	return Trial{Remarks: p.remarks, Warnings: warnings, Would: &would}, nil
}

// landing is the stage in which a deal is made: the one given, else the first of the pipeline, which is else the main one
// (amocrm.md §5.1). Zero values for what is not known.
func landing(lead amocrm.LeadInput, meta crm.Meta) (pipeline amocrm.Pipeline, stage amocrm.Status) {
	for _, p := range meta.Pipelines {
		if p.ID == lead.PipelineID || lead.PipelineID == 0 && p.IsMain {
			pipeline = p
		}
	}
	for _, s := range pipeline.Statuses {
		if s.ID == lead.StatusID || lead.StatusID == 0 && s.Type != amocrm.StatusTypeUnsorted {
			return pipeline, s
		}
	}
	return pipeline, stage
}

// unfilled names the fields that a stage requires and a deal lacks. Only people are held to it by amoCRM: a firing makes its
// deal without them.
func unfilled(have []amocrm.FieldInput, p amocrm.Pipeline, s amocrm.Status, meta crm.Meta) (out []Problem) {
	for _, f := range meta.Required(int64(p.ID), int64(s.ID)) {
		if !slices.ContainsFunc(have, func(x amocrm.FieldInput) bool {
			return x.FieldID == f.ID || x.FieldCode != "" && x.FieldCode == f.Code
		}) {
			out = append(out, problem("fields.custom_fields_values", CodeRequired, "required_field",
				"Stage", thing{s.ID, s.Name}.String(), "Field", thing{f.ID, f.Name}.String()))
		}
	}
	return out
}

// doubts are what amoCRM takes, or may take, and the author may not mean.
func doubts(r Request, p amocrm.Pipeline, s amocrm.Status) (out []Problem) {
	stage := thing{s.ID, s.Name}.String()
	stageAt, pipelineAt := "fields.status_id", "fields.pipeline_id"
	if r.Fields.StatusID == 0 {
		stageAt = "fields.status"
	}
	if r.Fields.PipelineID == 0 {
		pipelineAt = "fields.pipeline"
	}
	if s.ID == amocrm.StatusWon || s.ID == amocrm.StatusLost {
		out = append(out, problem(stageAt, CodeClosed, "closed_stage", "Stage", stage))
	}
	if s.ID != 0 && s.Type == amocrm.StatusTypeUnsorted {
		out = append(out, problem(stageAt, CodeChoice, "unsorted_stage", "Stage", stage))
	}
	if p.IsArchive {
		out = append(out, problem(pipelineAt, CodeArchived, "archived_pipeline", "Pipeline", thing{p.ID, p.Name}.String()))
	}
	return out
}

// ticket reads a ticket with its client; missing says why there is none to work with.
func (s *Service) ticket(ctx context.Context, t tenant.Tenant, id int64) (ticket helpdesk.Ticket, missing []Problem, err error) {
	if t.DeskToken == "" {
		return ticket, []Problem{problem("ticketId", CodeChoice, "no_desk_token")}, nil
	}
	desk, err := s.Desk(t)
	if err != nil {
		return ticket, nil, fmt.Errorf("open helpdesk: %w", err)
	}
	ticket, err = readTicket(ctx, desk, id)
	var refused *refusal
	if errors.As(err, &refused) {
		return ticket, refused.problems, nil
	}
	return ticket, nil, err
}

// opens says whether a rule with this key speaks for the tenant.
func opens(t tenant.Tenant, key string) bool {
	former := t.FormerKey(time.Now())
	return subtle.ConstantTimeCompare([]byte(key), []byte(t.TriggerKey)) == 1 ||
		former != "" && subtle.ConstantTimeCompare([]byte(key), []byte(former)) == 1
}
