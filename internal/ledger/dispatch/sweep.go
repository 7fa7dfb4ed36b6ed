package dispatch

import (
	"context"
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
func (d *Dispatcher[P, S, R]) sweep(ctx context.Context) {
	tick := time.NewTimer(rand.N(d.Sweep))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		mine, err := d.hints.db.SetNX(ctx, store.Shared(d.Name, "sweep"), "1", d.Sweep*9/10).Result()
		if err == nil && mine {
			err = d.SweepAll(ctx)
		}
		if err != nil && ctx.Err() == nil {
			d.Log.Error("sweep runs", "error", err)
		}
		tick.Reset(d.Sweep)
	}
}

// SweepAll looks at all tenants once, also while another replica does.
func (d *Dispatcher[P, S, R]) SweepAll(ctx context.Context) error {
	return store.InBatches(sweepStep, func(add func(string) error) error { return d.Each(ctx, add) },
		func(some []string) error { return d.sweepSome(ctx, some) })
}

// sweepSome looks at some tenants in one round trip: most have nothing to do.
func (d *Dispatcher[P, S, R]) sweepSome(ctx context.Context, ids []string) error {
	hinted := make([]*redis.FloatCmd, len(ids))
	found, err := d.Ledger.Look(ctx, ids, func(p redis.Pipeliner) {
		for i, id := range ids {
			hinted[i] = p.ZScore(ctx, d.hints.key, id)
		}
	})
	if err != nil {
		return err
	}
	for i, id := range ids {
		hint, _, err := store.Found(hinted[i].Result())
		if err != nil {
			return fmt.Errorf("look for lost work: %w", err)
		}
		if due := found[i].Next; !due.IsZero() {
			if latest := d.clock.Latest(); !latest.IsZero() && due.Sub(latest) > longestWait { // set back while the hint was lost: the claim moves it
				due = latest
			}
			if (hint == 0 || time.UnixMicro(int64(hint)).After(due)) && !d.working(id) {
				if err := d.hints.set(ctx, id, due); err != nil {
					return err
				}
			}
		}
		if found[i].Held > 0 && d.Connected != nil {
			if err := d.resumeConnected(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// resumeConnected makes a tenant's held work due when its login is alive.
func (d *Dispatcher[P, S, R]) resumeConnected(ctx context.Context, tenantID string) error {
	connected, err := d.Connected(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("look at the login: %w", err)
	}
	if connected {
		_, err = d.Resume(ctx, tenantID)
	}
	return err
}
