package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// vault keeps the grants of a provider: a hash of the generation in clear, the sealed grant, which is bound to key and generation,
// and the refusals that it has met.
type vault struct {
	db   *store.DB
	kind string // of Options
}

// key is a tenant's Redis key, with the provider's kind in it unless that is "".
func (v vault) key(tenantID string, parts ...string) string {
	return store.Key(tenantID, append(v.named("grant"), parts...)...)
}

// shared is a Redis key of all tenants.
func (v vault) shared(parts ...string) string {
	return store.Shared(append(v.named("grants"), parts...)...)
}

func (v vault) named(name string) []string {
	if v.kind == "" {
		return []string{name}
	}
	return []string{name, v.kind}
}

func bound(key string, gen int64) string { return key + "#" + strconv.FormatInt(gen, 10) }

// idle orders the tenants with a living grant by their last refresh, in Unix seconds.
func (v vault) idle() string { return v.shared() }

// Grant returns the stored grant, alive or lost, or ErrNoGrant.
func (v vault) Grant(ctx context.Context, tenantID string) (Grant, error) {
	fields, err := v.db.HGetAll(ctx, v.key(tenantID)).Result()
	if err != nil {
		return Grant{}, fmt.Errorf("read grant: %w", err)
	}
	if len(fields) == 0 {
		return Grant{}, ErrNoGrant
	}
	gen, err := strconv.ParseInt(fields["gen"], 10, 64)
	if err != nil {
		return Grant{}, fmt.Errorf("read grant: generation %.20q", fields["gen"])
	}
	plain, err := v.db.Ring().Open(fields["grant"], bound(v.key(tenantID), gen))
	if err != nil {
		return Grant{}, fmt.Errorf("open grant: %w", err)
	}
	var g Grant
	if err := json.Unmarshal(plain, &g); err != nil {
		return Grant{}, errors.New("read grant: not in the form of a grant") // the cause would quote it
	}
	if g.V > GrantSchema {
		return Grant{}, fmt.Errorf("read grant: written by a newer version (form %d, this one knows %d)", g.V, GrantSchema)
	}
	g.Generation = gen
	g.refusals = readRefusals(fields["refused"], gen)
	return g, nil
}

// swap writes only over the generation it was made from. The same write may come twice: the client repeats a command whose
// answer was cut off.
var swap = redis.NewScript(`
local gen = redis.call('HGET', KEYS[1], 'gen') or '0'
if gen == ARGV[1] then
  redis.call('HSET', KEYS[1], 'gen', ARGV[2], 'grant', ARGV[3])
  redis.call('HDEL', KEYS[1], 'refused')
  return 1
end
if redis.call('HGET', KEYS[1], 'grant') == ARGV[3] then return 1 end
return 0`)

// save stores g as the generation after g.Generation. ok is false when that is not the stored one any more.
func (v vault) save(ctx context.Context, tenantID string, g Grant) (saved Grant, ok bool, err error) {
	// The list first: an entry too many is dropped when its turn comes, a grant without an entry would die unseen.
	if g.LostAt.IsZero() && g.Refresh != "" {
		entry := redis.Z{Score: float64(g.RefreshedAt.Unix()), Member: tenantID}
		if err := v.db.ZAdd(ctx, v.idle(), entry).Err(); err != nil {
			return Grant{}, false, fmt.Errorf("list grant: %w", err)
		}
	}
	key, before := v.key(tenantID), g.Generation
	g.V = GrantSchema
	g.Generation++
	sealed, err := v.db.Ring().SealJSON(g, bound(key, g.Generation))
	if err != nil {
		return Grant{}, false, fmt.Errorf("write grant: %w", err)
	}
	done, err := swap.Run(ctx, v.db, []string{key}, before, g.Generation, sealed).Int()
	return g, done == 1, store.Wrap("write grant", err)
}

// Store stores the grant of a login over whatever is there: it beats every refresh.
func (v vault) Store(ctx context.Context, tenantID string, g Grant) (Grant, error) {
	for {
		old, err := v.generation(ctx, tenantID)
		if err != nil {
			return Grant{}, err
		}
		g.Generation = old
		saved, ok, err := v.save(ctx, tenantID, g)
		if err != nil {
			return Grant{}, err
		}
		if ok {
			return saved, v.release(ctx, tenantID)
		}
	}
}

// generation reads the number alone: a login must be able to replace a grant that does not open any more.
func (v vault) generation(ctx context.Context, tenantID string) (int64, error) {
	gen, _, err := store.Found(v.db.HGet(ctx, v.key(tenantID), "gen").Int64())
	return gen, store.Wrap("read grant", err)
}

// hold remembers a failed refresh for a while, so that a hundred waiting requests don't become a hundred refreshes.
type hold struct {
	Generation int64     `json:"generation"`
	Config     bool      `json:"config"`
	Why        string    `json:"why"`
	Since      time.Time `json:"since,omitzero"` // of refusals without a reason
	Next       time.Time `json:"next,omitzero"`  // their next try
}

func (v vault) hold(ctx context.Context, tenantID string, h hold, long time.Duration) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return v.db.Set(ctx, v.key(tenantID, "hold"), raw, long).Err()
}

// held returns what a refresh of this generation met a moment ago; not ok: nothing.
func (v vault) held(ctx context.Context, tenantID string, gen int64) (h hold, ok bool, err error) {
	raw, ok, err := store.Found(v.db.Get(ctx, v.key(tenantID, "hold")).Result())
	if !ok {
		return h, false, store.Wrap("read grant", err)
	}
	if err := json.Unmarshal([]byte(raw), &h); err != nil || h.Generation != gen {
		return h, false, nil // of another form or of a pair that is gone: it holds nobody up
	}
	return h, true, nil
}

func (v vault) release(ctx context.Context, tenantID string) error {
	return store.Wrap("write grant", v.db.Del(ctx, v.key(tenantID, "hold")).Err())
}

// noteRefusals notes refusals beside the grant they are about. ours is false when that is not the stored one any more.
func (v vault) noteRefusals(ctx context.Context, tenantID string, gen int64, r refusals) (ours bool, err error) {
	r.Generation = gen
	raw, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	n, err := setRefusals.Run(ctx, v.db, []string{v.key(tenantID)}, gen, raw).Int()
	return n == 1, store.Wrap("note a refusal of the grant", err)
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
