// Package rules turns a helpdesk rule's POST into one deal in the CRM: it stores the request as a job in the ledger, has it worked
// off (package worker) and shows and changes jobs for people (freeCreateLead; usedesk.md §3.2, amocrm.md §5.3). People call a job a
// firing or a run.
//
// It refuses to know HTTP routes and keys (package accept), how clients are matched to contacts (internal/crm) and how
// grants are kept (package oauth).
//
// Invariants, beside those of the ledger:
//   - Jobs of one ticket are worked off in the order in which they were accepted; a retried one joins at the end.
//   - Done jobs are kept for 7 days, failed and dropped ones for 90. Beyond 10,000 of them the oldest done ones go
//     earlier, never within the 24 hours in which a repeat is recognised by them, and are counted.
//   - A ticket that fires more than 20 times within an hour is stopped with one failed job, which counts the rest.
package rules

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/singleflight"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Deps is what a Service stands on. Zero durations get their defaults.
type Deps struct {
	worker.Deps
	// Metrics may be nil.
	Metrics prometheus.Registerer
	CheckIn time.Duration // for which a caller of Check may be kept for the account's vocabulary; default 300 ms
}

// core is what accepting, working off and the inbox share.
type core struct {
	deps   Deps
	queue  *jobs.Queue
	worker *worker.Worker
}

// Service accepts jobs and works them off. It is safe for concurrent use, by any number of replicas on one Redis.
type Service struct {
	*core
	Records
	memo *memo
}

// NewService returns a Service. Run has to run for anything to be worked off.
func NewService(d Deps) *Service {
	d.CheckIn = cmp.Or(d.CheckIn, 300*time.Millisecond)
	c := &core{deps: d}
	s := &Service{core: c, Records: Records{c}, memo: newMemo()}
	c.worker = worker.New(&c.deps.Deps)
	c.queue = c.worker.Queue
	s.metered()
	return s
}

// Accept stores a job of a tenant; when it returns without an error, the job is not lost any more. existed: it is
// a repeat of one of the last 24 hours, and the job is that one as it is now. headerKey is the caller's own idempotency
// key, "" for none. ledger.ErrFull when too many are waiting. A job that looks like a loop is stored as failed (ledger.Ledger.Accept).
func (s *Service) Accept(ctx context.Context, t tenant.Tenant, r request.Request, headerKey string) (e jobs.Job, existed bool, err error) {
	idem, err := r.Fingerprint(t.ID, headerKey)
	if err != nil {
		return jobs.Job{}, false, err
	}
	cause, err := s.causedBy(ctx, t.ID, r)
	if err != nil {
		return jobs.Job{}, false, err
	}
	if cause != "" {
		return s.deps.Ledger.Accept(ctx, t.ID, jobs.Offer{Request: r, Repeat: idem, Steps: jobs.Steps{Skipped: true},
			End: jobs.Outcome{State: ledger.StateDone, Why: ledger.Because("own_comment", cause, "")}})
	}
	return s.queue.Accept(ctx, t.ID, jobs.Offer{Request: r, Repeat: idem, Mark: traceMark(ctx)})
}

// Refuse stores a job that can't be carried out as it stands: it has failed from the beginning and lies in the inbox,
// where its body can be edited. existed: the same body was refused within the last 24 hours, and the job is that one as it
// is now. A ticket that fires too often is stopped as in Accept.
func (s *Service) Refuse(ctx context.Context, t tenant.Tenant, f request.Refused) (e jobs.Job, existed bool, err error) {
	r := f.Stored()
	raw, err := json.Marshal(r)
	if err != nil {
		return jobs.Job{}, false, fmt.Errorf("encode job: %w", err)
	}
	problems := request.Stopping(f.Problems)
	e, existed, err = s.deps.Ledger.Accept(ctx, t.ID, jobs.Offer{Request: r, Repeat: request.Digest(t.ID, "refused", raw), End: jobs.Outcome{
		State: ledger.StateFailed, Label: ledger.LabelRefused, Why: ledger.Because("rule_refused", "", jobs.Summary(problems)), Problems: problems}})
	if err == nil && !existed {
		s.deps.OnOutcome(e)
	}
	return e, existed, err
}

// Our own comment may fire the rule that it tells of. A job counts as caused by it when its name, comment or task
// quotes the comment's marker, and the marker is that of a job of the same tenant and ticket whose outcome was told
// within the last hour. Ids can't be guessed and the comment is private, so no client can have a job ignored; an
// agent who quotes it later, or on another ticket, is not mistaken for a loop.

const (
	loopWithin = time.Hour
	loopLooks  = 3 // markers of one job that are looked at
)

// causedBy returns the job whose comment caused r, "" when none did.
func (s *Service) causedBy(ctx context.Context, tenantID string, r request.Request) (string, error) {
	texts := r.Fields.Name + "\n" + r.Comment
	if r.Task != nil {
		texts += "\n" + r.Task.Text
	}
	for _, id := range jobs.MarkersIn(texts, loopLooks) {
		e, err := s.deps.Ledger.Get(ctx, tenantID, id)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if e.Steps.Told != "" && e.Request.TicketID == r.TicketID && time.Since(e.UpdatedAt) < loopWithin {
			return e.ID, nil
		}
	}
	return "", nil
}

// traceMark names the trace of ctx in W3C's form, which begins with its version; it is kept with the job. It is "" for a trace
// that is not sampled.
func traceMark(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	in := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, in)
	return in["traceparent"]
}

// Run works off what is due until ctx ends (dispatch.Dispatcher).
func (s *Service) Run(ctx context.Context) error { return s.queue.Run(ctx) }

// Wait returns a job as soon as it is done, failed or held, or as it is when ctx ends. dispatch.ErrTooManyWait at once when too
// many wait already.
func (s *Service) Wait(ctx context.Context, tenantID, id string) (jobs.Job, error) {
	return s.queue.Wait(ctx, tenantID, id)
}

// Resume makes a tenant's held jobs due, after a login, and returns how many.
func (s *Service) Resume(ctx context.Context, tenantID string) (int, error) {
	return s.queue.Resume(ctx, tenantID)
}

// Check compares a strict request with what the tenant's account has, as far as that is known within CheckIn: *Problems
// names unknown pipelines, stages, users, fields and choices with the known ones. nil when nothing can be said, and for
// other requests: what the account does not have is left out of their deals.
func (s *Service) Check(ctx context.Context, t tenant.Tenant, r request.Request) error {
	if t.ConnectedAt.IsZero() || !r.Strict {
		return nil
	}
	meta, ok := s.memo.get(t.ID, s.deps.CheckIn, func() (crm.Meta, error) { return s.vocabulary(t.ID, false) })
	if !ok {
		return nil
	}
	found := plan.Check(r, meta)
	if len(found) > 0 && time.Since(meta.At) > memoFresh {
		// It may have been added since: nothing is refused for what an old vocabulary lacks.
		meta, ok = s.memo.renew(t.ID, s.deps.CheckIn, func() (crm.Meta, error) { return s.vocabulary(t.ID, true) })
		if !ok {
			return nil
		}
		found = plan.Check(r, meta)
	}
	if len(found) == 0 {
		return nil
	}
	return &request.Problems{List: request.Stopping(found)}
}

// vocabulary reads what an account has; anew: past the cache. It has its own time, so that a caller who gives up does
// not waste it.
func (s *Service) vocabulary(tenantID string, anew bool) (crm.Meta, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a, err := s.deps.Account(ctx, tenantID, store.Interactive)
	if err != nil {
		return crm.Meta{}, fmt.Errorf("read vocabulary: %w", err)
	}
	read := a.Meta
	if anew {
		read = a.FreshMeta
	}
	meta, err := read(ctx)
	if err == nil && meta.Stale {
		err = errors.New("read vocabulary: only an old one is at hand")
	}
	return meta, err
}

const (
	memoFresh = time.Minute // a younger vocabulary may refuse a request
	memoKeep  = 10 * time.Minute
	maxMemo   = 48 // tenants: a large account's vocabulary is half a megabyte
)

// memo keeps the vocabularies of the tenants that fire most, so that accepting does not decode one each time. It is a
// cache of this process and nothing else: losing it costs a read.
type memo struct {
	flight singleflight.Group
	known  *lru.Cache[string, known]
}

type known struct {
	meta crm.Meta
	read time.Time
}

func newMemo() *memo {
	kept, _ := lru.New[string, known](maxMemo) // it errs for no size only
	return &memo{known: kept}
}

// get returns a tenant's vocabulary, at most ten minutes after it was read; one older than a minute is read again in
// the background. Without one it waits as long as it may. load makes no use of the caller's context.
func (m *memo) get(tenantID string, wait time.Duration, load func() (crm.Meta, error)) (crm.Meta, bool) {
	k, ok := m.known.Get(tenantID)
	age := time.Since(k.read)
	if !ok || age > memoKeep {
		return m.renew(tenantID, wait, load)
	}
	if age > memoFresh {
		m.flight.DoChan(tenantID, m.loading(tenantID, load))
	}
	return k.meta, true
}

// renew reads a tenant's vocabulary; ok is false when that fails or takes longer than wait, and it goes on then.
func (m *memo) renew(tenantID string, wait time.Duration, load func() (crm.Meta, error)) (crm.Meta, bool) {
	select {
	case got := <-m.flight.DoChan(tenantID, m.loading(tenantID, load)):
		if meta, ok := got.Val.(crm.Meta); ok && got.Err == nil {
			return meta, true
		}
	case <-time.After(wait):
	}
	return crm.Meta{}, false
}

func (m *memo) loading(tenantID string, load func() (crm.Meta, error)) func() (any, error) {
	return func() (any, error) {
		meta, err := load()
		if err != nil {
			return nil, err
		}
		m.known.Add(tenantID, known{meta: meta, read: time.Now()})
		return meta, nil
	}
}
