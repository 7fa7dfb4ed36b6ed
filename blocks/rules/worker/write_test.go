package worker

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A machine that was suspended wakes up with timers for which no time has passed.
func TestWork_whoWasSuspendedThroughItsLeaseSendsNothing(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := &batch{Worker: &Worker{deps: &Deps{Lease: time.Minute}}, confirmedAt: now}
	ctx, cancel := h.withinLease(t.Context())
	defer cancel()
	a := ctx.(awake)
	if err := a.Err(); err != nil || !a.until.Equal(now.Add(40*time.Second).Round(0)) {
		t.Errorf("until %s, %v", a.until, err)
	}
	a.until = now.Add(-time.Second).Round(0) // by the wall's clock
	if a.Context.Err() != nil || !errors.Is(a.Err(), context.DeadlineExceeded) {
		t.Errorf("the timers say %v, the context %v", a.Context.Err(), a.Err())
	}
}
