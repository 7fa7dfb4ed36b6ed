package rules

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/once"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

const sideBySide = 8 // reads of one haul that are under way together

// haul is the work on one claim: tickets and clients are read side by side, contacts found, and then as many deals as
// possible go to the CRM in one call, their notes in another. Each entry keeps its own steps, so that each can be taken
// up alone by a later try.
type haul struct {
	worker
	account  Account
	meta     crm.Meta
	lang     string           // of the company
	region   string           // where phones without a country code are read
	now      func() time.Time // Redis' clock
	stopping func() bool      // nothing more is begun
	jobs     []*job           // in the order of acceptance
	held     time.Time        // when the claims of what is sent next were last known to be ours

	mu        sync.Mutex
	common    *verdict         // what hinders one and would hinder all
	contacts  map[string]int64 // of clients, that this haul has found or made
	companies map[string]int64 // by name
}

// job is one entry on its way through the steps. Each step is skipped when an earlier try has done it.
type job struct {
	*haul
	e         *Entry
	ticket    helpdesk.Ticket // read anew by every try that still has a deal to make
	plan      plan.Plan
	sent      bulk.Deal // the deal as it was sent last
	contactID int64
	made      bulk.Contact // ID 0: made with the deal
	moved     int          // times that its contact turned out to be gone
	unlock    func()
	end       *verdict
	lost      bool // another worker has it by now
}

// haulOff works off a claim and stores what becomes of its entries. pause is how long to leave the tenant alone.
func (s worker) haulOff(ctx, work context.Context, b Batch, tenantID string) (pause time.Duration) {
	began := time.Now()
	h := &haul{worker: s, contacts: map[string]int64{}, companies: map[string]int64{},
		now:      func() time.Time { return b.Now.Add(time.Since(began)) },
		stopping: func() bool { return ctx.Err() != nil }}
	for i := range b.Jobs {
		h.jobs = append(h.jobs, &job{haul: h, e: &b.Jobs[i]})
	}
	stopRenewing := s.queue.Renewing(work, b, tenantID)
	defer stopRenewing()
	h.run(work, tenantID)
	h.settle(work)
	if h.common != nil && h.common.State == ledger.StateAccepted {
		return h.common.After
	}
	return 0
}

func (h *haul) run(ctx context.Context, tenantID string) {
	var err error
	if h.account, err = h.deps.Account(ctx, tenantID, store.Background); err == nil {
		h.meta, err = h.account.Meta(ctx)
	}
	if err == nil {
		var t tenant.Tenant
		t, err = h.tenant(ctx, tenantID)
		h.lang = t.Language()
		h.region = phone.Region(t.Settings.Region, h.meta.Account.Country)
	}
	if err != nil {
		for _, j := range h.jobs {
			j.fail(ctx, err)
		}
		return
	}
	h.read(ctx)
	once.Recover(ctx, write{h, leads{h}}, alive(h.jobs))
	for open := h.open(); len(open) > 0; open = h.open() { // every turn ends or moves on at least the first of them
		h.deals(ctx, h.ready(ctx, open))
	}
	h.each(ctx, h.jobs, func(j *job) error { return j.remember(ctx) }) // if an earlier try did not get to it
	h.add(ctx, comments{h})
	for range 2 { // a task that is refused for its user goes without him
		h.add(ctx, tasks{h})
	}
	h.add(ctx, remarkNotes{h})
}

// each does f for the jobs that have not ended, some side by side; an error ends its job.
func (h *haul) each(ctx context.Context, jobs []*job, f func(*job) error) {
	slots := make(chan struct{}, sideBySide)
	var group sync.WaitGroup
	for _, j := range jobs {
		if j.ended() {
			continue
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if j.ended() { // what hinders all has come up meanwhile
				return
			}
			if err := f(j); err != nil {
				j.fail(ctx, err)
			}
		})
	}
	group.Wait()
}

// open are the jobs that have a deal to make. One behind an unfinished job of its ticket waits for it.
func (h *haul) open() (out []*job) {
	stuck := map[int64]bool{}
	for _, j := range h.jobs {
		ticket := j.e.Request.TicketID
		switch ended := j.ended(); {
		case !ended && j.e.Steps.LeadID != 0:
		case !ended && stuck[ticket]:
			j.end = &verdict{Outcome: Outcome{State: ledger.StateAccepted, Why: ledger.WhyBehind}}
		case !ended:
			out = append(out, j)
		case j.lost || !j.end.State.Finished():
			stuck[ticket] = true
		}
	}
	return out
}

// ended says that nothing more is done about a job in this haul. A stop ends what has not begun.
func (j *job) ended() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.end != nil || j.lost:
		return true
	case j.common != nil:
		j.end = j.common
	case j.e.Steps.LeadID == 0 && j.stopping():
		j.end = &verdict{Outcome: Outcome{State: ledger.StateAccepted, Why: whyRestart}}
	}
	return j.end != nil
}

// closed reports whether a job has ended or is another worker's.
func (j *job) closed() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.end != nil || j.lost
}

// fail ends a job with what its error makes of it.
func (j *job) fail(ctx context.Context, err error) {
	if errors.Is(err, ledger.ErrClaimLost) {
		j.deps.Log.WarnContext(ctx, "firing was taken over", "tenant", j.e.Tenant, "firing", j.e.ID)
		j.mu.Lock()
		j.lost = true
		j.mu.Unlock()
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.end != nil || j.lost {
		return
	}
	if j.common != nil { // who was under way when it began only felt the same
		j.end = j.common
		return
	}
	v := judge(err, *j.e, j.now())
	j.deps.Log.InfoContext(ctx, "firing not done", "tenant", j.e.Tenant, "firing", j.e.ID, "becomes", string(v.State), "why", English(v.Why), "error", err)
	if v.wide {
		j.common = &v
	}
	j.end = &v
}

// settle stores what has become of the jobs.
func (h *haul) settle(ctx context.Context) {
	slots := make(chan struct{}, sideBySide)
	var group sync.WaitGroup
	for _, j := range h.jobs {
		j.free()
		if j.lost {
			continue
		}
		if j.end == nil {
			j.end = &verdict{Outcome: done(*j.e)}
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			h.worker.settle(ctx, j.e, *j.end)
		})
	}
	group.Wait()
}

// done is the outcome of an entry with which nothing more is to be done.
func done(e Entry) Outcome {
	o := Outcome{State: ledger.StateDone}
	if !e.Steps.Skipped && len(e.Steps.Remarks) > 0 {
		o.Label, o.Problems, o.Why = ledger.LabelRemarks, e.Steps.Remarks, ledger.Because("remarks", "", told(e.Steps.Remarks))
	}
	return o
}

// free gives back the lock on the job's client.
func (j *job) free() {
	if j.unlock != nil {
		j.unlock()
		j.unlock = nil
	}
}

// record stores what the jobs have achieved in one go; a job whose claim is gone ends.
func (h *haul) record(ctx context.Context, jobs []*job, text func(*job) ledger.Reason) {
	h.recordAll(ctx, jobs, true, text)
}

// hold stores what the jobs are about to send, and so makes sure that it is still theirs to send.
func (h *haul) hold(ctx context.Context, jobs []*job, text ledger.Reason) {
	h.held = time.Now() // before: the lease begins no later than this
	h.recordAll(ctx, jobs, false, func(*job) ledger.Reason { return text })
}

func (h *haul) recordAll(ctx context.Context, jobs []*job, progress bool, text func(*job) ledger.Reason) {
	entries, texts := make([]Entry, len(jobs)), make([]ledger.Reason, len(jobs))
	for i, j := range jobs {
		entries[i], texts[i] = *j.e, text(j)
	}
	for i, err := range h.ledger.RecordAll(ctx, entries, texts, progress) {
		if err != nil {
			jobs[i].fail(ctx, err)
		}
	}
}

// alive are the jobs that have not ended.
func alive(jobs []*job) (out []*job) {
	for _, j := range jobs {
		if !j.ended() {
			out = append(out, j)
		}
	}
	return out
}

// clientKeys are the keys under which the haul knows a client: his own, and each of his phones and e-mails.
func (j *job) clientKeys() []string {
	keys := []string{j.clientKey()}
	for _, line := range people.Lines(j.ticket.Client, j.region) {
		keys = append(keys, "line "+line)
	}
	return keys
}

// clientKey tells the clients of a haul apart.
func (j *job) clientKey() string {
	c := j.ticket.Client
	if c.ID != 0 {
		return fmt.Sprint(c.ID)
	}
	return fmt.Sprint(c.Emails, c.Phones)
}
