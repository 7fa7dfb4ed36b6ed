package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/ledger"
)

// deals makes the deals of jobs whose contacts are known, with the contacts to make, in one call. The intents are stored
// before; they stay when the answer is lost and go when the CRM refused.
func (h *haul) deals(ctx context.Context, jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	ctx, end := step(ctx, "leads", time.Time{}, len(jobs))
	defer end()
	defer func() {
		for _, j := range jobs {
			j.free()
		}
	}()
	inputs := map[*job]amocrm.LeadInput{}
	for _, j := range alive(jobs) {
		in, err := j.input(ctx)
		if err != nil {
			j.fail(ctx, err)
			continue
		}
		inputs[j], j.sent = in, in
		j.e.Steps.LeadIntent = j.intent()
	}
	if err := h.announce(ctx, alive(jobs)); err != nil {
		for _, j := range alive(jobs) {
			j.e.Steps.LeadIntent = nil // nothing was sent
			j.fail(ctx, err)
		}
	}
	h.hold(ctx, alive(jobs), "=sending_deal")
	h.send(alive(jobs), call{
		again: func(jobs []*job) []*job {
			now := h.inTurn(alive(jobs))
			h.hold(ctx, now, "")
			now = alive(now)
			for _, j := range jobs {
				if !slices.Contains(now, j) {
					j.e.Steps.LeadIntent = nil // nothing was sent
				}
			}
			return now
		},
		do: func(jobs []*job) error {
			body := make([]amocrm.LeadInput, len(jobs))
			for i, j := range jobs {
				body[i] = inputs[j]
			}
			ctx, cancel := h.withinLease(ctx)
			made, err := h.account.API().CreateComplex(ctx, body)
			cancel()
			if err == nil || len(made) > 0 {
				h.got(context.WithoutCancel(ctx), jobs, made)
			}
			return err
		},
		refused: func(j *job, err error) {
			j.e.Steps.LeadIntent = nil
			if !j.leaveOut(ctx, err) && !j.contactGone(ctx, err) && !j.bare(ctx, err) {
				j.fail(ctx, j.explain(err))
			}
		},
		failed: func(jobs []*job, err error) {
			for _, j := range jobs {
				switch {
				case j.e.Steps.LeadID != 0:
				case maybeDone(err):
					j.fail(ctx, j.doubt(j.e.Steps.LeadIntent, err))
				default:
					j.e.Steps.LeadIntent = nil
					j.fail(ctx, err)
				}
			}
		},
	})
	for _, j := range jobs { // an answer that names fewer deals than were sent
		if j.e.Steps.LeadIntent != nil && j.e.Steps.LeadID == 0 && !j.ended() {
			j.fail(ctx, &lookAgain{after: j.s.LookGap / 4})
		}
	}
	h.retract(ctx, jobs)
	h.conclude(ctx, jobs)
}

// input is the deal as the CRM takes it.
func (j *job) input(ctx context.Context) (amocrm.LeadInput, error) {
	in := j.plan.Lead
	contact := amocrm.ContactInput{ID: amocrm.ID(j.contactID)}
	if j.contactID == 0 && j.made != nil {
		contact = *j.made
	}
	if err := j.fillMapped(ctx, j.meta, &in, &contact); err != nil {
		return in, err
	}
	in.Fields = j.e.Steps.Omitted.Fields(in.Fields, plan.OfLead)
	contact.Fields = j.e.Steps.Omitted.Fields(contact.Fields, plan.OfContact)
	in.RequestID = j.e.ID
	in.Embedded = &amocrm.LeadLinks{Contacts: []amocrm.ContactInput{contact}}
	if j.plan.Company == "" {
		return in, nil
	}
	company, known := j.companies[j.plan.Company]
	if !known {
		var err error
		company, err = j.account.CompanyNamed(ctx, j.plan.Company)
		if err != nil && !errors.Is(err, amocrm.ErrForbidden) { // a deal must not fail for companies that may not be read
			return in, fmt.Errorf("company of the deal: %w", err)
		}
		j.companies[j.plan.Company] = company
	}
	if company != 0 {
		in.Embedded.Companies = []amocrm.CompanyInput{{ID: amocrm.ID(company)}}
	}
	return in, nil
}

// got stores which deals were made. The steps hold them from here on; what follows from them comes later.
func (h *haul) got(ctx context.Context, jobs []*job, made []amocrm.ComplexResult) {
	byID := map[string]amocrm.ComplexResult{}
	for i, r := range made {
		for _, id := range r.RequestIDs {
			byID[id] = r
		}
		if len(r.RequestIDs) == 0 && len(made) == len(jobs) {
			byID[jobs[i].e.ID] = r
		}
	}
	var mine []*job
	for _, j := range jobs {
		r, ok := byID[j.e.ID]
		if !ok || r.ID == 0 {
			continue
		}
		if !r.Merged {
			ours, err := j.own(ctx, entity{id: int64(r.ID)})
			if err != nil {
				j.fail(ctx, err) // its intent is stored: the deal is found again
				continue
			}
			if !ours { // a firing that looked for a lost deal took it for its own; ours is the one that it has left
				j.fail(ctx, &lookAgain{after: j.s.LookGap})
				continue
			}
		}
		j.adopt(r)
		mine = append(mine, j)
	}
	h.record(ctx, mine, func(j *job) ledger.Reason {
		if j.e.Steps.Attached {
			return ledger.Because("deal_merged", j.e.Steps.LeadID, "")
		}
		return ledger.Because("deal_made", j.e.Steps.LeadID, "")
	})
}

// adopt puts a deal into the job's steps, and the intents of what comes next: one record for both.
func (j *job) adopt(r amocrm.ComplexResult) {
	st := &j.e.Steps
	st.ContactMade = st.LeadIntent != nil && st.LeadIntent.ContactID == 0 && !r.Merged
	st.LeadID, st.ContactID, st.Attached, st.LeadIntent = int64(r.ID), int64(r.ContactID), r.Merged, nil
	st.LeadURL = j.account.DealURL(st.LeadID)
	j.keep(st.ContactID, st.ContactMade)
}

// conclude does what follows from new deals: their contacts are remembered, cards show them.
func (h *haul) conclude(ctx context.Context, jobs []*job) {
	var made []*job
	for _, j := range jobs {
		if j.e.Steps.LeadID != 0 {
			made = append(made, j)
		}
	}
	if len(made) == 0 {
		return
	}
	if err := h.account.ForgetData(ctx); err != nil {
		h.s.Log.WarnContext(ctx, "card not told of new deals", "tenant", made[0].e.Tenant, "error", err)
	}
	h.each(ctx, made, func(j *job) error { return j.remember(ctx) })
}

// remember makes sure that a new contact is found for the client although the CRM's search lags. It is not linked: a
// link hides other contacts, and that is for the agent to say.
func (j *job) remember(ctx context.Context) error {
	st := &j.e.Steps
	if !st.ContactMade || st.ContactID == 0 || st.Remembered {
		return nil
	}
	client := j.ticket.Client // nobody when the ticket was not read again
	client.ID = st.ClientID
	if err := j.account.Remember(ctx, client, st.ContactID); err != nil {
		return err
	}
	st.Remembered = true
	return nil
}

// inTurn leaves out the jobs behind one of their ticket that was to go before them and has no deal yet.
func (h *haul) inTurn(jobs []*job) (out []*job) {
	stuck := map[int64]bool{}
	for _, j := range h.jobs {
		ticket := j.e.Request.TicketID
		switch mine := slices.Contains(jobs, j); {
		case mine && !stuck[ticket]:
			out = append(out, j)
		case mine:
		case j.e.Steps.LeadID == 0 && (!j.ended() || j.lost || !j.end.State.Finished()):
			stuck[ticket] = true
		}
	}
	return out
}

// withinLease ends a write before another worker may take the entries up: a worker that has slept since it made sure of
// them sends nothing.
func (h *haul) withinLease(ctx context.Context) (context.Context, context.CancelFunc) {
	until := h.held.Add(h.s.Lease * 2 / 3)
	ctx, cancel := context.WithDeadline(ctx, until)
	return awake{ctx, until.Round(0)}, cancel
}

// awake is a context that is over by the wall's clock as well: the one that timers go by stands still while the machine is
// suspended.
type awake struct {
	context.Context
	until time.Time // without the timers' clock
}

// Err is asked right before something is sent.
func (a awake) Err() error {
	if err := a.Context.Err(); err != nil {
		return err
	}
	if time.Now().Round(0).After(a.until) {
		return context.DeadlineExceeded
	}
	return nil
}

// maybeDone says that a write may have been done although it brought an error.
func maybeDone(err error) bool {
	var e *amocrm.Error
	return errors.As(err, &e) && (e.Kind == amocrm.KindUnknownOutcome || e.Kind == amocrm.KindUpstream)
}
