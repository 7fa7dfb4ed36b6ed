package rules

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

const (
	sweepStep   = 200              // tenants of one round trip
	longestWait = 20 * time.Minute // more than anything is ever postponed by
)

// sweep finds due work whose hint was lost and held work whose login came while nobody listened. One replica at a time
// does it.
func (s *Service) sweep(ctx context.Context) {
	tick := time.NewTimer(rand.N(s.Sweep))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		mine, err := s.DB.SetNX(ctx, store.Shared("fire", "sweep"), "1", s.Sweep*9/10).Result()
		if err == nil && mine {
			err = s.sweepAll(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Error("sweep firings", "error", err)
		}
		tick.Reset(s.Sweep)
	}
}

func (s *Service) sweepAll(ctx context.Context) error {
	var ids []string
	err := s.Tenants.Each(ctx, func(id string) error {
		if ids = append(ids, id); len(ids) < sweepStep {
			return nil
		}
		some := ids
		ids = nil
		return s.sweepSome(ctx, some)
	})
	if err != nil {
		return err
	}
	return s.sweepSome(ctx, ids)
}

// sweepSome looks at some tenants in one round trip: most have nothing to do.
func (s *Service) sweepSome(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	hinted := make([]*redis.FloatCmd, len(ids))
	found, err := s.ledger.Look(ctx, ids, func(p redis.Pipeliner) {
		for i, id := range ids {
			hinted[i] = p.ZScore(ctx, hintKey, id)
		}
	})
	if err != nil {
		return err
	}
	for i, id := range ids {
		hint, err := hinted[i].Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return fmt.Errorf("look for lost work: %w", err)
		}
		if due := found[i].Next; !due.IsZero() {
			if latest := s.clock.latest(); !latest.IsZero() && due.Sub(latest) > longestWait { // set back while the hint was lost: the claim moves it
				due = latest
			}
			if (hint == 0 || time.UnixMicro(int64(hint)).After(due)) && !s.working(id) {
				if err := s.hints.set(ctx, id, due); err != nil {
					return err
				}
			}
		}
		if found[i].Held > 0 {
			if err := s.releaseConnected(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// releaseConnected makes a tenant's held work due when its login is alive.
func (s *Service) releaseConnected(ctx context.Context, tenantID string) error {
	if s.Connected == nil {
		return nil
	}
	connected, err := s.Connected(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("look at the login: %w", err)
	}
	if connected {
		_, err = s.Release(ctx, tenantID)
	}
	return err
}
