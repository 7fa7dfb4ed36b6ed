// Package worker works the jobs of rules off: a claim of up to 50 jobs of one tenant becomes tickets, contacts, deals in one call,
// their notes in another, and an outcome for each job.
//
//	Handle → batch.run
//	  tickets  each read once, and the request worked out to a plan (package plan)
//	  contacts known, found or to be made
//	  deals    one leads/complex; one whose answer was lost is looked for first
//	  notes, tasks, remarks   one call each
//	  finish   the outcome is stored, and told to the helpdesk if the tenant wants that
//
// It refuses to know how jobs are accepted and shown (package rules) and stored and claimed (internal/ledger).
//
// Invariants:
//   - Nothing is sent later than two thirds of a lease after the claim was last known to be the worker's.
//   - The intent to write is stored before the write is sent. A write whose answer is not known is looked for in the CRM
//     before it may be sent again, so one job makes one deal (internal/once).
//   - Waiting (rate limit, CRM down, dead grant) uses up no attempt.
package worker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/ledger/dispatch"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Desk is what the work needs of a tenant's helpdesk; *usedesk.API is one.
type Desk interface {
	Ticket(ctx context.Context, id int64) (usedesk.Ticket, error)
	ClientByID(ctx context.Context, id int64) (usedesk.Client, error)
	CreateComment(ctx context.Context, in usedesk.CommentInput) (id int64, err error)
}

// Deps is what a Worker stands on. Zero durations get their defaults.
type Deps struct {
	DB      *store.DB
	Ledger  *jobs.Ledger // nil: the one in DB, with Lease
	Tenants *tenant.Directory
	// Account opens a tenant's CRM account.
	Account func(ctx context.Context, tenantID string, p store.Priority) (bulk.Account, error)
	// Desk opens a tenant's helpdesk. It is not asked for a tenant without a helpdesk token.
	Desk func(t tenant.Tenant) (Desk, error)
	// Connected reports whether the tenant has a living grant.
	Connected func(ctx context.Context, tenantID string) (bool, error)
	// Text returns a text of the catalogue for comments in the helpdesk; nil: none are written.
	Text func(lang, key string, args ...any) string
	// Problem returns the words of a problem in a language; nil: they are English.
	Problem func(lang string, p request.Problem) string
	// OnOutcome is called with every job that has come to rest or waits again; it must not block. May be nil.
	OnOutcome func(e jobs.Job)
	Log       *slog.Logger // nil: silent

	Lease time.Duration // of a claim, renewed while it is worked on; default 30 s
	Poll  time.Duration // for work that other replicas accepted; default 250 ms
	Sweep time.Duration // for work whose hint was lost; default 30 s
	// LockFor is how long a client is waited for that another worker makes something for; default 1 s, more than a slow disk of
	// Redis takes for the lock alone.
	LockFor time.Duration
	LookGap time.Duration // between two looks for a write whose answer was lost; default 2 s
	LookFor time.Duration // from such a write to the last look; default 5 s
	// LookSlow is from a write that was given up to the last look when the CRM may still have been at it; default 1 min.
	LookSlow time.Duration
}

// Worker works jobs off.
type Worker struct {
	Queue *jobs.Queue // has to run for anything to be worked off
	deps  *Deps
}

// New returns a Worker. It sets the defaults of d.
func New(d *Deps) *Worker {
	d.Log = cmp.Or(d.Log, slog.New(slog.DiscardHandler))
	d.Lease, d.LockFor = cmp.Or(d.Lease, 30*time.Second), cmp.Or(d.LockFor, time.Second)
	d.LookGap, d.LookFor, d.LookSlow = cmp.Or(d.LookGap, 2*time.Second), cmp.Or(d.LookFor, 5*time.Second), cmp.Or(d.LookSlow, time.Minute)
	if d.Ledger == nil {
		d.Ledger = jobs.NewLedger(d.DB, d.Lease)
	}
	w := &Worker{deps: d}
	w.Queue = dispatch.New(dispatch.Config[request.Request, jobs.Steps, request.Problem]{DB: d.DB, Ledger: d.Ledger, Name: "fire",
		Each: d.Tenants.Each, Connected: d.Connected, Handle: w.Handle, Log: d.Log, Poll: d.Poll, Sweep: d.Sweep})
	return w
}

// Handle works off a claim (dispatch.Handler), inside a trace that has begun with it, and stores what becomes of its jobs. pause is how
// long to leave the tenant alone.
func (w *Worker) Handle(ctx, work context.Context, tenantID string, claim jobs.Batch, began time.Time) (pause time.Duration) {
	var from []string
	for _, j := range claim.Jobs {
		if j.Mark != "" {
			from = append(from, j.Mark)
		}
	}
	work, end := step(work, "haul", began, len(claim.Jobs), from...)
	defer end()
	_, claimed := step(work, "claim", began, len(claim.Jobs))
	claimed()
	taken := time.Now()
	b := &batch{Worker: w, companies: map[string]int64{},
		now:      func() time.Time { return claim.Now.Add(time.Since(taken)) },
		stopping: func() bool { return ctx.Err() != nil }}
	b.contacts = contacts{b, map[string]int64{}}
	for i := range claim.Jobs {
		b.items = append(b.items, &item{batch: b, job: &claim.Jobs[i]})
	}
	stopRenewing := w.Queue.Renewing(work, claim, tenantID)
	defer stopRenewing()
	b.run(work, tenantID)
	b.finish(work)
	if b.shared != nil && b.shared.State == ledger.StateAccepted {
		return b.shared.After
	}
	return 0
}

// finish stores what becomes of a job.
func (w *Worker) finish(ctx context.Context, j *jobs.Job, v outcome) {
	w.tellBack(ctx, j, v.Outcome)
	// The outcome must be stored even when the work was interrupted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := w.deps.Ledger.Finish(ctx, *j, v.Outcome)
	j.State, j.Label = v.State, v.Label
	switch {
	case errors.Is(err, ledger.ErrClaimLost):
		w.deps.Log.WarnContext(ctx, "firing was taken over", "tenant", j.Tenant, "firing", j.ID)
	case err != nil: // its lease ends, and it is claimed again from the steps that are stored
		w.deps.Log.ErrorContext(ctx, "store outcome of a firing", "tenant", j.Tenant, "firing", j.ID, "error", err)
	default:
		if w.deps.OnOutcome != nil {
			w.deps.OnOutcome(*j)
		}
	}
	w.Queue.Notify(j.Tenant, j.ID)
}

// step starts the span of a step of the work on so many jobs, at since, or now when that is zero; end ends it. The span is
// linked to the traces that from, W3C traceparents that jobs keep, name; what is none is left out.
func step(ctx context.Context, name string, since time.Time, entries int, from ...string) (traced context.Context, end func()) {
	options := []trace.SpanStartOption{trace.WithAttributes(attribute.Int("sidecard.entries", entries))}
	if !since.IsZero() {
		options = append(options, trace.WithTimestamp(since))
	}
	for _, mark := range from {
		marked := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": mark})
		if link := trace.LinkFromContext(marked); link.SpanContext.IsValid() {
			options = append(options, trace.WithLinks(link))
		}
	}
	ctx, span := otel.Tracer("github.com/sidecard/sidecard/blocks/rules").Start(ctx, name, options...)
	return ctx, func() { span.End() }
}
