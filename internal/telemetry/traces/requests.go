package traces

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/sidecard/sidecard/internal/telemetry/traces"

// Requests is the outermost middleware: a span for each request but the probes. Its trace continues the caller's. Without a
// provider it does nothing, and the caller's trace does not count.
func Requests(next echo.HandlerFunc) echo.HandlerFunc {
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
		ctx, span := otel.Tracer(scope).Start(incoming(r), method+" "+route, trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route)))
		if own := span.SpanContext(); !own.IsValid() || own.IsRemote() { // there is no provider
			return next(c)
		}
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
