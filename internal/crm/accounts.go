package crm

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
)

// requestsPerSecond is amoCRM's limit per integration and account (amocrm.md §8.1).
const requestsPerSecond = 7

// Grants returns the source of access tokens of a tenant; oauth.Grants does.
type Grants interface {
	Auth(tenantID string) amocrm.Auth
}

// Deps is what Accounts stand on. HTTP gives the HTTP client for an account's host (nil: the connector's default), Unread
// is called for what of an answer is left out. HTTP, Unread and Log may be nil.
type Deps struct {
	DB      *store.DB
	Cache   *store.Cache
	Tenants *tenant.Directory
	Grants  Grants
	HTTP    func(amoBase string) *http.Client
	Metrics prometheus.Registerer // may be nil
	Unread  func(context.Context, amocrm.Unread)
	Log     *slog.Logger
	Indexed int // contacts of an account up to which it has an index (Index); 0 keeps none
	// LookAgain are the pauses before each look for a write whose answer was lost; nil: none before the first, 1.5 s before
	// the second.
	LookAgain []time.Duration
}

// Accounts opens the amoCRM accounts of all tenants. It is safe for concurrent use.
type Accounts struct {
	deps  Deps
	calls *prometheus.HistogramVec

	mu       sync.Mutex
	breakers map[string]*breaker // by amoCRM host
	swept    time.Time           // when unused ones were last forgotten
}

// New returns the accounts of all tenants.
func New(d Deps) *Accounts {
	return &Accounts{
		deps: d,
		calls: telemetry.Histogram(d.Metrics, "crm_call_seconds",
			"Exchanges with amoCRM, by endpoint pattern; outcome is the status, or none without an answer.", telemetry.UpTo, "endpoint", "outcome"),
		breakers: map[string]*breaker{},
	}
}

// called counts an exchange.
func (b *Accounts) called(_ context.Context, s amocrm.Seen) {
	outcome := "none"
	if s.Status != 0 {
		outcome = strconv.Itoa(s.Status)
	}
	b.calls.WithLabelValues(s.Op, outcome).Observe(s.Took.Seconds())
}

// Limiter returns the limiter of an amoCRM account. Whoever talks to the account must take it from here: one name is one
// limit over all replicas.
func Limiter(db *store.DB, amoBase string, p store.Priority) amocrm.Limiter {
	name := strings.ToLower(amoBase)
	if u, err := url.Parse(amoBase); err == nil && u.Host != "" {
		name = strings.ToLower(u.Host)
	}
	return db.Limiter("amo:"+name, requestsPerSecond, p)
}

// currentLimiter is the limiter of the address that an account's calls go to: it changes when they find that it was renamed.
type currentLimiter struct {
	db       *store.DB
	priority store.Priority
	base     func() string
}

// Wait implements amocrm.Limiter.
func (h *currentLimiter) Wait(ctx context.Context) (done func(), err error) {
	return Limiter(h.db, h.base(), h.priority).Wait(ctx)
}

// Penalty implements amocrm.Limiter.
func (h *currentLimiter) Penalty(ctx context.Context, retryAfterSeconds int) {
	Limiter(h.db, h.base(), h.priority).Penalty(ctx, retryAfterSeconds)
}

// Open opens a tenant's amoCRM account. It makes no CRM call; a missing or dead grant shows in the first one as an
// error that is oauth.ErrNeedsLogin. Interactive calls rest for some seconds when the CRM keeps failing; background
// calls have no such guard, their queue waits by itself. tenant.ErrNotFound for an unknown tenant.
func (b *Accounts) Open(ctx context.Context, tenantID string, p store.Priority) (*Account, error) {
	t, err := b.deps.Tenants.Get(ctx, tenantID)
	if err != nil {
		return nil, fmt.Errorf("open account: %w", err)
	}
	var h *http.Client
	if b.deps.HTTP != nil {
		h = b.deps.HTTP(t.AmoBase)
	}
	here := &currentLimiter{db: b.deps.DB, priority: p}
	limiter := amocrm.Limiter(here)
	if p == store.Interactive {
		g := b.breaker(t.AmoBase, time.Now())
		limiter, h = g.limiter(limiter), g.client(h)
	}
	opts := []amocrm.Option{amocrm.WithLimiter(limiter), amocrm.WithObserver(b.called)}
	if h != nil {
		opts = append(opts, amocrm.WithHTTP(h))
	}
	if b.deps.Unread != nil {
		opts = append(opts, amocrm.WithUnread(b.deps.Unread))
	}
	api, err := amocrm.New(t.AmoBase, b.deps.Grants.Auth(t.ID), opts...)
	if err != nil {
		return nil, fmt.Errorf("open account: %w", err)
	}
	here.base = api.Base
	a := NewAccount(b.deps, t, api)
	if err := a.Refresh(ctx); err != nil {
		return nil, fmt.Errorf("open account: %w", err)
	}
	return a, nil
}
