package ledger

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Batch is a claim of jobs in the order of their acceptance.
type Batch[P, S, R any] struct {
	Claim string
	Jobs  []Job[P, S, R]
	Now   time.Time // Redis' clock at the claim
}

// Claim takes up to n (at most Kind.MaxBatch) due jobs of one tenant for the time of the lease. A job is not taken while an
// earlier one of its order is unfinished outside this claim. An empty batch means that nothing is due.
func (l *Ledger[P, S, R]) Claim(ctx context.Context, tenantID string, n int) (Batch[P, S, R], error) {
	return l.ClaimTrusting(ctx, tenantID, n, time.UnixMilli(math.MaxInt64), 0)
}

// ClaimTrusting is Claim that trusts Redis' clock up to latest only: when it says more, jobs whose lease has ended are left to
// their worker for wait.
func (l *Ledger[P, S, R]) ClaimTrusting(ctx context.Context, tenantID string, n int, latest time.Time, wait time.Duration) (Batch[P, S, R], error) {
	claim, err := newID()
	if err != nil {
		return Batch[P, S, R]{}, fmt.Errorf("make a claim id: %w", err)
	}
	got, err := l.run(ctx, l.scripts.claim, tenantID, claim, min(n, l.kind.MaxBatch), l.kind.Lease.Milliseconds(),
		latest.UnixMilli(), wait.Milliseconds()).StringSlice()
	if err != nil {
		return Batch[P, S, R]{}, fmt.Errorf("claim firings: %w", err)
	}
	b := Batch[P, S, R]{Claim: claim, Now: millis(got[0])}
	found, err := l.load(ctx, tenantID, got[1:], false)
	if err != nil {
		return Batch[P, S, R]{}, fmt.Errorf("read claimed firings: %w", err)
	}
	for _, e := range found {
		if e.claim == claim {
			b.Jobs = append(b.Jobs, e)
		}
	}
	return b, nil
}
