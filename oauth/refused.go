package oauth

import (
	"context"
	"fmt"
	"time"
)

// A refusal without the provider's own word that the grant has ended may be trouble of its sign-in, which passes; a login that
// is given up costs a person's walk in every company. Such a refusal keeps the grant and makes the next try wait.
const (
	giveUpAfter = 12 * time.Hour   // of refusals, and
	giveUpTries = 8                // of them: a service that was off for a day has not tried
	calmAfter   = 15 * time.Minute // without a refusal: the access token works; it is used at least every ten minutes
)

// waits are between a refusal and the next try; the last one is repeated.
var waits = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

func waitAfter(tries int) time.Duration { return waits[min(max(tries, 1), len(waits))-1] }

// refusals are tries in a row that were refused without a reason.
type refusals struct {
	Generation int64     `json:"generation,omitempty"` // of the grant that is refused
	Since      time.Time `json:"since,omitzero"`       // the first one
	Last       time.Time `json:"last,omitzero"`
	Tries      int       `json:"tries,omitempty"`
	Why        string    `json:"why,omitempty"`
	Access     bool      `json:"access,omitempty"` // the API refuses access tokens; else the token endpoint the refresh token
}

func (r refusals) next(now time.Time, why string, access bool) refusals {
	if r.Tries == 0 || r.over(now) {
		r = refusals{Since: now}
	}
	r.Last, r.Why, r.Access = now, why, access
	r.Tries++
	return r
}

func (r refusals) until() time.Time { return r.Last.Add(waitAfter(r.Tries)) }

// over reports whether an access token that was refused must have worked since. Of a refresh token nobody knows until it is
// tried again.
func (r refusals) over(now time.Time) bool { return r.Access && now.After(r.until().Add(calmAfter)) }

func (r refusals) hopeless(now time.Time) bool {
	return r.Tries >= giveUpTries && now.Sub(r.Since) >= giveUpAfter
}

func (r *refresher) refusedError(since, next time.Time, why string) *RefusedError {
	return &RefusedError{Provider: r.name, Since: since, Next: next, Why: why}
}

// refused keeps a grant whose refusals have no reason, and holds up further tries for all replicas; after hours of refusals it
// gives it up. The error is *RefusedError or that of a lost grant. When the grant has changed meanwhile that one is returned.
func (r *refresher) refused(ctx context.Context, tenantID string, grant Grant, x refusals) (Grant, error) {
	now := r.now()
	if x.hopeless(now) {
		return r.giveUp(ctx, tenantID, grant, fmt.Sprintf("%s has refused it since %s: %s", r.name, x.Since.Format(time.RFC3339), x.Why))
	}
	ours, err := r.noteRefusals(ctx, tenantID, grant.Generation, x)
	if err != nil {
		return Grant{}, err
	}
	if !ours {
		return r.living(ctx, tenantID)
	}
	r.log.WarnContext(ctx, r.name+" refuses the login without a reason, it is kept", "tenant", tenantID, "account", grant.AccountID,
		"since", x.Since, "tries", x.Tries, "next", x.until(), "why", x.Why)
	if long := min(x.until().Sub(now), waitAfter(x.Tries)); long > 0 {
		r.note(ctx, tenantID, hold{Generation: grant.Generation, Why: x.Why, Since: x.Since, Next: x.until()}, long)
	}
	return Grant{}, r.refusedError(x.Since, x.until(), x.Why)
}

// giveUp marks the grant lost, if it is still the stored one, and returns the error of it. Else the lock has failed or a login
// came between: the grant that took its place is the good one.
func (r *refresher) giveUp(ctx context.Context, tenantID string, grant Grant, why string) (Grant, error) {
	lost, ok, err := r.lose(ctx, tenantID, grant, why)
	if err != nil {
		return Grant{}, err
	}
	if !ok {
		if lost, err = r.Grant(ctx, tenantID); err != nil {
			return Grant{}, err
		}
	}
	return lost, r.lost(lost)
}

// lose stores that a grant is lost, if it is still the stored one.
func (r *refresher) lose(ctx context.Context, tenantID string, grant Grant, why string) (Grant, bool, error) {
	grant.LostAt, grant.LostWhy = r.now(), why
	lost, ok, err := r.save(ctx, tenantID, grant)
	if ok {
		r.log.WarnContext(ctx, "login to "+r.name+" lost", "tenant", tenantID, "account", grant.AccountID, "why", why)
	}
	return lost, ok, err
}
