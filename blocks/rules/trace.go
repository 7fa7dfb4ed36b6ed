package rules

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traceMark names the trace of ctx in W3C's form, which begins with its version; it is kept with the job. It is "" for a trace
// that is not sampled.
func traceMark(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	in := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, in)
	return in["traceparent"]
}
