package dispatch

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// trips counts the round trips to Redis.
type trips struct{ n int }

// add counts what does not open a connection.
func (h *trips) add(cmd redis.Cmder) {
	if name := cmd.Name(); name != "hello" && name != "client" {
		h.n++
	}
}

func (h *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (h *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { h.add(cmd); return next(ctx, cmd) }
}

func (h *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { h.add(cmds[0]); return next(ctx, cmds) }
}

func TestAccept_storesJobAndHintInOneRoundTrip(t *testing.T) {
	t.Parallel()
	b := memoryBench(t)
	first := b.mustAccept(t, "t1", 1) // Redis does not know the script yet
	b.hinted(t, "t1")
	count := &trips{}
	b.db.AddHook(count)
	second := b.mustAccept(t, "t1", 2)
	if count.n != 1 {
		t.Errorf("%d round trips, want 1", count.n)
	}
	if got, err := b.Ledger.Claim(t.Context(), "t1", 50); err != nil || len(got.Jobs) != 2 || got.Jobs[0].ID != first.ID || got.Jobs[1].ID != second.ID {
		t.Errorf("claimed %v, want both: %v", got, err)
	}
}

func TestSweep_findsLostHintAmongManyTenantsInFewRoundTrips(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range sweepStep + 50 {
		all = append(all, fmt.Sprint("idle", i))
	}
	b := memoryBench(t, append(all, "t1")...)
	if _, _, err := b.Ledger.Accept(t.Context(), "t1", offer{Request: 1}); err != nil { // by the ledger alone: without a hint
		t.Fatal(err)
	}
	count := &trips{}
	b.db.AddHook(count)
	if err := b.SweepAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if count.n != 3 { // two looks, one hint
		t.Errorf("%d round trips for %d tenants, want 3", count.n, len(all)+1)
	}
	b.hinted(t, "t1")
}

func TestHints_aNewerOneIsNotLost(t *testing.T) {
	t.Parallel()
	l := memoryBench(t)
	h, ctx := l.hints, t.Context()
	now, err := l.db.Time(ctx).Result()
	if err != nil {
		t.Fatal(err)
	}
	set := func(at time.Time) {
		if err := h.set(ctx, "t1", at); err != nil {
			t.Fatal(err)
		}
	}
	due := func() int {
		ids, err := h.due(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	set(now.Add(-time.Second))
	was, err := h.seen(ctx, "t1")
	if err != nil || due() != 1 {
		t.Fatalf("%v %v", was, err)
	}
	set(now.Add(-time.Millisecond)) // accepted while the loop found nothing
	if err := h.replace(ctx, was, time.Time{}); err != nil || due() != 1 {
		t.Errorf("the new hint is gone, %v", err)
	}
	if was, err = h.seen(ctx, "t1"); err != nil {
		t.Fatal(err)
	}
	if err := h.replace(ctx, was, now.Add(time.Minute)); err != nil || due() != 0 {
		t.Errorf("still due, %v", err)
	}
	l.pass(2 * time.Minute)
	if due() != 1 {
		t.Error("not due in time")
	}
	if was, err = h.seen(ctx, "t1"); err != nil {
		t.Fatal(err)
	}
	if err := h.replace(ctx, was, time.Time{}); err != nil || due() != 0 {
		t.Errorf("a settled hint is still there, %v", err)
	}
}
