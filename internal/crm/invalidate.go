package crm

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// How long what was read from the CRM counts as fresh (it is kept for a day, for bad times).
const (
	maxMetaAge = 10 * time.Minute
	maxDataAge = 30 * time.Second
)

// reads bounds how old cached reads of an account may be, and invalidates them. They are not deleted: when the CRM fails they
// are still the best there is.
type reads struct {
	db    *store.DB
	cache *store.Cache
	keys  Keys

	all, data atomic.Int64     // invalidated at, Unix milliseconds, 0 for never; the jobs of one batch share an Account
	changed   map[string]int64 // single deals and contacts, "leads:12", as of the opening of the Account
}

// Refresh reads what was invalidated.
func (r *reads) Refresh(ctx context.Context) error {
	pipe := r.db.Pipeline()
	stamps := pipe.HMGet(ctx, r.keys.Invalidated(), "all", "data")
	changed := pipe.ZRangeByScoreWithScores(ctx, r.keys.Changes(),
		&redis.ZRangeBy{Min: before(time.Now().Add(-maxDataAge)), Max: "+inf"})
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read age of the cache: %w", err)
	}
	got := stamps.Val()
	r.changed = changedOf(changed.Val())
	r.all.Store(stamp(got[0]))
	r.data.Store(stamp(got[1]))
	return nil
}

func stamp(v any) int64 {
	s, _ := v.(string)
	return max(0, ParseID(s))
}

// Forget makes everything that was read from the account old, vocabulary included: after a login, or when the CRM tells
// of changed users, pipelines or fields.
func (r *reads) Forget(ctx context.Context) error {
	now := time.Now().UnixMilli()
	r.all.Store(now)
	r.data.Store(now)
	return r.store(ctx, "all", now, "data", now)
}

// ForgetData makes contacts, deals and feeds old, but not the vocabulary: when the CRM tells of a changed contact or deal.
func (r *reads) ForgetData(ctx context.Context) error {
	now := time.Now().UnixMilli()
	r.data.Store(now)
	return r.store(ctx, "data", now)
}

func (r *reads) store(ctx context.Context, pairs ...any) error {
	if err := r.db.HSet(ctx, r.keys.Invalidated(), pairs...).Err(); err != nil {
		return fmt.Errorf("make the cache old: %w", err)
	}
	return nil
}

// DealChanged invalidates what was read of a deal before it was changed: its card and feed, the lists of deals that show it,
// and more keys.
func (r *reads) DealChanged(ctx context.Context, id int64, more ...string) error {
	err := errors.Join(
		r.cache.Drop(ctx, append(more, r.keys.Deal(id), r.keys.Feed(id))...),
		r.db.ZAdd(ctx, r.keys.Changes(), redis.Z{Score: float64(time.Now().UnixMilli()), Member: "leads:" + Decimal(id)}).Err(),
		r.db.Expire(ctx, r.keys.Changes(), changesFor).Err(),
	)
	if err != nil {
		return &AfterCreate{Step: "remember", Err: err}
	}
	return nil
}

// MetaAge is how old the vocabulary may be.
func (r *reads) MetaAge() time.Duration { return ageSince(maxMetaAge, r.all.Load()) }

// DataAge is how old contacts, deals and lists of them may be.
func (r *reads) DataAge() time.Duration { return ageSince(maxDataAge, r.data.Load()) }

// NamesAge is how old names of companies may be: they change as rarely as the vocabulary, but are told of as data.
func (r *reads) NamesAge() time.Duration { return ageSince(maxMetaAge, r.data.Load()) }

// AgeOf is how old what was read of one deal ("leads") or contact ("contacts") may be.
func (r *reads) AgeOf(kind string, id int64) time.Duration {
	return min(r.DataAge(), ageSince(maxDataAge, r.changed[kind+":"+Decimal(id)]))
}

func ageSince(usual time.Duration, invalidated int64) time.Duration {
	if invalidated == 0 {
		return usual
	}
	return max(0, min(usual, time.Since(time.UnixMilli(invalidated))))
}
