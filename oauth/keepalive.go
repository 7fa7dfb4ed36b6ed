package oauth

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

const (
	maxIdle     = 7 * 24 * time.Hour // a refresh token dies unused, amoCRM's after three months; a week leaves room for long outages
	sweepEvery  = 10 * time.Minute
	sweepBatch  = 200
	sweepRetry  = time.Hour
	sweepAtOnce = 8 // an account that hangs takes one place
)

// KeepAlive refreshes grants that nobody has used for a week, until ctx ends; run it in every replica, one works at a time.
func (g *Grants) KeepAlive(ctx context.Context) {
	for ctx.Err() == nil {
		if err := g.Sweep(ctx); err != nil && ctx.Err() == nil {
			g.log.Warn("idle grants not kept alive", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(sweepEvery + rand.N(sweepEvery/5)):
		}
	}
}

// Sweep is one turn of KeepAlive: it refreshes what is due, unless another replica is at it.
func (g *Grants) Sweep(ctx context.Context) error {
	try, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	unlock, err := g.db.Lock(try, g.shared("sweep"), time.Minute)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	oldest := g.now().Add(-maxIdle)
	ids, err := g.db.ZRangeByScore(ctx, g.idle(), &redis.ZRangeBy{
		Min: "-inf", Max: strconv.FormatInt(oldest.Unix(), 10), Count: sweepBatch}).Result()
	if err != nil {
		return err
	}
	revivals, ctx := errgroup.WithContext(ctx)
	revivals.SetLimit(sweepAtOnce)
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		revivals.Go(func() error { return g.revive(ctx, id, oldest) })
	}
	return revivals.Wait()
}

// revive refreshes one idle grant. Its errors are Redis' only.
func (g *Grants) revive(ctx context.Context, id string, oldest time.Time) error {
	grant, err := g.Grant(ctx, id)
	switch {
	case errors.Is(err, ErrNoGrant), err == nil && (grant.Lost() || grant.Refresh == ""):
		return g.db.ZRem(ctx, g.idle(), id).Err()
	case err == nil && grant.RefreshedAt.After(oldest): // the list is behind
		return g.relist(ctx, id, grant.RefreshedAt)
	case err == nil:
		select {
		case r := <-g.renew(ctx, id, grant.Generation, false):
			err = r.Err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err == nil || errors.Is(err, ErrNeedsLogin) {
		return nil
	}
	g.log.Warn("idle grant not refreshed, trying again later", "tenant", id, "error", err)
	return g.relist(ctx, id, oldest.Add(sweepRetry))
}

func (g *Grants) relist(ctx context.Context, id string, at time.Time) error {
	return g.db.ZAdd(ctx, g.idle(), redis.Z{Score: float64(at.Unix()), Member: id}).Err()
}
