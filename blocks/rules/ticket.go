package rules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

var errNoDeskToken = errors.New(English("=no_desk_token"))

// read gets tickets with their clients from the helpdesk, each ticket once, and works the requests out. A job whose deal
// is made needs the ticket only for templates.
func (h *haul) read(ctx context.Context) {
	var first []*job
	of := map[int64][]*job{}
	for _, j := range h.jobs {
		id := j.e.Request.TicketID
		if j.e.Steps.LeadID != 0 && !j.e.Request.Templated() {
			j.work(ctx, h)
			continue
		}
		if len(of[id]) == 0 {
			first = append(first, j)
		}
		of[id] = append(of[id], j)
	}
	if len(first) == 0 {
		return
	}
	ctx, end := step(ctx, "tickets", time.Time{}, len(first))
	defer end()
	desk, err := h.desk(ctx, first[0].e.Tenant)
	if err != nil {
		for _, jobs := range of {
			for _, j := range jobs {
				j.fail(ctx, err)
			}
		}
		return
	}
	h.each(ctx, first, func(j *job) error {
		ticket, err := readTicket(ctx, desk, j.e.Request.TicketID)
		for _, k := range of[j.e.Request.TicketID] {
			if err != nil {
				k.fail(ctx, err)
				continue
			}
			k.ticket, k.e.Steps.ClientID = ticket, ticket.Client.ID
			k.work(ctx, h)
		}
		return nil
	})
}

// work turns the job's request into a plan. Once the deal is made, names that the account has lost since don't matter.
func (j *job) work(ctx context.Context, h *haul) {
	st := &j.e.Steps
	p, err := plan.Make(j.e.Request, j.ticket, &h.meta, h.lang, j.now(), st.Judged)
	if err == nil && st.LeadID == 0 {
		if err = p.WithoutCents(ctx, h.account.KeepsCents); err == nil {
			err = p.Stops()
		}
	}
	var stops *request.Problems
	switch {
	case errors.As(err, &stops) && st.LeadID == 0:
		j.fail(ctx, &refusal{why: ledger.Because("not_in_account", "", told(stops.List)), problems: stops.List})
	case stops == nil && err != nil:
		j.fail(ctx, err)
	}
	if j.plan = p.Without(st.Omitted); st.LeadID == 0 {
		j.remark()
	}
}

// readTicket reads a ticket with its client; a *refusal says why there is none to work with.
func readTicket(ctx context.Context, desk Desk, id int64) (helpdesk.Ticket, error) {
	ticket, err := desk.Ticket(ctx, id)
	if errors.Is(err, usedesk.ErrNotFound) {
		return helpdesk.Ticket{}, &refusal{why: ledger.Because("no_ticket", id, ""),
			problems: []request.Problem{request.NewProblem("ticketId", request.CodeChoice, "ticket_unknown")}}
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
		return helpdesk.Ticket{}, &refusal{why: ledger.Because("no_client", id, ""),
			problems: []request.Problem{request.NewProblem("ticketId", request.CodeChoice, "ticket_clientless")}}
	}
	out := helpdesk.Ticket{ID: id, Subject: ticket.Subject, Channel: ticket.ChannelType, Client: client, Fields: map[int64]string{}}
	for _, f := range ticket.CustomFields {
		out.Fields[f.FieldID] = f.Value
	}
	return out, nil
}

// desk opens the helpdesk with the tenant's token of now: it may have been mended since the firings were accepted.
func (h *haul) desk(ctx context.Context, tenantID string) (Desk, error) {
	t, err := h.tenant(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	if t.DeskToken == "" {
		return nil, errNoDeskToken
	}
	desk, err := h.deps.Desk(t)
	if err != nil {
		return nil, fmt.Errorf("open helpdesk: %w", err)
	}
	return desk, nil
}

func (h *haul) tenant(ctx context.Context, id string) (tenant.Tenant, error) {
	t, err := h.deps.Tenants.Get(ctx, id)
	if err != nil {
		return t, fmt.Errorf("open account: %w", err)
	}
	return t, nil
}

func clientOf(c usedesk.Client) helpdesk.Client {
	out := helpdesk.Client{ID: c.ID, Name: c.Name, Company: c.Company, Position: c.Position, Emails: c.Emails, Sites: c.Sites}
	for _, p := range c.Phones {
		out.Phones = append(out.Phones, p.Number)
	}
	for _, m := range c.Messengers {
		out.Messengers = append(out.Messengers, helpdesk.Messenger{Type: m.Type, ID: m.Identity})
	}
	return out
}
