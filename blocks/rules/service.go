package rules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/ledger/dispatch"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Account is what the work needs of a tenant's CRM account; bulk.Account is one.
type Account interface {
	Meta(ctx context.Context) (crm.Meta, error)
	Mapped(ctx context.Context, entity string, t helpdesk.Ticket) (map[int64][]string, error)
	KeepsCents(ctx context.Context) (bool, error)
	Forget(ctx context.Context) error
	ForgetData(ctx context.Context) error

	Known(ctx context.Context, clientID int64) (contactID int64, err error)
	Resolve(ctx context.Context, c helpdesk.Client) (bulk.Contact, error)
	Remember(ctx context.Context, c helpdesk.Client, contactID int64) error
	Unlink(ctx context.Context, clientID int64) error
	LockClient(ctx context.Context, c helpdesk.Client) (unlock func(), err error)
	ContactName(ctx context.Context, contactID int64) (string, error)
	ContactGone(ctx context.Context, contactID int64) bool
	IsClient(ctx context.Context, contactID int64, c helpdesk.Client, region string) (bool, error)
	CompanyNamed(ctx context.Context, name string) (companyID int64, err error)

	MakeDeals(ctx context.Context, deals []bulk.Deal) ([]bulk.Made, error)
	MakeNotes(ctx context.Context, notes []bulk.Note) ([]bulk.Made, error)
	MakeTasks(ctx context.Context, tasks []bulk.Task) ([]bulk.Made, error)
	AddTags(ctx context.Context, dealID int64, tags []string) error
	OpenDeal(ctx context.Context, contactID int64) (newest deals.Deal, ok bool, err error)
	DealURL(id int64) string

	Now() (now time.Time, ok bool)
	DealsMade(ctx context.Context, clientID int64) (dealIDs []int64, err error)
	NewestDeals(ctx context.Context, limit int) ([]bulk.FoundDeal, error)
	NewestDealsOf(ctx context.Context, contactID int64, limit int) ([]bulk.FoundDeal, error)
	NotesOf(ctx context.Context, dealID int64) ([]bulk.Found, error)
	TasksOf(ctx context.Context, dealID int64) ([]bulk.Found, error)
}

// Desk is what the work needs of a tenant's helpdesk; *usedesk.API is one.
type Desk interface {
	Ticket(ctx context.Context, id int64) (usedesk.Ticket, error)
	ClientByID(ctx context.Context, id int64) (usedesk.Client, error)
	CreateComment(ctx context.Context, in usedesk.CommentInput) (id int64, err error)
}

// Tenants is what the work needs of the tenants; *tenant.Directory is one.
type Tenants interface {
	Get(ctx context.Context, id string) (tenant.Tenant, error)
	Each(ctx context.Context, visit func(id string) error) error
}

// Deps is what a Service stands on. Zero durations get their defaults.
type Deps struct {
	DB      *store.DB
	Tenants Tenants
	// Account opens a tenant's CRM account.
	Account func(ctx context.Context, tenantID string, p store.Priority) (Account, error)
	// Desk opens a tenant's helpdesk. It is not asked for a tenant without a helpdesk token.
	Desk func(t tenant.Tenant) (Desk, error)
	// Connected says whether the tenant has a living grant.
	Connected func(ctx context.Context, tenantID string) (bool, error)
	// Text gives a text of the catalogue for comments in the helpdesk; nil: none are written.
	Text func(lang, key string, args ...any) string
	// Problem gives the words of a problem in a language; nil: they are English.
	Problem func(lang string, p request.Problem) string
	// Metrics may be nil.
	Metrics prometheus.Registerer
	// OnOutcome is called with every job that has come to rest or waits again; it must not block. May be nil.
	OnOutcome func(e jobs.Job)
	Log       *slog.Logger // nil: silent

	Lease time.Duration // of a claim, renewed while it is worked on; default 30 s
	Poll  time.Duration // for work that other replicas accepted; default 250 ms
	Sweep time.Duration // for work whose hint was lost; default 30 s
	// LockFor is how long a client is waited for that another worker makes something for; default 1 s, more than a slow disk of
	// Redis takes for the lock alone.
	LockFor time.Duration
	CheckIn time.Duration // for which a caller of Check may be kept for the account's vocabulary; default 300 ms
	LookGap time.Duration // between two looks for a write whose answer was lost; default 2 s
	LookFor time.Duration // from such a write to the last look; default 5 s
	// LookSlow is from a write that was given up to the last look when the CRM may still have been at it; default 1 min.
	LookSlow time.Duration
}

// core is what accepting, working off and the inbox share.
type core struct {
	deps   Deps
	ledger *jobs.Ledger
	queue  *dispatch.Dispatcher[request.Request, jobs.Steps, request.Problem]
	ends   *prometheus.CounterVec
}

// Service accepts firings and works them off. It is safe for concurrent use, by any number of replicas on one Redis.
type Service struct {
	*core
	Records
	memo *memo
}

// NewService makes a Service. Run has to run for anything to be worked off.
func NewService(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	for _, x := range []struct {
		d    *time.Duration
		dflt time.Duration
	}{{&d.Lease, 30 * time.Second}, {&d.CheckIn, 300 * time.Millisecond}, {&d.LockFor, time.Second}, {&d.LookGap, 2 * time.Second},
		{&d.LookFor, 5 * time.Second}, {&d.LookSlow, time.Minute}} {
		if *x.d == 0 {
			*x.d = x.dflt
		}
	}
	c := &core{deps: d, ledger: jobs.NewLedger(d.DB, d.Lease)}
	s := &Service{core: c, Records: Records{c}, memo: newMemo()}
	c.metered(s.Totals)
	c.queue = dispatch.New(dispatch.Config[request.Request, jobs.Steps, request.Problem]{DB: d.DB, Ledger: c.ledger, Name: "fire",
		Each:      func(ctx context.Context, visit func(string) error) error { return d.Tenants.Each(ctx, visit) },
		Connected: d.Connected, Handle: worker{c}.traced, Log: d.Log, Poll: d.Poll, Sweep: d.Sweep})
	return s
}

// Accept stores a firing of a tenant; when it returns without an error, the firing is not lost any more. existed: it is
// a repeat of one of the last 24 hours, and the entry is that one as it is now. headerKey is the caller's own idempotency
// key, "" for none. ledger.ledger.ErrFull when too many are waiting. A firing that looks like a loop is stored as failed (Ledger.Accept).
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
		return s.ledger.Accept(ctx, t.ID, jobs.Offer{Request: r, Repeat: idem, Steps: jobs.Steps{Skipped: true},
			End: jobs.Outcome{State: ledger.StateDone, Why: ledger.Because("own_comment", cause, "")}})
	}
	return s.queue.Accept(ctx, t.ID, jobs.Offer{Request: r, Repeat: idem, Mark: traceMark(ctx)})
}

// Run works off what is due until ctx ends (dispatch.Dispatcher).
func (s *Service) Run(ctx context.Context) error { return s.queue.Run(ctx) }

// Wait returns a firing as soon as it is done, failed or held, or as it is when ctx ends. dispatch.ErrTooManyWait at once when too
// many wait already.
func (s *Service) Wait(ctx context.Context, tenantID, id string) (jobs.Job, error) {
	return s.queue.Wait(ctx, tenantID, id)
}

// Resume makes a tenant's held entries due, after a login, and returns how many.
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
	if anew {
		if err := a.Forget(ctx); err != nil {
			return crm.Meta{}, fmt.Errorf("read vocabulary: %w", err)
		}
	}
	meta, err := a.Meta(ctx)
	if err == nil && meta.Stale {
		err = errors.New("read vocabulary: only an old one is at hand")
	}
	return meta, err
}
