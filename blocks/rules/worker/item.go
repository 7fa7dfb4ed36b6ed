package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
)

// item is one job on its way through the steps. Each step is skipped when an earlier try has done it.
type item struct {
	*batch
	job             *jobs.Job
	ticket          helpdesk.Ticket // read anew by every try that still has a deal to make
	plan            plan.Plan
	sent            bulk.Deal // the deal as it was sent last
	contactID       int64
	made            bulk.Contact // ID 0: made with the deal
	deletedContacts int          // times that its contact turned out to be gone
	unlock          func()
	end             *outcome
	claimLost       bool // another worker has it by now
}

// ended reports that nothing more is done about an item in this batch. A stop ends what has not begun.
func (it *item) ended() bool {
	it.mu.Lock()
	defer it.mu.Unlock()
	switch {
	case it.end != nil || it.claimLost:
		return true
	case it.shared != nil:
		it.end = it.shared
	case it.job.Steps.LeadID == 0 && it.stopping():
		it.end = &outcome{Outcome: jobs.Outcome{State: ledger.StateAccepted, Why: whyRestart}}
	}
	return it.end != nil
}

// hasOutcome reports whether an item has ended or is another worker's.
func (it *item) hasOutcome() bool {
	it.mu.Lock()
	defer it.mu.Unlock()
	return it.end != nil || it.claimLost
}

// fail ends an item with what its error makes of it.
func (it *item) fail(ctx context.Context, err error) {
	if errors.Is(err, ledger.ErrClaimLost) {
		it.deps.Log.WarnContext(ctx, "firing was taken over", "tenant", it.job.Tenant, "firing", it.job.ID)
		it.mu.Lock()
		it.claimLost = true
		it.mu.Unlock()
		return
	}
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.end != nil || it.claimLost {
		return
	}
	if it.shared != nil { // who was under way when it began only felt the same
		it.end = it.shared
		return
	}
	v := classify(err, *it.job, it.now())
	it.deps.Log.InfoContext(ctx, "firing not done", "tenant", it.job.Tenant, "firing", it.job.ID, "becomes", string(v.State), "why", jobs.English(v.Why), "error", err)
	if v.shared {
		it.shared = &v
	}
	it.end = &v
}

// unlockClient releases the lock on the item's client.
func (it *item) unlockClient() {
	if it.unlock != nil {
		it.unlock()
		it.unlock = nil
	}
}

// unfinished returns the items that have not ended.
func unfinished(items []*item) (out []*item) {
	for _, it := range items {
		if !it.ended() {
			out = append(out, it)
		}
	}
	return out
}

// clientKeys are the keys under which the batch knows a client: the id, and each phone and e-mail.
func (it *item) clientKeys() []string {
	keys := []string{it.clientKey()}
	for _, line := range people.Lines(it.ticket.Client, it.region) {
		keys = append(keys, "line "+line)
	}
	return keys
}

// clientKey tells the clients of a batch apart.
func (it *item) clientKey() string {
	c := it.ticket.Client
	if c.ID != 0 {
		return fmt.Sprint(c.ID)
	}
	return fmt.Sprint(c.Emails, c.Phones)
}

// exclusive reports whether the item's deal depends on what else is made for its client.
func (it *item) exclusive() bool {
	return it.contactID == 0 || it.job.Request.OnOpenDeal() != request.OpenDealCreate
}
