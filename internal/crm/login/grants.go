package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
)

// exchangeTime bounds one request to the token endpoint.
const exchangeTime = 20 * time.Second

// Grants keeps the grants of all tenants and hands out access tokens. It is safe for concurrent use by many replicas.
type Grants struct {
	vault
	cfg  Config
	pace func(amoBase string) amocrm.Pace
	http *http.Client
	api  *http.Client // for amoCRM's own hosts, which tell where an account lives
	log  *slog.Logger
	now  func() time.Time

	storeTime time.Duration
	tenants   *tenant.Directory

	flights singleflight.Group
	running sync.WaitGroup // refreshes under way

	mu        sync.Mutex
	onConnect []func(ctx context.Context, tenantID string)
	beforeEnd []func(ctx context.Context, tenantID string)
	onMove    []func(ctx context.Context, tenantID string)
	refreshes *prometheus.CounterVec
	unsaved   map[string]Grant // pairs that Redis did not take, by tenant, until it does
}

// NewGrants returns the grants kept in db. pace, which may be nil, is the limiter of an account; log may be nil.
func NewGrants(db *store.DB, cfg Config, pace func(amoBase string) amocrm.Pace, log *slog.Logger) *Grants {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Grants{vault: vault{db}, cfg: cfg, pace: pace, http: cfg.Hosts.HTTPClient(exchangeTime), api: cfg.Hosts.APIClient(exchangeTime),
		log: log, now: func() time.Time { return time.Now().UTC() }, storeTime: storeTime, tenants: tenant.NewDirectory(db),
		unsaved: map[string]Grant{}, refreshes: telemetry.Counter(cfg.Metrics, "token_refreshes_total", "Refreshes of access tokens by outcome.", "outcome",
			refreshDone, refreshLost, refreshConfig, refreshRefused, refreshFailed)}
}

// How a try to refresh ended, for metrics.
const (
	refreshDone    = "refreshed"
	refreshLost    = "lost"    // only a login helps
	refreshConfig  = "config"  // amoCRM refuses the integration's configuration
	refreshRefused = "refused" // amoCRM refuses the grant without saying that it has ended: it stays
	refreshFailed  = "failed"  // the grant stays, another try may do
)

// Grant returns the stored grant, alive or lost, or ErrNoGrant.
func (g *Grants) Grant(ctx context.Context, tenantID string) (Grant, error) {
	return g.load(ctx, tenantID)
}

// Status says how a tenant's login stands. A tenant without one is "none", not an error.
func (g *Grants) Status(ctx context.Context, tenantID string) (Status, error) {
	grant, err := g.load(ctx, tenantID)
	if errors.Is(err, ErrNoGrant) {
		return Status{State: "none"}, nil
	}
	if err != nil {
		return Status{}, err
	}
	s := Status{State: "connected", Since: grant.GrantedAt, AccountID: grant.AccountID, AccountName: grant.AccountName,
		ExpiresAt: grant.ExpiresAt, RefreshedAt: grant.RefreshedAt, UserID: grant.UserID}
	switch r := grant.refusals; {
	case grant.lost() != nil:
		s.State, s.Since, s.Why = "lost", grant.LostAt, grant.LostWhy
	case r.Tries > 0 && !r.over(g.now()):
		s.Refused = &RefusedError{Since: r.Since, Next: r.until(), Why: r.Why}
	}
	return s, nil
}

// Drop ends a grant: its tokens are wiped and it counts as lost because of why. Without a grant it does nothing.
func (g *Grants) Drop(ctx context.Context, tenantID, why string) error {
	for {
		grant, err := g.load(ctx, tenantID)
		if errors.Is(err, ErrNoGrant) {
			return nil
		}
		if err != nil {
			return err
		}
		grant.Access, grant.Refresh = "", ""
		if _, ok, err := g.lose(ctx, tenantID, grant, why); ok || err != nil {
			return err
		}
	}
}

// lose stores that a grant is lost, if it is still the stored one.
func (g *Grants) lose(ctx context.Context, tenantID string, grant Grant, why string) (Grant, bool, error) {
	grant.LostAt, grant.LostWhy = g.now(), why
	lost, ok, err := g.save(ctx, tenantID, grant)
	if ok {
		g.log.WarnContext(ctx, "login to amoCRM lost", "tenant", tenantID, "account", grant.AccountID, "why", why)
	}
	return lost, ok, err
}

// OnConnect has call called after every login, when the grant is stored: to release what waits and to drop what was cached.
// The person who logs in waits for it, at most ten seconds.
func (g *Grants) OnConnect(call func(ctx context.Context, tenantID string)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.onConnect = append(g.onConnect, call)
}

func (g *Grants) announce(ctx context.Context, tenantID string) { g.tell(ctx, tenantID, &g.onConnect) }

// tell makes the calls of a list, for at most ten seconds.
func (g *Grants) tell(ctx context.Context, tenantID string, list *[]func(ctx context.Context, tenantID string)) {
	g.mu.Lock()
	calls := slices.Clone(*list)
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, call := range calls {
		call(ctx, tenantID)
	}
}

// Wait returns when no refresh is under way, or with ctx' error. Call it before the process ends: a refresh that is cut off
// between amoCRM's answer and the store costs a login.
func (g *Grants) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		g.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TokenSource is Auth for libraries that want x/oauth2's interface. ctx is that of every call.
func (g *Grants) TokenSource(ctx context.Context, tenantID string) oauth2.TokenSource {
	return tokenSource{source{g, tenantID}, ctx}
}

type tokenSource struct {
	source source
	ctx    context.Context
}

func (s tokenSource) Token() (*oauth2.Token, error) {
	grant, err := s.source.current(s.ctx, "")
	if err != nil {
		return nil, err
	}
	return grant.Token(), nil
}
