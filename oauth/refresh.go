package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/oauth2"
)

const (
	refreshTime  = 2 * time.Minute  // of a whole refresh: wait for the lock, two exchanges, storing
	refreshLock  = 45 * time.Second // of a crashed refresher, longer than two exchanges
	storeTime    = 30 * time.Second // storing a new pair is tried for so long
	holdConfig   = time.Minute
	holdUpstream = 5 * time.Second
)

// refresher changes the pair of one grant at a time.
type refresher struct {
	vault
	provider  Provider
	name      string // of the provider, for people
	log       *slog.Logger
	now       func() time.Time
	storeTime time.Duration
	refreshes *prometheus.CounterVec
	// stale is about a pair that the provider does not take although it has issued it a moment ago: another one would fare no
	// better.
	stale error

	mu      sync.Mutex
	unsaved map[string]Grant // pairs that Redis did not take, by tenant, until it does
}

// refresh changes the pair of generation gen, unless somebody else has. Nothing of it may be cut short by a caller.
func (r *refresher) refresh(ctx context.Context, tenantID string, gen int64, refused bool) (Grant, error) {
	unlock, err := r.db.Lock(ctx, r.key(tenantID, "lock"), refreshLock)
	if err != nil {
		return Grant{}, fmt.Errorf("lock the grant: %w", err)
	}
	defer unlock()
	grant, err := r.living(ctx, tenantID)
	if err != nil {
		return Grant{}, err
	}
	if grant.Generation != gen { // somebody was faster
		return grant, nil
	}
	if fresh, ok := r.takeUnsaved(tenantID, gen); ok {
		return r.keep(ctx, tenantID, fresh)
	}
	if err := r.heldUp(ctx, tenantID, gen); err != nil {
		return Grant{}, err
	}
	grant, err = r.exchange(ctx, tenantID, grant, refused)
	r.refreshes.WithLabelValues(endOf(err)).Inc()
	return grant, err
}

// exchange spends the refresh token, at the account's new address when it is gone from the one that the grant names.
func (r *refresher) exchange(ctx context.Context, tenantID string, grant Grant, refused bool) (Grant, error) {
	var pair *oauth2.Token
	err := r.stale
	if !refused || !r.now().Before(grant.freshUntil()) {
		pair, err = r.provider.Refresh(ctx, tenantID, grant)
	}
	if err != nil {
		home, unknown := r.home(ctx, tenantID, grant, err)
		if unknown != nil {
			return r.failed(ctx, tenantID, grant, unknown)
		}
		if home != "" {
			var ours bool
			if grant, ours, err = r.move(ctx, tenantID, grant, home); err != nil || !ours {
				return grant, err
			}
			pair, err = r.provider.Refresh(ctx, tenantID, grant)
		}
	}
	if err != nil {
		return r.failed(ctx, tenantID, grant, err)
	}
	fresh := grant.With(pair, r.now())
	fresh.AfterRejection, fresh.Rejected = refused, refusals{}
	if refused {
		fresh.Rejected = grant.Rejected.next(fresh.RefreshedAt, r.stale.Error(), true)
	}
	return r.keep(ctx, tenantID, fresh)
}

// home returns the account's new address, "" when it has none.
func (r *refresher) home(ctx context.Context, tenantID string, grant Grant, refusal error) (string, error) {
	f, ok := r.provider.(Follower)
	if !ok {
		return "", nil
	}
	if errors.Is(refusal, r.stale) {
		refusal = nil
	}
	return f.Home(ctx, tenantID, grant, refusal)
}

// move brings tenant and grant to the account's new address. ours is false when another grant has come between: that one is
// the good one, or its error is returned.
//
// The tenant goes first. Cut off between the two, its calls go to the new address with the tokens it has, and the next refresh
// finds the new address again; the other way round they would be refused at the old address until the grant counts as lost.
func (r *refresher) move(ctx context.Context, tenantID string, grant Grant, base string) (moved Grant, ours bool, err error) {
	f := r.provider.(Follower)
	if err := f.Move(ctx, tenantID, base); err != nil {
		return Grant{}, false, fmt.Errorf("follow the renamed account: %w", err)
	}
	from := grant.Base
	grant.Base = base
	moved, ours, err = r.save(ctx, tenantID, grant)
	if err == nil && !ours {
		moved, err = r.living(ctx, tenantID)
	}
	if err != nil {
		return Grant{}, false, fmt.Errorf("follow the renamed account: %w", err)
	}
	f.Moved(ctx, tenantID)
	r.log.Info("the "+r.name+" account was renamed", "tenant", tenantID, "account", grant.AccountID, "from", from, "to", base)
	return moved, ours, nil
}

func endOf(err error) string {
	switch {
	case err == nil:
		return refreshDone
	case errors.Is(err, ErrNeedsLogin):
		return refreshLost
	case errors.As(err, new(*ConfigError)):
		return refreshConfig
	case errors.As(err, new(*RefusedError)):
		return refreshRefused
	}
	return refreshFailed
}

// failed decides what follows from a refusal. Only the provider's own word, or hours of refusals, end the grant, and only when
// nobody has changed the pair meanwhile (giveUp).
func (r *refresher) failed(ctx context.Context, tenantID string, grant Grant, err error) (Grant, error) {
	if errors.Is(err, r.stale) {
		had := grant.Rejected
		if had.Tries == 0 { // an older version has refreshed it
			had = had.next(grant.RefreshedAt, r.stale.Error(), true)
		}
		return r.refused(ctx, tenantID, grant, had)
	}
	refusal := r.provider.Classify(err)
	switch refusal.Kind {
	case Ended:
		return r.giveUp(ctx, tenantID, grant, r.name+" refuses to refresh it: "+refusal.Why)
	case Unexplained:
		return r.refused(ctx, tenantID, grant, grant.refusals.next(r.now(), refusal.Why, false))
	case Misconfigured:
		r.log.ErrorContext(ctx, r.name+" refuses the integration's configuration", "tenant", tenantID, "hint", refusal.Why)
		r.note(ctx, tenantID, hold{Generation: grant.Generation, Config: true, Why: refusal.Why}, holdConfig)
		return Grant{}, &ConfigError{Provider: r.name, Hint: refusal.Why}
	}
	r.log.WarnContext(ctx, "refresh failed, the grant stays", "tenant", tenantID, "error", err)
	r.note(ctx, tenantID, hold{Generation: grant.Generation, Why: err.Error()}, holdUpstream)
	if refusal.Err != nil {
		return Grant{}, fmt.Errorf("refresh: %w: %s", refusal.Err, err.Error())
	}
	return Grant{}, fmt.Errorf("refresh: %w: %s", ErrUpstream, err.Error())
}

func (r *refresher) note(ctx context.Context, tenantID string, h hold, long time.Duration) {
	if err := r.hold(ctx, tenantID, h, long); err != nil {
		r.log.WarnContext(ctx, "failed refresh not noted", "tenant", tenantID, "error", err)
	}
}

// heldUp returns the error that a refresh of this generation met a moment ago, or nil.
func (r *refresher) heldUp(ctx context.Context, tenantID string, gen int64) error {
	h, ok, err := r.held(ctx, tenantID, gen)
	switch {
	case err != nil || !ok:
		return err
	case h.Config:
		return &ConfigError{Provider: r.name, Hint: h.Why}
	case !h.Since.IsZero():
		return r.refusedError(h.Since, h.Next, h.Why)
	}
	return fmt.Errorf("refresh (a moment ago): %w: %s", ErrUpstream, h.Why)
}

// lost returns the error of a grant that is not alive, else nil.
func (r *refresher) lost(g Grant) error {
	if !g.Lost() {
		return nil
	}
	return ErrGrantLost{Provider: r.name, Since: g.LostAt, Why: g.LostWhy}
}

// living returns the stored grant, with the error of it when it is lost.
func (r *refresher) living(ctx context.Context, tenantID string) (Grant, error) {
	grant, err := r.Grant(ctx, tenantID)
	if err == nil {
		err = r.lost(grant)
	}
	return grant, err
}

// keep stores a new pair, patiently: the old one is spent. Only what is stored is handed out.
func (r *refresher) keep(ctx context.Context, tenantID string, fresh Grant) (Grant, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.storeTime)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		saved, ok, err := r.save(ctx, tenantID, fresh)
		if ok {
			r.log.InfoContext(ctx, "access token refreshed", "tenant", tenantID, "generation", saved.Generation, "expires", saved.ExpiresAt)
			return saved, nil
		}
		if err == nil { // a login came between: its pair is the good one
			return r.living(ctx, tenantID)
		}
		select {
		case <-ctx.Done():
			r.putUnsaved(tenantID, fresh)
			r.log.ErrorContext(ctx, "NEW TOKENS NOT STORED: they are kept in memory and lost when this process ends",
				"tenant", tenantID, "error", err)
			return Grant{}, fmt.Errorf("store the new tokens: %w", err)
		case <-time.After(pause):
		}
	}
}

func (r *refresher) putUnsaved(tenantID string, fresh Grant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsaved[tenantID] = fresh
}

// takeUnsaved returns the pair that followed generation gen and was not stored.
func (r *refresher) takeUnsaved(tenantID string, gen int64) (Grant, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh, ok := r.unsaved[tenantID]
	delete(r.unsaved, tenantID)
	return fresh, ok && fresh.Generation == gen
}
