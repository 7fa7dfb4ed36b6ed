package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
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
			failAll(ctx, items, err)
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
		err = made.WithoutCents(ctx, p.account.KeepsCents)
	}
	var stops *request.Problems
	switch {
	case errors.As(err, &stops) && st.LeadID == 0:
		it.fail(ctx, &Refusal{Why: ledger.Because("not_in_account", "", jobs.Summary(stops.List)), Problems: stops.List})
	case stops == nil && err != nil:
		it.fail(ctx, err)
	}
	if it.plan = made.Without(st.Omitted); st.LeadID == 0 {
		st.Remarks = it.plan.Remarks
		for _, o := range st.Omitted {
			st.Remarks = request.Merged(st.Remarks, []request.Problem{o.Remark})
		}
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
	return desk, store.Wrap("open helpdesk", err)
}

func (b *batch) tenant(ctx context.Context, id string) (tenant.Tenant, error) {
	t, err := b.deps.Tenants.Get(ctx, id)
	return t, store.Wrap("open account", err)
}

func clientOf(c usedesk.Client) helpdesk.Client {
	out := helpdesk.Client{ID: c.ID, Name: c.Name, Company: c.Company, Position: c.Position, Phones: c.Phones, Emails: c.Emails, Sites: c.Sites}
	for _, m := range c.Messengers {
		out.Messengers = append(out.Messengers, helpdesk.Messenger{Type: m.Type, ID: m.Identity})
	}
	return out.WithNumbers()
}

// A mistake that a value carries costs that value and not the lead. It shows itself in three places, and each leaves its
// remarks: when the body is read (Request.Remarks), when the request is compared with the account (plan.remarks), and when
// the CRM refuses what was sent (Steps.Omitted). What is left out is stored before the deal is sent.

// leaveOut takes out of the item's deal what the CRM has refused, and reports whether the deal is worth another try. The
// account's vocabulary is read anew first: it knows which choice of a list is gone, and what could be said instead.
func (p planner) leaveOut(ctx context.Context, it *item, err error) bool {
	answer, ok := crm.AnswerOf(err)
	if it.job.Request.Strict || !ok {
		return false
	}
	st := &it.job.Steps
	if !st.Judged {
		st.Judged = true
		before := len(it.plan.Remarks)
		if err := p.refreshMeta(ctx, p.account.FreshMeta); err != nil {
			it.fail(ctx, err)
			return true
		}
		p.plan(ctx, it)
		if len(it.plan.Remarks) > before || it.ended() {
			return true
		}
	}
	progress := false
	for _, v := range answer.Mistakes {
		what, remark := it.plan.Refused(it.sent, v, p.meta)
		progress = what != "" && st.Omitted.Add(what, remark) || progress
	}
	if progress {
		p.plan(ctx, it)
	}
	return progress
}

// leaveOutAll leaves all out that a deal can do without, once: the CRM has not named what it refuses.
func (p planner) leaveOutAll(ctx context.Context, it *item, err error) bool {
	answer, ok := crm.AnswerOf(err)
	if it.job.Request.Strict || !ok || len(answer.Mistakes) > 0 {
		return false
	}
	progress := false
	for _, o := range it.plan.Dispensable(it.sent, answer.Words) {
		progress = it.job.Steps.Omitted.Add(o.What, o.Remark) || progress
	}
	if progress {
		p.plan(ctx, it)
	}
	return progress
}

// justRead is how old a vocabulary may be that what the CRM has refused is judged by: a rule with a mistake that fires all day
// must not read it anew for each deal.
const justRead = 10 * time.Second

// refreshMeta reads the account's vocabulary past the cache unless that was just done.
func (p planner) refreshMeta(ctx context.Context, read func(context.Context) (crm.Meta, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := time.Since(p.meta.At); 0 <= age && age < justRead { // another replica's clock may have been ahead
		return nil
	}
	meta, err := read(ctx)
	if err != nil {
		return fmt.Errorf("read the account anew: %w", err)
	}
	p.meta = meta
	return nil
}

// fillMapped adds what the tenant's settings map from ticket and client, if the rule says so: to the deal, and to a
// contact that is to be made. What the rule or the client's own data fill already stays.
func (p planner) fillMapped(ctx context.Context, it *item, deal *bulk.Deal) error {
	if !it.job.Request.UseMapping {
		return nil
	}
	values, err := p.account.Mapped(ctx, fields.EntityLead, it.ticket)
	if err != nil {
		return err
	}
	deal.Fields = p.addMapped(it, deal.Fields, values, p.meta.LeadFields)
	if deal.Contact.ID != 0 {
		return nil
	}
	if values, err = p.account.Mapped(ctx, fields.EntityContact, it.ticket); err != nil {
		return err
	}
	deal.Contact.Fields = p.addMapped(it, slices.Clone(deal.Contact.Fields), values, p.meta.ContactFields)
	return nil
}

func (p planner) addMapped(it *item, have []crm.FieldInput, values map[int64][]string, known []crm.Field) []crm.FieldInput {
	fields, left := plan.WithMapped(have, values, p.meta, known)
	if it.job.Request.Strict {
		return fields // the rule itself is held to its values, the settings are not
	}
	it.job.Steps.Remarks = request.Merged(it.job.Steps.Remarks, left)
	return fields
}
