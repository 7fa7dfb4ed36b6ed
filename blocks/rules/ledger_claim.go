package rules

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Batch is a claim of entries in the order of their acceptance.
type Batch struct {
	Claim   string
	Entries []Entry
	Now     time.Time // Redis' clock at the claim
}

// Claim takes up to n (at most 50) due entries of one tenant for the time of the lease. An entry is not taken while an
// earlier one of its ticket is unfinished outside this claim. An empty batch means that nothing is due.
func (l *Ledger) Claim(ctx context.Context, tenantID string, n int) (Batch, error) {
	return l.claim(ctx, tenantID, n, time.UnixMilli(math.MaxInt64), 0)
}

// claim is Claim that trusts Redis' clock up to latest only: when it says more, entries whose lease has ended are left to
// their worker for wait.
func (l *Ledger) claim(ctx context.Context, tenantID string, n int, latest time.Time, wait time.Duration) (Batch, error) {
	claim, err := newID()
	if err != nil {
		return Batch{}, fmt.Errorf("make a claim id: %w", err)
	}
	got, err := l.run(ctx, claimScript, tenantID, claim, min(n, maxBatch), l.lease.Milliseconds(),
		latest.UnixMilli(), wait.Milliseconds()).StringSlice()
	if err != nil {
		return Batch{}, fmt.Errorf("claim firings: %w", err)
	}
	b := Batch{Claim: claim, Now: millis(got[0])}
	found, err := l.load(ctx, tenantID, got[1:], false)
	if err != nil {
		return Batch{}, fmt.Errorf("read claimed firings: %w", err)
	}
	for _, e := range found {
		if e.claim == claim {
			b.Entries = append(b.Entries, e)
		}
	}
	return b, nil
}
