package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/internal/turn"
)

const maxParallel = 8 // reads of one batch that are under way together

// batch is the work on one claim: tickets and clients are read side by side, contacts found, and then as many deals as
// possible go to the CRM in one call, their notes in another. Each job keeps its own steps, so that each can be taken
// up alone by a later try.
type batch struct {
	*Worker
	account     bulk.Account
	meta        crm.Meta
	lang        string           // of the company
	region      string           // where phones without a country code are read
	now         func() time.Time // Redis' clock
	stopping    func() bool      // nothing more is begun
	items       []*item          // in the order of acceptance
	contacts    contacts
	confirmedAt time.Time // when the claims of what is sent next were last known to be ours

	mu        sync.Mutex
	shared    *outcome         // what hinders one and would hinder all
	companies map[string]int64 // by name
}

func (b *batch) run(ctx context.Context, tenantID string) {
	var err error
	if b.account, err = b.deps.Account(ctx, tenantID, store.Background); err == nil {
		b.meta, err = b.account.Meta(ctx)
	}
	if err == nil {
		var t tenant.Tenant
		t, err = b.tenant(ctx, tenantID)
		b.lang = t.Language()
		b.region = phone.Region(t.Settings.Region, b.meta.Account.Country)
	}
	if err != nil {
		failAll(ctx, b.items, err)
		return
	}
	deals := leads{planner{b}}
	deals.read(ctx)
	once.Recover(ctx, write{b, deals}, unfinished(b.items))
	for open := b.withoutDeal(); len(open) > 0; open = b.withoutDeal() { // every turn ends or moves on at least the first of them
		deals.make(ctx, b.contacts.next(ctx, open))
	}
	b.forEach(ctx, b.items, func(it *item) error { return b.contacts.remember(ctx, it) }) // if an earlier try did not get to it
	b.notes().add(ctx)
	for range 2 { // a task that is refused for its user is sent once more without one
		b.tasks().add(ctx)
	}
	b.remarks().add(ctx)
}

// forEach runs f for the items that have not ended, some side by side; an error ends its item.
func (b *batch) forEach(ctx context.Context, items []*item, f func(*item) error) {
	parallel(unfinished(items), func(it *item) {
		turn.Wait(ctx)
		if it.ended() { // what hinders all has come up meanwhile
			return
		}
		if err := f(it); err != nil {
			it.fail(ctx, err)
		}
	})
}

// parallel runs f for items, some side by side.
func parallel(items []*item, f func(*item)) {
	var group errgroup.Group
	group.SetLimit(maxParallel)
	for _, it := range items {
		group.Go(func() error { f(it); return nil })
	}
	_ = group.Wait() // each item keeps its own error
}

// withoutDeal returns the items that have a deal to make. One behind an unfinished item of its ticket waits for it.
func (b *batch) withoutDeal() (out []*item) {
	blocked := map[int64]bool{}
	for _, it := range b.items {
		ticket := it.job.Request.TicketID
		switch ended := it.ended(); {
		case !ended && it.job.Steps.LeadID != 0:
		case !ended && blocked[ticket]:
			it.end = &outcome{Outcome: jobs.Outcome{State: ledger.StateAccepted, Why: ledger.WhyBehind}}
		case !ended:
			out = append(out, it)
		case it.claimLost || !it.end.State.Finished():
			blocked[ticket] = true
		}
	}
	return out
}

// finish stores what has become of the items.
func (b *batch) finish(ctx context.Context) {
	parallel(b.items, func(it *item) {
		it.unlockClient()
		switch {
		case it.claimLost:
			return
		case it.end == nil:
			it.end = &outcome{Outcome: done(*it.job)}
		}
		b.Worker.finish(ctx, it.job, *it.end)
	})
}

// record stores what the items have achieved in one go; an item whose claim is gone ends.
func (b *batch) record(ctx context.Context, items []*item, text func(*item) ledger.Reason) {
	b.recordAll(ctx, items, true, text)
}

// confirm stores what the items are about to send, and so makes sure that it is still theirs to send.
func (b *batch) confirm(ctx context.Context, items []*item, text ledger.Reason) {
	b.confirmedAt = time.Now() // before: the lease begins no later than this
	b.recordAll(ctx, items, false, func(*item) ledger.Reason { return text })
}

func (b *batch) recordAll(ctx context.Context, items []*item, progress bool, text func(*item) ledger.Reason) {
	all, texts := make([]jobs.Job, len(items)), make([]ledger.Reason, len(items))
	for i, it := range items {
		all[i], texts[i] = *it.job, text(it)
	}
	for i, err := range b.deps.Ledger.RecordAll(ctx, all, texts, progress) {
		if err != nil {
			items[i].fail(ctx, err)
		}
	}
}

// user is the CRM user who is logged in, 0 when that is not known for certain.
func (b *batch) user() int64 {
	if b.meta.Stale {
		return 0
	}
	return int64(b.meta.Account.CurrentUserID)
}

// fingerprint stands for a text in the steps: what rules and clients wrote is kept sealed only.
func (b *batch) fingerprint(text string) string { return b.deps.DB.Ring().Fingerprints(text)[0] }

// hasMark reports whether mark was made of the text, with any key of the ring: the newest may be newer than the mark.
func (b *batch) hasMark(text, mark string) bool {
	return slices.Contains(b.deps.DB.Ring().Fingerprints(text), mark)
}

// item is one job on its way through the steps. Each step is skipped when an earlier try has done it.
type item struct {
	*batch
	job             *jobs.Job
	ticket          helpdesk.Ticket // read anew by every try that still has a deal to make
	lines           []string        // clientKeys of it
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

// failAll ends items with what hinders all of them.
func failAll(ctx context.Context, items []*item, err error) {
	for _, it := range items {
		it.fail(ctx, err)
	}
}

// unlockClient releases the lock on the item's client.
func (it *item) unlockClient() {
	if it.unlock != nil {
		it.unlock()
		it.unlock = nil
	}
}

// unfinished returns the items that have not ended.
func unfinished(items []*item) []*item {
	return crm.Filter(items, func(it *item) bool { return !it.ended() })
}

// clientKeys are the keys under which the batch knows a client: the id, and each phone and e-mail.
func (it *item) clientKeys() []string {
	if it.lines == nil { // reading phones takes its time, and each round asks
		it.lines = []string{it.clientKey()}
		for _, line := range people.Lines(it.ticket.Client, it.region) {
			it.lines = append(it.lines, "line "+line)
		}
	}
	return it.lines
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
