package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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
