package crm

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// How long what was read from the CRM counts as fresh (it is kept for a day, for bad times).
const (
	metaFresh = 10 * time.Minute
	dataFresh = 30 * time.Second
)

// forgotten says since when cached reads of a tenant count as old. They are not deleted: when the CRM fails they are
// still the best there is. Unix milliseconds, 0 for never; atomic because the jobs of one batch share an Account.
type forgotten struct {
	all, data atomic.Int64
	changed   map[string]int64 // single deals and contacts, "leads:12", as of the opening of the Account
}

func (a *Account) readForgotten(ctx context.Context) error {
	pipe := a.b.DB.Pipeline()
	stamps := pipe.HMGet(ctx, a.Keys().Invalidated(), "all", "data")
	changed := pipe.ZRangeByScoreWithScores(ctx, a.Keys().Changes(),
		&redis.ZRangeBy{Min: before(time.Now().Add(-dataFresh)), Max: "+inf"})
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read age of the cache: %w", err)
	}
	got := stamps.Val()
	a.forgot.changed = changedOf(changed.Val())
	a.forgot.all.Store(stamp(got[0]))
	a.forgot.data.Store(stamp(got[1]))
	return nil
}

func stamp(v any) int64 {
	s, _ := v.(string)
	return max(0, ParseID(s))
}

// Forget makes everything that was read from the account old, vocabulary included: after a login, or when the CRM tells
// of changed users, pipelines or fields.
func (a *Account) Forget(ctx context.Context) error {
	now := time.Now().UnixMilli()
	a.forgot.all.Store(now)
	a.forgot.data.Store(now)
	return a.writeForgotten(ctx, "all", now, "data", now)
}

// ForgetData makes contacts, deals and feeds old, but not the vocabulary: when the CRM tells of a changed contact or deal.
func (a *Account) ForgetData(ctx context.Context) error {
	now := time.Now().UnixMilli()
	a.forgot.data.Store(now)
	return a.writeForgotten(ctx, "data", now)
}

func (a *Account) writeForgotten(ctx context.Context, pairs ...any) error {
	if err := a.b.DB.HSet(ctx, a.Keys().Invalidated(), pairs...).Err(); err != nil {
		return fmt.Errorf("make the cache old: %w", err)
	}
	return nil
}

func (a *Account) freshMeta() time.Duration { return freshSince(metaFresh, a.forgot.all.Load()) }

func (a *Account) freshData() time.Duration { return freshSince(dataFresh, a.forgot.data.Load()) }

// freshNames: companies are renamed as rarely as the vocabulary, but are told of as data.
func (a *Account) freshNames() time.Duration { return freshSince(metaFresh, a.forgot.data.Load()) }

func freshSince(usual time.Duration, forgot int64) time.Duration {
	if forgot == 0 {
		return usual
	}
	return max(0, min(usual, time.Since(time.UnixMilli(forgot))))
}
