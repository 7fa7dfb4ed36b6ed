package rules

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
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

func TestAccept_storesFiringAndHintInOneRoundTrip(t *testing.T) {
	for name, l := range map[string]bench{"memory": memoryLedger(t), "redis": realLedger(t)} {
		s, ctx := NewService(Deps{DB: l.db}), t.Context()
		accept := func(ticket int64) Entry {
			e, existed, err := s.Accept(ctx, tenant.Tenant{ID: "t1"}, firing(ticket, "x"), "")
			if err != nil || existed {
				t.Fatalf("%s: existed %v, %v", name, existed, err)
			}
			return e
		}
		first := accept(1) // Redis does not know the script yet
		if due, err := s.hints.due(ctx, 5); err != nil || !slices.Equal(due, []string{"t1"}) {
			t.Errorf("%s: hints %v, %v", name, due, err)
		}
		count := &trips{}
		l.db.AddHook(count)
		second := accept(2)
		if count.n != 1 {
			t.Errorf("%s: %d round trips, want 1", name, count.n)
		}
		if got := ids(mustClaim(t, l, 50)); !slices.Equal(got, []string{first.ID, second.ID}) {
			t.Errorf("%s: claimed %v, want both", name, got)
		}
	}
}

func TestAccept_theHaulIsToldWhichTracesBroughtItsFirings(t *testing.T) {
	for name, l := range map[string]bench{"memory": memoryLedger(t), "redis": realLedger(t)} {
		var told []string
		marks := []string{"mark1", "", "mark3"}
		s, ctx := NewService(Deps{DB: l.db,
			Account: func(context.Context, string, store.Priority) (Account, error) { return nil, errors.New("away") },
			Mark: func(context.Context) string {
				defer func() { marks = marks[1:] }()
				return marks[0]
			},
			Trace: func(ctx context.Context, step string, _ time.Time, _ int, from ...string) (context.Context, func()) {
				if step == "haul" {
					told = append(told, from...)
				}
				return ctx, func() {}
			},
		}), t.Context()
		for ticket := range int64(3) {
			e, _, err := s.Accept(ctx, tenant.Tenant{ID: "t1"}, firing(ticket+1, "x"), "")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if kept, err := l.db.HExists(ctx, entryKey("t1", e.ID), "trace").Result(); err != nil || kept != (ticket != 1) {
				t.Errorf("%s: firing %d keeps a mark: %v, %v", name, ticket+1, kept, err)
			}
		}
		if err := s.loop(ctx, ctx, "t1"); err != nil || !slices.Equal(told, []string{"mark1", "mark3"}) {
			t.Errorf("%s: told %q, %v", name, told, err)
		}
	}
}

// crowd is tenants that are only counted over.
type crowd []string

func (c crowd) Get(context.Context, string) (tenant.Tenant, error) {
	return tenant.Tenant{}, tenant.ErrNotFound
}

func (c crowd) Each(_ context.Context, visit func(id string) error) error {
	for _, id := range c {
		if err := visit(id); err != nil {
			return err
		}
	}
	return nil
}

func TestSweep_findsLostHintAmongManyTenantsInFewRoundTrips(t *testing.T) {
	t.Parallel()
	l, ctx := memoryLedger(t), t.Context()
	var all crowd
	for i := range sweepStep + 50 {
		all = append(all, fmt.Sprint("idle", i))
	}
	s := NewService(Deps{DB: l.db, Tenants: append(all, "t1")})
	mustAccept(t, l, firing(1, "x"), "") // by the ledger alone: without a hint
	count := &trips{}
	l.db.AddHook(count)
	if err := s.sweepAll(ctx); err != nil {
		t.Fatal(err)
	}
	if count.n != 3 { // two looks, one hint
		t.Errorf("%d round trips for %d tenants, want 3", count.n, len(all)+1)
	}
	if due, err := s.hints.due(ctx, 5); err != nil || !slices.Equal(due, []string{"t1"}) {
		t.Errorf("hints %v, %v", due, err)
	}
}
