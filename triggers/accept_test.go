package triggers

import (
	"context"
	"net"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/tenant"
)

// trips counts the round trips to Redis.
type trips struct{ n int }

func (h *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (h *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { h.n++; return next(ctx, cmd) }
}

func (h *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { h.n++; return next(ctx, cmds) }
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
