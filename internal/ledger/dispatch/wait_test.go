package dispatch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/ledger"
)

// commands counts what is sent to Redis by many at once.
type commands struct{ n atomic.Int64 }

func (h *commands) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (h *commands) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { h.n.Add(1); return next(ctx, cmd) }
}

func (h *commands) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { h.n.Add(int64(len(cmds))); return next(ctx, cmds) }
}

// waitedFor waits until n callers wait in s.
func waitedFor(t *testing.T, s bench, n int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		count := 0
		s.mu.Lock()
		for _, v := range s.watches {
			count += v.waiters
		}
		s.mu.Unlock()
		if count == n {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%d callers wait, want %d", count, n)
		case <-tick.C:
		}
	}
}

// looks reads a job once and returns how many commands that takes.
func looks(t *testing.T, s bench, c *commands, id string) int64 {
	t.Helper()
	before := c.n.Load()
	if _, err := s.Ledger.Get(t.Context(), "t1", id); err != nil {
		t.Fatal(err)
	}
	return c.n.Load() - before
}

func TestWait_manyCallersOfOneJobShareOneLook(t *testing.T) {
	t.Parallel()
	s, counted := memoryBench(t), &commands{}
	s.db.AddHook(counted)
	e := s.mustAccept(t, "t1", 1)
	one := looks(t, s, counted, e.ID)
	before, began := counted.n.Load(), time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var callers sync.WaitGroup
	for range maxTenantWaiters {
		callers.Go(func() {
			if got, err := s.Wait(ctx, "t1", e.ID); err != nil || got.State != ledger.StateAccepted {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	callers.Wait()
	sent, most := counted.n.Load()-before, one*int64(2+time.Since(began)/lookEvery)
	if sent > most {
		t.Errorf("%d callers sent %d commands, want %d at most: one look each %s", maxTenantWaiters, sent, most, lookEvery)
	}
}

func TestWait_allAreToldOfAChangeByOneLook(t *testing.T) {
	t.Parallel()
	s, counted := memoryBench(t), &commands{}
	s.db.AddHook(counted)
	e := s.mustAccept(t, "t1", 1)
	one := looks(t, s, counted, e.ID)
	var callers sync.WaitGroup
	for range maxTenantWaiters {
		callers.Go(func() {
			if got, err := s.Wait(t.Context(), "t1", e.ID); err != nil || got.State != ledger.StateDropped {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	waitedFor(t, s, maxTenantWaiters)
	if err := s.Ledger.Drop(t.Context(), "t1", e.ID, "test"); err != nil {
		t.Fatal(err)
	}
	before, began := counted.n.Load(), time.Now()
	s.Notify("t1", e.ID)
	callers.Wait()
	if sent, most := counted.n.Load()-before, one*int64(2+time.Since(began)/lookEvery); sent > most {
		t.Errorf("%d commands after the change, want %d at most", sent, most)
	}
}

// Of hundreds of callers of one company a few wait, and the others cost nothing.
func TestWait_hundredsOfCallersCostFewCommands(t *testing.T) {
	t.Parallel()
	s, counted := memoryBench(t), &commands{}
	ctx := t.Context()
	const callers = 500
	ids := make([]string, callers)
	for i := range ids {
		ids[i] = s.mustAccept(t, "t1", int64(i+1)).ID
	}
	s.db.AddHook(counted)
	one := looks(t, s, counted, ids[0])
	waiting, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	turnedAway := make(chan struct{}, callers)
	before, began := counted.n.Load(), time.Now()
	for _, id := range ids {
		all.Go(func() {
			if _, err := s.Wait(waiting, "t1", id); errors.Is(err, ErrTooManyWait) {
				turnedAway <- struct{}{}
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	for range callers - maxTenantWaiters {
		<-turnedAway
	}
	waitedFor(t, s, maxTenantWaiters)
	sent, most := counted.n.Load()-before, one*int64(maxTenantWaiters*(2+int(time.Since(began)/lookEvery)))
	if sent > most {
		t.Errorf("%d callers sent %d commands, want %d at most", callers, sent, most)
	}
	gone, leave := context.WithCancel(ctx)
	leave()
	if _, err := s.Wait(gone, "t2", "any"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a caller of another company: %v", err)
	}
	cancel()
	all.Wait()
	if len(s.watches) != 0 {
		t.Error("a waiter is left behind")
	}
}

func TestWait_boundsTheCallersOfAProcess(t *testing.T) {
	t.Parallel()
	s := memoryBench(t)
	waiting, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range maxWaiters / maxTenantWaiters {
		id := fmt.Sprint("company", i)
		e := s.mustAccept(t, id, 1)
		for range maxTenantWaiters {
			all.Go(func() {
				if _, err := s.Wait(waiting, id, e.ID); err != nil {
					t.Error(err)
				}
			})
		}
	}
	waitedFor(t, s, maxWaiters)
	if _, err := s.Wait(t.Context(), "another", "any"); !errors.Is(err, ErrTooManyWait) {
		t.Errorf("one more: %v", err)
	}
	cancel()
	all.Wait()
	if _, err := s.Wait(t.Context(), "another", "any"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("when there is room: %v", err)
	}
}

func TestWait_returnsWhatThereIsWhenTheCallerHasWaitedEnough(t *testing.T) {
	t.Parallel()
	s := memoryBench(t)
	e := s.mustAccept(t, "t1", 1) // nobody works
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	got, err := s.Wait(ctx, "t1", e.ID)
	if err != nil || got.State != ledger.StateAccepted {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := s.Wait(ctx, "another", e.ID); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if len(s.watches) != 0 {
		t.Error("a waiter is left behind")
	}
}
