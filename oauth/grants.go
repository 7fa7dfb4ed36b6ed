package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
)

// Options is what the grants of a provider are kept with. Metrics, Log and Now may be nil.
type Options struct {
	DB       *store.DB
	Provider Provider
	Name     string // of the provider, for people
	Kind     string // of the provider, in Redis keys; "" is the one that had grants before there were others
	Metrics  prometheus.Registerer
	Log      *slog.Logger
	Now      func() time.Time
	// StoreTime is for how long storing a new pair is tried; 0 is 30 s.
	StoreTime time.Duration
}

// Grants keeps one provider's grants of all tenants and hands out access tokens. It is safe for concurrent use by many
// replicas.
type Grants struct {
	refresher
	flights singleflight.Group
	running sync.WaitGroup // refreshes under way
}

// How a try to refresh ended, for metrics.
const (
	refreshDone    = "refreshed"
	refreshLost    = "lost"    // only a login helps
	refreshConfig  = "config"  // the integration's configuration is refused
	refreshRefused = "refused" // the grant is refused without a word that it has ended: it stays
	refreshFailed  = "failed"  // the grant stays, another try may do
)

// NewGrants returns the grants of o.Provider.
func NewGrants(o Options) *Grants {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC() }
	}
	return &Grants{refresher: refresher{
		vault: vault{db: o.DB, kind: o.Kind}, provider: o.Provider, name: o.Name, now: o.Now,
		log: cmp.Or(o.Log, slog.New(slog.DiscardHandler)), storeTime: cmp.Or(o.StoreTime, storeTime),
		stale: errors.New(o.Name + " refuses access tokens that it has just issued"), unsaved: map[string]Grant{},
		refreshes: telemetry.Counter(o.Metrics, "token_refreshes_total", "Refreshes of access tokens by outcome.", "outcome",
			refreshDone, refreshLost, refreshConfig, refreshRefused, refreshFailed),
	}}
}

// Status returns how a tenant's login stands. A tenant without one is "none", not an error.
func (g *Grants) Status(ctx context.Context, tenantID string) (Status, error) {
	grant, err := g.Grant(ctx, tenantID)
	if errors.Is(err, ErrNoGrant) {
		return Status{State: "none"}, nil
	}
	if err != nil {
		return Status{}, err
	}
	s := Status{State: "connected", Since: grant.GrantedAt, AccountID: grant.AccountID, AccountName: grant.AccountName,
		ExpiresAt: grant.ExpiresAt, RefreshedAt: grant.RefreshedAt, UserID: grant.UserID}
	switch r := grant.refusals; {
	case grant.Lost():
		s.State, s.Since, s.Why = "lost", grant.LostAt, grant.LostWhy
	case r.Tries > 0 && !r.over(g.now()):
		s.Refused = g.refusedError(r.Since, r.until(), r.Why)
	}
	return s, nil
}

// Drop ends a grant: its tokens are wiped and it counts as lost because of why. Without a grant it does nothing.
func (g *Grants) Drop(ctx context.Context, tenantID, why string) error {
	for {
		grant, err := g.Grant(ctx, tenantID)
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

// TakeOver gives a tenant the living grant of another one of the same account, unless it has a living one itself, and reports
// whether it did; the other's is lost from then on. A refresh token is single-use, so the other must not refresh it any more: it
// is taken away first, and an end between the two steps costs a login. differ is the error for grants of two accounts.
func (g *Grants) TakeOver(ctx context.Context, from, into string, differ func(got, want int64) error) (taken bool, err error) {
	unlock, err := g.db.Lock(ctx, g.key(from, "lock"), time.Minute)
	if err != nil {
		return false, fmt.Errorf("take over the grant: %w", err)
	}
	defer unlock()
	grant, err := g.Grant(ctx, from)
	if errors.Is(err, ErrNoGrant) || err == nil && grant.Lost() {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take over the grant: %w", err)
	}
	own, err := g.Grant(ctx, into)
	if err == nil && !own.Lost() {
		return false, nil
	}
	if err != nil && !errors.Is(err, ErrNoGrant) {
		return false, fmt.Errorf("take over the grant: %w", err)
	}
	if err == nil && own.AccountID != grant.AccountID {
		return false, differ(grant.AccountID, own.AccountID)
	}
	emptied := grant
	emptied.Access, emptied.Refresh = "", ""
	_, ok, err := g.lose(ctx, from, emptied, "taken over by another tenant of the account")
	if err != nil {
		return false, fmt.Errorf("take over the grant: %w", err)
	}
	if !ok {
		return false, errors.New("take over the grant: it was changed meanwhile, try again")
	}
	if _, err := g.Store(ctx, into, grant); err != nil {
		return false, fmt.Errorf("take over the grant: %w", err)
	}
	return true, nil
}

// Token returns a grant whose access token is worth trying. rejected is the one that the provider has just refused, "" for
// none. Errors match ErrNeedsLogin when only a login helps, ErrUpstream when waiting may.
func (g *Grants) Token(ctx context.Context, tenantID, rejected string) (Grant, error) {
	grant, err := g.living(ctx, tenantID)
	if err != nil {
		return Grant{}, err
	}
	now := g.now()
	refused := rejected != "" && rejected == grant.Access
	switch usable := !refused && !grant.expired(now); {
	case grant.Refresh == "" && !usable:
		return g.final(ctx, tenantID, grant, refused)
	case usable && grant.Refresh != "" && grant.due(now):
		// Good for a while still: nobody needs to wait for the refresh.
		g.renew(ctx, tenantID, grant.Generation, false)
		return grant, nil
	case usable: // or another process has refreshed since the refused request was made
		return grant, nil
	}
	select {
	case r := <-g.renew(ctx, tenantID, grant.Generation, refused):
		if r.Err != nil {
			return Grant{}, r.Err
		}
		return r.Val.(Grant), nil
	case <-ctx.Done():
		return Grant{}, ctx.Err()
	}
}

// final handles a long-lived token that does not work and has no refresh: its end loses it, a refusal only when it goes on for
// hours.
func (g *Grants) final(ctx context.Context, tenantID string, grant Grant, refused bool) (Grant, error) {
	if !refused {
		return g.giveUp(ctx, tenantID, grant, "the long-lived token has expired")
	}
	now, r := g.now(), grant.refusals
	if now.Before(r.until()) {
		return Grant{}, g.refusedError(r.Since, r.until(), r.Why)
	}
	return g.refused(ctx, tenantID, grant, r.next(now, g.name+" refuses the long-lived token", true))
}

// renew makes sure that the grant is newer than gen: one flight per tenant and generation in this process, one refresh over
// all. The flight goes on when the caller leaves.
func (g *Grants) renew(ctx context.Context, tenantID string, gen int64, refused bool) <-chan singleflight.Result {
	g.running.Add(1)
	ended := g.flights.DoChan(tenantID+"|"+strconv.FormatInt(gen, 10), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
		defer cancel()
		return g.refresh(ctx, tenantID, gen, refused)
	})
	result := make(chan singleflight.Result, 1)
	go func() {
		defer g.running.Done()
		result <- <-ended
	}()
	return result
}

// Wait returns when no refresh is under way, or with ctx' error. Call it before the process ends: a refresh that is cut off
// between the provider's answer and the store costs a login.
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
