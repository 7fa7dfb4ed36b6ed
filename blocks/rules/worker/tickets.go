package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

var errNoDeskToken = errors.New(jobs.English("=no_desk_token"))

// planner works out what is made of a batch's items.
type planner struct{ *batch }

// read gets tickets with their clients from the helpdesk, each ticket once, and works the requests out. An item whose deal
// is made needs the ticket only for templates.
func (p planner) read(ctx context.Context) {
	var first []*item
	of := map[int64][]*item{}
	for _, it := range p.items {
		id := it.job.Request.TicketID
		if it.job.Steps.LeadID != 0 && !it.job.Request.Templated() {
			p.plan(ctx, it)
			continue
		}
		if len(of[id]) == 0 {
			first = append(first, it)
		}
		of[id] = append(of[id], it)
	}
	if len(first) == 0 {
		return
	}
	ctx, end := step(ctx, "tickets", time.Time{}, len(first))
	defer end()
	desk, err := p.desk(ctx, first[0].job.Tenant)
	if err != nil {
		for _, items := range of {
			for _, it := range items {
				it.fail(ctx, err)
			}
		}
		return
	}
	p.forEach(ctx, first, func(it *item) error {
		ticket, err := ReadTicket(ctx, desk, it.job.Request.TicketID)
		for _, k := range of[it.job.Request.TicketID] {
			if err != nil {
				k.fail(ctx, err)
				continue
			}
			k.ticket, k.job.Steps.ClientID = ticket, ticket.Client.ID
			p.plan(ctx, k)
		}
		return nil
	})
}

// plan turns the item's request into a plan. Once the deal is made, names that the account has lost since don't matter.
func (p planner) plan(ctx context.Context, it *item) {
	st := &it.job.Steps
	made, err := plan.Make(it.job.Request, it.ticket, &p.meta, p.lang, p.now(), st.Judged)
	if err == nil && st.LeadID == 0 {
		if err = made.WithoutCents(ctx, p.account.KeepsCents); err == nil {
			err = made.Stops()
		}
	}
	var stops *request.Problems
	switch {
	case errors.As(err, &stops) && st.LeadID == 0:
		it.fail(ctx, &Refusal{Why: ledger.Because("not_in_account", "", jobs.Summary(stops.List)), Problems: stops.List})
	case stops == nil && err != nil:
		it.fail(ctx, err)
	}
	if it.plan = made.Without(st.Omitted); st.LeadID == 0 {
		p.keepRemarks(it)
	}
}

// ReadTicket reads a ticket with its client; a *Refusal says why there is none to work with.
func ReadTicket(ctx context.Context, desk Desk, id int64) (helpdesk.Ticket, error) {
	ticket, err := desk.Ticket(ctx, id)
	if errors.Is(err, usedesk.ErrNotFound) {
		return helpdesk.Ticket{}, &Refusal{Why: ledger.Because("no_ticket", id, ""),
			Problems: []request.Problem{request.NewProblem("ticketId", request.CodeChoice, "ticket_unknown")}}
	}
	if err != nil {
		return helpdesk.Ticket{}, fmt.Errorf("read ticket: %w", err)
	}
	var c usedesk.Client
	if ticket.ClientID != 0 {
		if c, err = desk.ClientByID(ctx, ticket.ClientID); err != nil && !errors.Is(err, usedesk.ErrNotFound) {
			return helpdesk.Ticket{}, fmt.Errorf("read client: %w", err)
		}
	}
	client := clientOf(c)
	if c.ID == 0 && ticket.Email != "" { // no client, or one that is gone
		client = helpdesk.Client{Name: ticket.Email, Emails: []string{ticket.Email}}
	} else if c.ID == 0 {
		return helpdesk.Ticket{}, &Refusal{Why: ledger.Because("no_client", id, ""),
			Problems: []request.Problem{request.NewProblem("ticketId", request.CodeChoice, "ticket_clientless")}}
	}
	out := helpdesk.Ticket{ID: id, Subject: ticket.Subject, Channel: ticket.ChannelType, Client: client, Fields: map[int64]string{}}
	for _, f := range ticket.CustomFields {
		out.Fields[f.FieldID] = f.Value
	}
	return out, nil
}

// desk opens the helpdesk with the tenant's token of now: it may have been mended since the jobs were accepted.
func (b *batch) desk(ctx context.Context, tenantID string) (Desk, error) {
	t, err := b.tenant(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	if t.DeskToken == "" {
		return nil, errNoDeskToken
	}
	desk, err := b.deps.Desk(t)
	if err != nil {
		return nil, fmt.Errorf("open helpdesk: %w", err)
	}
	return desk, nil
}

func (b *batch) tenant(ctx context.Context, id string) (tenant.Tenant, error) {
	t, err := b.deps.Tenants.Get(ctx, id)
	if err != nil {
		return t, fmt.Errorf("open account: %w", err)
	}
	return t, nil
}

func clientOf(c usedesk.Client) helpdesk.Client {
	out := helpdesk.Client{ID: c.ID, Name: c.Name, Company: c.Company, Position: c.Position, Phones: c.Phones, Emails: c.Emails, Sites: c.Sites}
	for _, m := range c.Messengers {
		out.Messengers = append(out.Messengers, helpdesk.Messenger{Type: m.Type, ID: m.Identity})
	}
	return out
}
