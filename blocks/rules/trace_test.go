package rules

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// recorded records the spans of a test, which must not be parallel.
func recorded(t *testing.T) *tracetest.SpanRecorder {
	rec := tracetest.NewSpanRecorder()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(rec)))
	t.Cleanup(func() { otel.SetTracerProvider(noop.NewTracerProvider()) })
	return rec
}

// ended returns the ended spans of a name.
func ended(rec *tracetest.SpanRecorder, name string) (all []sdktrace.ReadOnlySpan) {
	for _, s := range rec.Ended() {
		if s.Name() == name {
			all = append(all, s)
		}
	}
	return all
}

func TestAccept_theHaulIsLinkedToTheTracesThatBroughtItsFirings(t *testing.T) {
	for name, l := range map[string]bench{"memory": memoryLedger(t), "redis": realLedger(t)} {
		rec := recorded(t)
		s := NewService(Deps{Deps: worker.Deps{DB: l.db,
			Account: func(context.Context, string, store.Priority) (bulk.Account, error) {
				return bulk.Account{}, errors.New("away")
			}}})
		var want []trace.SpanID
		for ticket := range int64(3) {
			ctx := t.Context()
			if ticket != 1 {
				var span trace.Span
				ctx, span = otel.Tracer("x").Start(ctx, "POST /api/freeCreateLead")
				span.End()
				want = append(want, span.SpanContext().SpanID())
			}
			e, _, err := s.Accept(ctx, tenant.Tenant{ID: "t1"}, firing(ticket+1, "x"), "")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if kept, err := l.db.HExists(ctx, entryKey("t1", e.ID), "trace").Result(); err != nil || kept != (ticket != 1) {
				t.Errorf("%s: firing %d keeps a mark: %v, %v", name, ticket+1, kept, err)
			}
		}
		ctx := t.Context()
		b, err := s.deps.Ledger.Claim(ctx, "t1", jobs.MaxBatch)
		s.worker.Handle(ctx, ctx, "t1", b, time.Now())
		hauls := ended(rec, "haul")
		if err != nil || len(hauls) != 1 {
			t.Fatalf("%s: %v, %v", name, hauls, err)
		}
		var got []trace.SpanID
		for _, link := range hauls[0].Links() {
			got = append(got, link.SpanContext.SpanID())
		}
		if !slices.Equal(got, want) || hauls[0].Parent().IsValid() || len(ended(rec, "claim")[0].Links()) != 0 {
			t.Errorf("%s: the haul is linked to %v, want %v", name, got, want)
		}
	}
}

func TestTraceMark_onlyOfASampledTrace(t *testing.T) {
	of := func(flags trace.TraceFlags) context.Context {
		return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: flags}))
	}
	for _, x := range []struct {
		ctx  context.Context
		want string
	}{
		{t.Context(), ""}, {of(0), ""}, {of(trace.FlagsSampled), "00-01000000000000000000000000000000-0200000000000000-01"},
	} {
		if got := traceMark(x.ctx); got != x.want {
			t.Errorf("%q, want %q", got, x.want)
		}
	}
}
