package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const (
	refreshTime  = 2 * time.Minute  // of a whole refresh: wait for the lock, two exchanges, storing
	refreshLock  = 45 * time.Second // of a crashed refresher, longer than two exchanges
	storeTime    = 30 * time.Second // storing a new pair is tried for so long
	holdConfig   = time.Minute
	holdUpstream = 5 * time.Second
)

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

// refresh changes the pair of generation gen, unless somebody else has. Nothing of it may be cut short by a caller.
func (g *Grants) refresh(ctx context.Context, tenantID string, gen int64, refused bool) (Grant, error) {
	unlock, err := g.db.Lock(ctx, refreshLockKey(tenantID), refreshLock)
	if err != nil {
		return Grant{}, fmt.Errorf("lock the grant: %w", err)
	}
	defer unlock()
	grant, err := g.load(ctx, tenantID)
	if err == nil {
		err = grant.lost()
	}
	if err != nil {
		return Grant{}, err
	}
	if grant.Generation != gen { // somebody was faster
		return grant, nil
	}
	if fresh, ok := g.takeUnsaved(tenantID, gen); ok {
		return g.keep(ctx, tenantID, fresh)
	}
	if err := g.held(ctx, tenantID, gen); err != nil {
		return Grant{}, err
	}
	grant, err = g.exchangePair(ctx, tenantID, grant, refused)
	g.refreshes.WithLabelValues(endOf(err)).Inc()
	return grant, err
}

// errFresh is about a pair that amoCRM does not take although it has issued it a moment ago: another one would fare no better.
var errFresh = errors.New("amoCRM refuses access tokens that it has just issued")

// exchangePair spends the refresh token, at the account's new address when it is gone from the one that the grant names.
func (g *Grants) exchangePair(ctx context.Context, tenantID string, grant Grant, refused bool) (Grant, error) {
	var pair *oauth2.Token
	err := errFresh
	if !refused || !g.now().Before(grant.freshUntil()) {
		pair, err = g.spend(ctx, tenantID, grant)
	}
	if leftAddress(err) {
		home, unknown := g.home(ctx, tenantID, grant)
		if unknown != nil {
			return g.failed(ctx, tenantID, grant, unknown)
		}
		if home != "" {
			var ours bool
			if grant, ours, err = g.move(ctx, tenantID, grant, home); err != nil || !ours {
				return grant, err
			}
			pair, err = g.spend(ctx, tenantID, grant)
		}
	}
	if err != nil {
		return g.failed(ctx, tenantID, grant, err)
	}
	fresh := grant.with(pair, g.now())
	fresh.AfterRejection, fresh.Rejected = refused, refusals{}
	if refused {
		fresh.Rejected = grant.Rejected.next(fresh.RefreshedAt, errFresh.Error(), true)
	}
	return g.keep(ctx, tenantID, fresh)
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

// spend exchanges the refresh token. After an unknown outcome it tries the same token once more: when the first request did
// not arrive it still works, when it did nothing is worse than before (amocrm.md §1.4).
func (g *Grants) spend(ctx context.Context, tenantID string, grant Grant) (*oauth2.Token, error) {
	id, secret, redirect := grant.ClientID, grant.ClientSecret, grant.RedirectURI
	if id == g.cfg.ClientID { // the operator may have changed the secret or moved the server
		secret, redirect = g.cfg.ClientSecret, g.cfg.redirectURI()
	}
	in := amocrm.TokenRequest{ClientID: id, ClientSecret: secret, RedirectURI: redirect, RefreshToken: grant.Refresh}
	pair, err := g.exchange(ctx, grant.AmoBase, in)
	if errors.Is(err, amocrm.ErrUnknownOutcome) {
		g.log.WarnContext(ctx, "refresh with unknown outcome, trying once more", "tenant", tenantID, "error", err)
		pair, err = g.exchange(ctx, grant.AmoBase, in)
	}
	return pair, err
}

// failed sorts a refusal. Only amoCRM's own word, or hours of refusals, end the grant, and only when nobody has changed the pair
// meanwhile (giveUp).
func (g *Grants) failed(ctx context.Context, tenantID string, grant Grant, err error) (Grant, error) {
	hint := ""
	var refusal *amocrm.Error
	if errors.As(err, &refusal) {
		hint = refusal.Hint
	}
	switch {
	case errors.Is(err, errFresh):
		r := grant.Rejected
		if r.Tries == 0 { // an older version has refreshed it
			r = r.next(grant.RefreshedAt, errFresh.Error(), true)
		}
		return g.refused(ctx, tenantID, grant, r)
	case ended(err):
		return g.giveUp(ctx, tenantID, grant, "amoCRM refuses to refresh it: "+cmp.Or(hint, refusal.Detail, refusal.Title))
	case errors.Is(err, amocrm.ErrUnauthorized):
		return g.refused(ctx, tenantID, grant, grant.refusals.next(g.now(), cmp.Or(hint, "no reason given"), false))
	case errors.Is(err, amocrm.ErrInvalid):
		if hint == "" {
			hint = err.Error()
		}
		g.log.ErrorContext(ctx, "amoCRM refuses the integration's configuration", "tenant", tenantID, "hint", hint)
		g.note(ctx, tenantID, hold{Generation: grant.Generation, Config: true, Why: hint}, holdConfig)
		return Grant{}, &ConfigError{Hint: hint}
	}
	g.log.WarnContext(ctx, "refresh failed, the grant stays", "tenant", tenantID, "error", err)
	g.note(ctx, tenantID, hold{Generation: grant.Generation, Why: err.Error()}, holdUpstream)
	return Grant{}, outward(err)
}

func (g *Grants) note(ctx context.Context, tenantID string, h hold, long time.Duration) {
	if err := g.hold(ctx, tenantID, h, long); err != nil {
		g.log.WarnContext(ctx, "failed refresh not noted", "tenant", tenantID, "error", err)
	}
}

// giveUp marks the grant lost, if it is still the stored one, and returns the error of it. Else the lock has failed or a login
// came between: the grant that took its place is the good one.
func (g *Grants) giveUp(ctx context.Context, tenantID string, grant Grant, why string) (Grant, error) {
	lost, ok, err := g.lose(ctx, tenantID, grant, why)
	if err != nil {
		return Grant{}, err
	}
	if !ok {
		if lost, err = g.load(ctx, tenantID); err != nil {
			return Grant{}, err
		}
	}
	return lost, lost.lost()
}

// keep stores a new pair, patiently: the old one is spent. Only what is stored is handed out.
func (g *Grants) keep(ctx context.Context, tenantID string, fresh Grant) (Grant, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.storeTime)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		saved, ok, err := g.save(ctx, tenantID, fresh)
		if ok {
			g.log.InfoContext(ctx, "access token refreshed", "tenant", tenantID, "generation", saved.Generation, "expires", saved.ExpiresAt)
			return saved, nil
		}
		if err == nil { // a login came between: its pair is the good one
			return g.other(ctx, tenantID)
		}
		select {
		case <-ctx.Done():
			g.putUnsaved(tenantID, fresh)
			g.log.ErrorContext(ctx, "NEW TOKENS NOT STORED: they are kept in memory and lost when this process ends",
				"tenant", tenantID, "error", err)
			return Grant{}, fmt.Errorf("store the new tokens: %w", err)
		case <-time.After(pause):
		}
	}
}

// other is the grant that has taken the place of ours, with the error of it when it is lost.
func (g *Grants) other(ctx context.Context, tenantID string) (Grant, error) {
	grant, err := g.load(ctx, tenantID)
	if err == nil {
		err = grant.lost()
	}
	return grant, err
}

func (g *Grants) putUnsaved(tenantID string, fresh Grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unsaved[tenantID] = fresh
}

// takeUnsaved returns the pair that followed generation gen and was not stored.
func (g *Grants) takeUnsaved(tenantID string, gen int64) (Grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fresh, ok := g.unsaved[tenantID]
	delete(g.unsaved, tenantID)
	return fresh, ok && fresh.Generation == gen
}

// exchange makes one request to the token endpoint, in the account's pace.
func (g *Grants) exchange(ctx context.Context, amoBase string, in amocrm.TokenRequest) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	base, err := g.cfg.Hosts.Base(amoBase)
	if err != nil {
		return nil, err // a host that was allowed once and is not any more gets no secret
	}
	var pace amocrm.Pace
	if g.pace != nil {
		pace = g.pace(base)
	}
	if pace != nil {
		done, err := pace.Wait(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", amocrm.ErrNetwork, err)
		}
		defer done()
	}
	asked := g.now()
	pair, err := amocrm.Exchange(ctx, g.http, base, in)
	if err != nil {
		var limited *amocrm.Error
		if pace != nil && errors.As(err, &limited) && limited.Kind == amocrm.KindLimited {
			pace.Penalty(ctx, limited.RetryAfter)
		}
		return nil, err
	}
	return fromPair(pair, asked), nil
}
