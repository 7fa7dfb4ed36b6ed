package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
)

// deals makes the deals of jobs whose contacts are known, with the contacts to make, in one call. The intents are stored
// before; they stay when the answer is lost and go when the CRM refused.
func (h *haul) deals(ctx context.Context, jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	ctx, end := step(ctx, "leads", time.Time{}, len(jobs))
	defer end()
	defer func() { // of the clients: once their contacts are remembered
		for _, j := range jobs {
			j.free()
		}
	}()
	once.Make(ctx, write{h, leads{h}}, alive(jobs))
	h.retract(ctx, jobs)
	h.conclude(ctx, jobs)
}

// leads are the deals that rules ask for.
type leads struct{ *haul }

func (leads) name() string { return "deal" }

func (leads) state(st *Steps) (int64, *Intent) { return st.LeadID, st.LeadIntent }

func (leads) put(st *Steps, id int64, i *Intent) { st.LeadID, st.LeadIntent = id, i }

// intend makes the bodies of the deals, too, and says to all workers what they would make.
func (d leads) intend(ctx context.Context, jobs []*job) {
	for _, j := range jobs {
		in, err := j.input(ctx)
		if err != nil {
			j.fail(ctx, err)
			continue
		}
		j.sent, j.e.Steps.LeadIntent = in, j.intent()
	}
	if err := d.announce(ctx, alive(jobs)); err != nil {
		for _, j := range alive(jobs) {
			j.fail(ctx, err)
		}
	}
}

func (d leads) next(jobs []*job) []*job { return d.inTurn(jobs) }

func (d leads) send(ctx context.Context, jobs []*job) ([]bulk.Made, error) {
	body := make([]bulk.Deal, len(jobs))
	for i, j := range jobs {
		body[i] = j.sent
	}
	return d.account.MakeDeals(ctx, body)
}

// refused leaves out what the CRM has refused, where the deal is worth another try.
func (leads) refused(ctx context.Context, j *job, err error) {
	if !j.leaveOut(ctx, err) && !j.contactGone(ctx) && !j.bare(ctx, err) {
		j.fail(ctx, j.explain(err))
	}
}

// input is the deal as it is sent.
func (j *job) input(ctx context.Context) (bulk.Deal, error) {
	in := j.plan.Deal
	in.Key, in.Contact = j.e.ID, bulk.Contact{ID: j.contactID}
	if j.contactID == 0 {
		in.Contact = j.made
	}
	if err := j.fillMapped(ctx, j.meta, &in); err != nil {
		return in, err
	}
	in.Fields = j.e.Steps.Omitted.Fields(in.Fields, plan.OfLead)
	in.Contact.Fields = j.e.Steps.Omitted.Fields(in.Contact.Fields, plan.OfContact)
	if j.plan.Company == "" {
		return in, nil
	}
	company, known := j.companies[j.plan.Company]
	if !known {
		var err error
		company, err = j.account.CompanyNamed(ctx, j.plan.Company)
		if err != nil && !errors.Is(err, crm.ErrForbidden) { // a deal must not fail for companies that may not be read
			return in, fmt.Errorf("company of the deal: %w", err)
		}
		j.companies[j.plan.Company] = company
	}
	in.CompanyID = company
	return in, nil
}

// took stores which deals were made. The steps hold them from here on; what follows from them comes later.
func (d leads) took(ctx context.Context, jobs []*job, deals []bulk.Made) {
	var mine []*job
	for i, j := range jobs {
		if !deals[i].Merged {
			ours, err := j.own(ctx, entity{id: deals[i].ID})
			if err != nil {
				j.fail(ctx, err) // its intent is stored: the deal is found again
				continue
			}
			if !ours { // a firing that looked for a lost deal took it for its own; ours is the one that it has left
				j.fail(ctx, &lookAgain{after: j.deps.LookGap})
				continue
			}
		}
		j.adopt(deals[i])
		mine = append(mine, j)
	}
	d.record(ctx, mine, func(j *job) ledger.Reason {
		if j.e.Steps.Attached {
			return ledger.Because("deal_merged", j.e.Steps.LeadID, "")
		}
		return ledger.Because("deal_made", j.e.Steps.LeadID, "")
	})
}

// adopt puts a deal into the job's steps, and the intents of what comes next: one record for both.
func (j *job) adopt(r bulk.Made) {
	st := &j.e.Steps
	st.ContactMade = st.LeadIntent != nil && st.LeadIntent.ContactID == 0 && !r.Merged
	st.LeadID, st.ContactID, st.Attached, st.LeadIntent = r.ID, r.ContactID, r.Merged, nil
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
		h.deps.Log.WarnContext(ctx, "card not told of new deals", "tenant", made[0].e.Tenant, "error", err)
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
