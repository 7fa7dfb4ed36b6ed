package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
)

// leads are the deals that rules ask for.
type leads struct{ planner }

// make makes the deals of items whose contacts are known, with the contacts to make, in one call. The intents are stored
// before; they stay when the answer is lost and go when the CRM refused.
func (d leads) make(ctx context.Context, items []*item) {
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
	once.Make(ctx, write{d.batch, d}, unfinished(items))
	d.unregister(ctx, items)
	d.conclude(ctx, items)
}

func (leads) name() string { return "deal" }

func (leads) slot(st *jobs.Steps) (*int64, **jobs.Intent) { return &st.LeadID, &st.LeadIntent }

// prepare makes the bodies of the deals, too, and says to all workers what they would make.
func (d leads) prepare(ctx context.Context, items []*item) {
	for _, it := range items {
		in, err := d.input(ctx, it)
		if err != nil {
			it.fail(ctx, err)
			continue
		}
		it.sent, it.job.Steps.LeadIntent = in, d.intent(it)
	}
	if err := d.register(ctx, unfinished(items)); err != nil {
		failAll(ctx, unfinished(items), err)
	}
}

// intent is what is stored before the item's deal is sent.
func (d leads) intent(it *item) *jobs.Intent {
	l := it.plan.Deal
	i := &jobs.Intent{At: d.now(), ContactID: it.contactID, PipelineID: l.PipelineID, Price: wholeOf(l.Price), By: d.user()}
	if name := strings.TrimSpace(l.Name); name != "" {
		i.Mark = d.fingerprint(name)
	}
	return i
}

// wholeOf is a price without cents, nil for any other.
func wholeOf(price json.Number) *int64 {
	n, err := price.Int64()
	if err != nil || strings.Contains(price.String(), ".") {
		return nil
	}
	return &n
}

// next leaves out the items behind one of their ticket that was to go before them and has no deal yet.
func (d leads) next(items []*item) (out []*item) {
	blocked := map[int64]bool{}
	for _, it := range d.items {
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

func (d leads) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	body := make([]bulk.Deal, len(items))
	for i, it := range items {
		body[i] = it.sent
	}
	return d.account.MakeDeals(ctx, body)
}

// refused leaves out what the CRM has refused, where the deal is worth another try.
func (d leads) refused(ctx context.Context, it *item, err error) {
	if !d.leaveOut(ctx, it, err) && !d.contacts.deleted(ctx, it) && !d.leaveOutAll(ctx, it, err) {
		it.fail(ctx, d.explain(it, err))
	}
}

// explain names the mistakes of a refused deal, with what the account would accept where that is known.
func (d leads) explain(it *item, err error) error {
	known := plan.Check(it.job.Request, d.meta)
	return explain(err, "refused_deal", func(m crm.Mistake) request.Problem {
		p := request.Problem{Path: it.plan.From.Path(m.Path), Code: m.Code, Detail: m.Detail}
		for _, k := range known {
			if k.Path == p.Path {
				p.Detail = strings.TrimSuffix(p.Detail, ".") + " (" + k.Detail + ")"
			}
		}
		return p
	})
}

// input is the deal as it is sent.
func (d leads) input(ctx context.Context, it *item) (bulk.Deal, error) {
	in := it.plan.Deal
	in.Key, in.Contact = it.job.ID, bulk.Contact{ID: it.contactID}
	if it.contactID == 0 {
		in.Contact = it.made
	}
	if err := d.fillMapped(ctx, it, &in); err != nil {
		return in, err
	}
	in.Fields = it.job.Steps.Omitted.Fields(in.Fields, plan.OfLead)
	in.Contact.Fields = it.job.Steps.Omitted.Fields(in.Contact.Fields, plan.OfContact)
	if it.plan.Company == "" {
		return in, nil
	}
	company, known := d.companies[it.plan.Company]
	if !known {
		var err error
		company, err = d.account.CompanyNamed(ctx, it.plan.Company)
		if err != nil && !errors.Is(err, crm.ErrForbidden) { // a deal must not fail for companies that may not be read
			return in, fmt.Errorf("company of the deal: %w", err)
		}
		d.companies[it.plan.Company] = company
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
			if !ours { // a job that looked for a lost deal took it for its own; ours is the one that it has left
				it.fail(ctx, &lookAgain{after: d.deps.LookGap})
				continue
			}
		}
		d.setDeal(it, deals[i])
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
func (d leads) setDeal(it *item, r bulk.Made) {
	st := &it.job.Steps
	st.ContactMade = st.LeadIntent != nil && st.LeadIntent.ContactID == 0 && !r.Merged
	st.LeadID, st.ContactID, st.Attached, st.LeadIntent = r.ID, r.ContactID, r.Merged, nil
	st.LeadURL = d.account.DealURL(st.LeadID)
	d.contacts.share(it, st.ContactID, st.ContactMade)
}

// conclude does what follows from new deals: their contacts are remembered, cards show them.
func (d leads) conclude(ctx context.Context, items []*item) {
	made := crm.Filter(items, func(it *item) bool { return it.job.Steps.LeadID != 0 })
	if len(made) == 0 {
		return
	}
	if err := d.account.ForgetData(ctx); err != nil {
		d.deps.Log.WarnContext(ctx, "card not told of new deals", "tenant", made[0].job.Tenant, "error", err)
	}
	d.forEach(ctx, made, func(it *item) error { return d.contacts.remember(ctx, it) })
}
