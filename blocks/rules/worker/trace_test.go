package worker

import (
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"
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

func TestStep_startsWhenItIsToldToAndIgnoresWhatIsNoMark(t *testing.T) {
	rec := recorded(t)
	since := time.Now().Add(-time.Minute)
	ctx, end := step(t.Context(), "haul", since, 50, "no mark", "")
	_, endInner := step(ctx, "tickets", time.Time{}, 3)
	endInner()
	end()
	haul, tickets := ended(rec, "haul")[0], ended(rec, "tickets")[0]
	if !haul.StartTime().Equal(since) || len(haul.Links()) != 0 || !slices.Contains(haul.Attributes(), attribute.Int("sidecard.entries", 50)) {
		t.Errorf("haul since %s with %v %v", haul.StartTime(), haul.Attributes(), haul.Links())
	}
	if tickets.Parent().SpanID() != haul.SpanContext().SpanID() || time.Since(tickets.StartTime()) > time.Minute/2 {
		t.Errorf("tickets of %v since %s", tickets.Parent(), tickets.StartTime())
	}
}
