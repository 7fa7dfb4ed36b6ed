package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/redis/go-redis/v9"
)

// Batch is a claim of jobs in the order of their acceptance.
type Batch[P, S, R any] struct {
	Claim string
	Jobs  []Job[P, S, R]
	Now   time.Time // Redis' clock at the claim
}

// Claim takes up to n (at most Kind.MaxBatch) due jobs of one tenant for the time of the lease. A job is not taken while an
// earlier one of its order is unfinished outside this claim. An empty batch means that nothing is due.
func (l *Queue[P, S, R]) Claim(ctx context.Context, tenantID string, n int) (Batch[P, S, R], error) {
	return l.ClaimTrusting(ctx, tenantID, n, time.UnixMilli(math.MaxInt64), 0)
}

// ClaimTrusting is Claim that trusts Redis' clock up to latest only: when it says more, jobs whose lease has ended are left to
// their worker for wait.
func (l *Queue[P, S, R]) ClaimTrusting(ctx context.Context, tenantID string, n int, latest time.Time, wait time.Duration) (Batch[P, S, R], error) {
	claim, err := newID()
	if err != nil {
		return Batch[P, S, R]{}, fmt.Errorf("make a claim id: %w", err)
	}
	got, err := l.run(ctx, l.scripts.claim, tenantID, claim, min(n, l.kind.MaxBatch), l.kind.Lease.Milliseconds(),
		latest.UnixMilli(), wait.Milliseconds()).StringSlice()
	if err != nil {
		return Batch[P, S, R]{}, fmt.Errorf("claim runs: %w", err)
	}
	b := Batch[P, S, R]{Claim: claim, Now: millis(got[0])}
	found, err := l.load(ctx, tenantID, got[1:], false)
	if err != nil {
		return Batch[P, S, R]{}, fmt.Errorf("read claimed runs: %w", err)
	}
	for _, e := range found {
		if e.claim == claim {
			b.Jobs = append(b.Jobs, e)
		}
	}
	return b, nil
}

// Due is what a tenant has to do.
type Due struct {
	Next time.Time // when the next job is due, zero for none
	Held int
}

// Look returns what some tenants have to do, in one round trip and in their order. behind adds further commands to it, whose errors
// are for who added them; it may be nil.
func (l *Queue[P, S, R]) Look(ctx context.Context, tenants []string, behind func(redis.Pipeliner)) ([]Due, error) {
	next, held := make([]*redis.ZSliceCmd, len(tenants)), make([]*redis.IntCmd, len(tenants))
	// The pipeline's own error is the first of any command; each command's is looked at below.
	_, _ = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range tenants {
			next[i] = p.ZRangeWithScores(ctx, l.prefix(id)+":due", 0, 0)
			held[i] = p.ZCard(ctx, l.prefix(id)+":s:"+string(StateHeld))
		}
		if behind != nil {
			behind(p)
		}
		return nil
	})
	due := make([]Due, len(tenants))
	for i := range tenants {
		if err := errors.Join(next[i].Err(), held[i].Err()); err != nil {
			return nil, fmt.Errorf("look for due runs: %w", err)
		}
		due[i].Held = int(held[i].Val())
		if z := next[i].Val(); len(z) > 0 {
			due[i].Next = time.UnixMilli(int64(z[0].Score))
		}
	}
	return due, nil
}
