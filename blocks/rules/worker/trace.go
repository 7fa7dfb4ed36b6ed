package worker

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// step starts the span of a step of the work on so many jobs, at since, or now when that is zero; end ends it. The span is
// linked to the traces that from, W3C traceparents that jobs keep, name; what is none is left out.
func step(ctx context.Context, name string, since time.Time, entries int, from ...string) (traced context.Context, end func()) {
	options := []trace.SpanStartOption{trace.WithAttributes(attribute.Int("sidecard.entries", entries))}
	if !since.IsZero() {
		options = append(options, trace.WithTimestamp(since))
	}
	for _, mark := range from {
		marked := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": mark})
		if link := trace.LinkFromContext(marked); link.SpanContext.IsValid() {
			options = append(options, trace.WithLinks(link))
		}
	}
	ctx, span := otel.Tracer("github.com/sidecard/sidecard/blocks/rules").Start(ctx, name, options...)
	return ctx, func() { span.End() }
}
