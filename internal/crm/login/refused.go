package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// A refusal without amoCRM's own word that the grant has ended may be trouble of its sign-in, which passes; a login that is
// given up costs a person's walk in every company. Such a refusal keeps the grant and makes the next try wait.
const (
	giveUpAfter = 12 * time.Hour   // of refusals, and
	giveUpTries = 8                // of them: a service that was off for a day has not tried
	calmAfter   = 15 * time.Minute // without a refusal: the access token works; the hooks' watchdog uses it every ten minutes
)

// waits are between a refusal and the next try; the last one is repeated.
var waits = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

func waitAfter(tries int) time.Duration { return waits[min(max(tries, 1), len(waits))-1] }

// refusals are tries in a row that amoCRM has refused without a reason.
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

// endWords are amoCRM's for a refresh token that is dead (amocrm.md §1.4), and those of the OAuth server beneath it.
var endWords = []string{"revoked", "invalid refresh token", "refresh token is invalid", "token has expired"}

// ended reports whether a refusal of the token endpoint says that the grant is no more.
func ended(err error) bool {
	refusal, ok := errors.AsType[*amocrm.Error](err)
	if !ok || refusal.Kind != amocrm.KindUnauthorized && refusal.Kind != amocrm.KindInvalid {
		return false
	}
	said := strings.ToLower(refusal.Hint + "\n" + refusal.Title + "\n" + refusal.Detail)
	for _, words := range endWords {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

// freshUntil is until when a refusal of the access token says nothing about it alone: it was issued because the one before
// had been refused, so a third one would fare no better.
func (g Grant) freshUntil() time.Time {
	if !g.AfterRejection {
		return time.Time{}
	}
	return g.RefreshedAt.Add(waitAfter(g.Rejected.Tries))
}

// refused keeps a grant whose refusals have no reason, and holds up further tries for all replicas; after hours of refusals it
// gives it up. The error is *RefusedError or that of a lost grant. When the grant has changed meanwhile that one is returned.
func (g *Grants) refused(ctx context.Context, tenantID string, grant Grant, r refusals) (Grant, error) {
	now := g.now()
	if r.hopeless(now) {
		return g.giveUp(ctx, tenantID, grant, fmt.Sprintf("amoCRM has refused it since %s: %s", r.Since.Format(time.RFC3339), r.Why))
	}
	ours, err := g.noteRefusals(ctx, tenantID, grant.Generation, r)
	if err != nil {
		return Grant{}, err
	}
	if !ours {
		return g.other(ctx, tenantID)
	}
	g.log.WarnContext(ctx, "amoCRM refuses the login without a reason, it is kept", "tenant", tenantID, "account", grant.AccountID,
		"since", r.Since, "tries", r.Tries, "next", r.until(), "why", r.Why)
	h := hold{Generation: grant.Generation, Why: r.Why, Since: r.Since, Next: r.until()}
	if long := min(r.until().Sub(now), waitAfter(r.Tries)); long > 0 {
		g.note(ctx, tenantID, h, long)
	}
	return Grant{}, h.refused()
}

// noteRefusals notes refusals beside the grant they are about. ours is false when that is not the stored one any more.
func (v vault) noteRefusals(ctx context.Context, tenantID string, gen int64, r refusals) (ours bool, err error) {
	r.Generation = gen
	raw, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	n, err := setRefusals.Run(ctx, v.db, []string{grantKey(tenantID)}, gen, raw).Int()
	if err != nil {
		return false, fmt.Errorf("note a refusal of the grant: %w", err)
	}
	return n == 1, nil
}

// setRefusals writes ARGV[2] beside the grant in KEYS[1] if that is still of generation ARGV[1]. Returns 1, else 0.
var setRefusals = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'gen') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'refused', ARGV[2])
return 1`)

// readRefusals reads what noteRefusals wrote; of an older grant, or in another form, it counts for nothing.
func readRefusals(raw string, gen int64) refusals {
	var r refusals
	if raw == "" || json.Unmarshal([]byte(raw), &r) != nil || r.Generation != gen {
		return refusals{}
	}
	return r
}
