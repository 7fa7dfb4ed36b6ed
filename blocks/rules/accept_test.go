package rules

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

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
		b, err := s.ledger.Claim(ctx, "t1", maxBatch)
		s.traced(ctx, ctx, "t1", b, time.Now())
		if err != nil || !slices.Equal(told, []string{"mark1", "mark3"}) {
			t.Errorf("%s: told %q, %v", name, told, err)
		}
	}
}
