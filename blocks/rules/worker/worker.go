package worker

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger/dispatch"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Account is what the work needs of a tenant's CRM account; bulk.Account is one.
type Account interface {
	Meta(ctx context.Context) (crm.Meta, error)
	Mapped(ctx context.Context, entity string, t helpdesk.Ticket) (map[int64][]string, error)
	KeepsCents(ctx context.Context) (bool, error)
	FreshMeta(ctx context.Context) (crm.Meta, error) // past the cache
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

// Deps is what a Worker stands on. Zero durations get their defaults.
type Deps struct {
	DB      *store.DB
	Ledger  *jobs.Ledger // nil: the one in DB, with Lease
	Tenants Tenants
	// Account opens a tenant's CRM account.
	Account func(ctx context.Context, tenantID string, p store.Priority) (Account, error)
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
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	d.Lease, d.LockFor = cmp.Or(d.Lease, 30*time.Second), cmp.Or(d.LockFor, time.Second)
	d.LookGap, d.LookFor, d.LookSlow = cmp.Or(d.LookGap, 2*time.Second), cmp.Or(d.LookFor, 5*time.Second), cmp.Or(d.LookSlow, time.Minute)
	if d.Ledger == nil {
		d.Ledger = jobs.NewLedger(d.DB, d.Lease)
	}
	w := &Worker{deps: d}
	w.Queue = dispatch.New(dispatch.Config[request.Request, jobs.Steps, request.Problem]{DB: d.DB, Ledger: d.Ledger, Name: "fire",
		Each:      func(ctx context.Context, visit func(string) error) error { return d.Tenants.Each(ctx, visit) },
		Connected: d.Connected, Handle: w.Handle, Log: d.Log, Poll: d.Poll, Sweep: d.Sweep})
	return w
}
