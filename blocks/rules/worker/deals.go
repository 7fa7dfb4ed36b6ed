package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
)

// deals makes the deals of items whose contacts are known, with the contacts to make, in one call. The intents are stored
// before; they stay when the answer is lost and go when the CRM refused.
func (b *batch) deals(ctx context.Context, items []*item) {
	if len(items) == 0 {
		return
	}
	ctx, end := step(ctx, "leads", time.Time{}, len(items))
	defer end()
	defer func() { // of the clients: once their contacts are remembered
		for _, it := range items {
			it.unlockClient()
		}
	}()
	once.Make(ctx, write{b, leads{b}}, unfinished(items))
	b.unregister(ctx, items)
	b.finishDeals(ctx, items)
}

// leads are the deals that rules ask for.
type leads struct{ *batch }

func (leads) name() string { return "deal" }

func (leads) state(st *jobs.Steps) (int64, *jobs.Intent) { return st.LeadID, st.LeadIntent }

func (leads) put(st *jobs.Steps, id int64, i *jobs.Intent) { st.LeadID, st.LeadIntent = id, i }

// prepare makes the bodies of the deals, too, and says to all workers what they would make.
func (d leads) prepare(ctx context.Context, items []*item) {
	for _, it := range items {
		in, err := it.input(ctx)
		if err != nil {
			it.fail(ctx, err)
			continue
		}
		it.sent, it.job.Steps.LeadIntent = in, it.intent()
	}
	if err := d.register(ctx, unfinished(items)); err != nil {
		for _, it := range unfinished(items) {
			it.fail(ctx, err)
		}
	}
}

func (d leads) next(items []*item) []*item { return d.inOrder(items) }

func (d leads) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	body := make([]bulk.Deal, len(items))
	for i, it := range items {
		body[i] = it.sent
	}
	return d.account.MakeDeals(ctx, body)
}

// refused leaves out what the CRM has refused, where the deal is worth another try.
func (leads) refused(ctx context.Context, it *item, err error) {
	if !it.leaveOut(ctx, err) && !it.contactDeleted(ctx) && !it.leaveOutAll(ctx, err) {
		it.fail(ctx, it.explain(err))
	}
}

// input is the deal as it is sent.
func (it *item) input(ctx context.Context) (bulk.Deal, error) {
	in := it.plan.Deal
	in.Key, in.Contact = it.job.ID, bulk.Contact{ID: it.contactID}
	if it.contactID == 0 {
		in.Contact = it.made
	}
	if err := it.fillMapped(ctx, it.meta, &in); err != nil {
		return in, err
	}
	in.Fields = it.job.Steps.Omitted.Fields(in.Fields, plan.OfLead)
	in.Contact.Fields = it.job.Steps.Omitted.Fields(in.Contact.Fields, plan.OfContact)
	if it.plan.Company == "" {
		return in, nil
	}
	company, known := it.companies[it.plan.Company]
	if !known {
		var err error
		company, err = it.account.CompanyNamed(ctx, it.plan.Company)
		if err != nil && !errors.Is(err, crm.ErrForbidden) { // a deal must not fail for companies that may not be read
			return in, fmt.Errorf("company of the deal: %w", err)
		}
		it.companies[it.plan.Company] = company
	}
	in.CompanyID = company
	return in, nil
}

// made stores which deals were made. The steps hold them from here on; what follows from them comes later.
func (d leads) made(ctx context.Context, items []*item, deals []bulk.Made) {
	var mine []*item
	for i, it := range items {
		if !deals[i].Merged {
			ours, err := it.claim(ctx, jobs.DealObject(deals[i].ID))
			if err != nil {
				it.fail(ctx, err) // its intent is stored: the deal is found again
				continue
			}
			if !ours { // a firing that looked for a lost deal took it for its own; ours is the one that it has left
				it.fail(ctx, &lookAgain{after: it.deps.LookGap})
				continue
			}
		}
		it.setDeal(deals[i])
		mine = append(mine, it)
	}
	d.record(ctx, mine, func(it *item) ledger.Reason {
		if it.job.Steps.Attached {
			return ledger.Because("deal_merged", it.job.Steps.LeadID, "")
		}
		return ledger.Because("deal_made", it.job.Steps.LeadID, "")
	})
}

// setDeal puts a deal into the item's steps, and the intents of what comes next: one record for both.
func (it *item) setDeal(r bulk.Made) {
	st := &it.job.Steps
	st.ContactMade = st.LeadIntent != nil && st.LeadIntent.ContactID == 0 && !r.Merged
	st.LeadID, st.ContactID, st.Attached, st.LeadIntent = r.ID, r.ContactID, r.Merged, nil
	st.LeadURL = it.account.DealURL(st.LeadID)
	it.shareContact(st.ContactID, st.ContactMade)
}

// finishDeals does what follows from new deals: their contacts are remembered, cards show them.
func (b *batch) finishDeals(ctx context.Context, items []*item) {
	var made []*item
	for _, it := range items {
		if it.job.Steps.LeadID != 0 {
			made = append(made, it)
		}
	}
	if len(made) == 0 {
		return
	}
	if err := b.account.ForgetData(ctx); err != nil {
		b.deps.Log.WarnContext(ctx, "card not told of new deals", "tenant", made[0].job.Tenant, "error", err)
	}
	b.forEach(ctx, made, func(it *item) error { return it.rememberContact(ctx) })
}

// rememberContact makes sure that a new contact is found for the client although the CRM's search lags. It is not linked: a
// link hides other contacts, and that is for the agent to say.
func (it *item) rememberContact(ctx context.Context) error {
	st := &it.job.Steps
	if !st.ContactMade || st.ContactID == 0 || st.Remembered {
		return nil
	}
	client := it.ticket.Client // nobody when the ticket was not read again
	client.ID = st.ClientID
	if err := it.account.Remember(ctx, client, st.ContactID); err != nil {
		return err
	}
	st.Remembered = true
	return nil
}

// inOrder leaves out the items behind one of their ticket that was to go before them and has no deal yet.
func (b *batch) inOrder(items []*item) (out []*item) {
	blocked := map[int64]bool{}
	for _, it := range b.items {
		ticket := it.job.Request.TicketID
		switch mine := slices.Contains(items, it); {
		case mine && !blocked[ticket]:
			out = append(out, it)
		case mine:
		case it.job.Steps.LeadID == 0 && (!it.ended() || it.claimLost || !it.end.State.Finished()):
			blocked[ticket] = true
		}
	}
	return out
}
