package transport

import (
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// DoTraced is Do in a span. op is the method and the pattern of the route: the span holds no address and nothing of what is
// sent. The request does not carry the trace: outside systems must not learn of it.
func DoTraced(h *http.Client, r *http.Request, system, op string) (Answer, error) {
	_, span := otel.Tracer("github.com/sidecard/sidecard/connector/transport").Start(r.Context(), system+" "+op,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("peer.service", system), attribute.String("url.template", op)))
	defer span.End()
	a, err := Do(h, r)
	if a.Status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", a.Status))
	}
	if a.Status == 0 || a.Status >= 400 {
		span.SetStatus(codes.Error, "")
	}
	return a, err
}
