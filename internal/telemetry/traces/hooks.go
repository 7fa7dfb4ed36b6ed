package traces

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Requests is the outermost middleware: a span for each request but the probes. Its trace goes on with that of the caller.
func (t *Traces) Requests(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		route := c.Path()
		if route == "/healthz" || route == "/readyz" {
			return next(c)
		}
		if route == "" || route == "/*" {
			route = "none" // a stranger chose the path
		}
		method := r.Method
		if !slices.Contains(methods, method) {
			method = "_OTHER"
		}
		ctx, span := t.tracer.Start(incoming(r), method+" "+route, trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route)))
		defer span.End()
		c.SetRequest(r.WithContext(ctx))
		err := next(c)
		status := c.Response().Status
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= 500 || err != nil {
			span.SetStatus(codes.Error, "")
		}
		return err
	}
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete}

// incoming is the request's context with the caller's trace. Of the W3C headers only traceparent counts: tracestate is free
// text, which would be kept and sent on.
func incoming(r *http.Request) context.Context {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	from := trace.SpanContextFromContext(ctx)
	if !from.IsValid() {
		return r.Context()
	}
	return trace.ContextWithRemoteSpanContext(r.Context(), from.WithTraceState(trace.TraceState{}))
}

// Carry returns to with the trace of from.
func (t *Traces) Carry(to, from context.Context) context.Context {
	return trace.ContextWithSpan(to, trace.SpanFromContext(from))
}

// Mark returns what Step links to: a traceparent of W3C, which begins with its version. A trace that is not sampled has none.
func (t *Traces) Mark(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	in := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, in)
	return in[traceparent]
}

const traceparent = "traceparent"

// Step begins a step of the work on so many entries, at since, or now when that is zero. The span is linked to those that from, marks of Mark, name; what is no mark is left out.
func (t *Traces) Step(ctx context.Context, name string, since time.Time, entries int, from ...string) (context.Context, func()) {
	if since.IsZero() {
		since = time.Now()
	}
	var links []trace.Link
	for _, mark := range from {
		marked := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{traceparent: mark})
		if link := trace.LinkFromContext(marked); link.SpanContext.IsValid() {
			links = append(links, link)
		}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithTimestamp(since), trace.WithLinks(links...),
		trace.WithAttributes(attribute.Int("sidecard.entries", entries)))
	return ctx, func() { span.End() }
}

// Call records an exchange with another system that has just ended. op is the method and the pattern of the route; status 0 is no
// answer.
func (t *Traces) Call(ctx context.Context, system, op string, status int, took time.Duration) {
	end := time.Now()
	_, span := t.tracer.Start(ctx, system+" "+op, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-took)),
		trace.WithAttributes(attribute.String("peer.service", system), attribute.String("url.template", op)))
	if status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if status == 0 || status >= 400 {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(end))
}

// Notice begins the sending of a notice; end ends it.
func (t *Traces) Notice(ctx context.Context, way string) (traced context.Context, end func(ok bool)) {
	ctx, span := t.tracer.Start(ctx, "notice "+way, trace.WithSpanKind(trace.SpanKindProducer))
	return ctx, func(ok bool) {
		if !ok {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
