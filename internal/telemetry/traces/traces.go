// Package traces sends what the service does, as spans, to an OpenTelemetry collector. It owns the provider, the span of a
// request and the way to the collector. Other packages record their spans themselves, with OpenTelemetry's API.
//
// Invariants:
//   - off unless an endpoint is configured: then there is no provider, and spans are no-ops;
//   - a span carries route patterns, names of calls and commands, numbers of entries and statuses; never a path, a query, a
//     body, an id, a host, an error's text or anything that a caller chose;
//   - context comes in (traceparent of W3C) and never goes out: amoCRM, Usedesk and receivers of notices get no header;
//   - a collector that is away costs nothing but its spans: a bounded queue, one log line a minute.
//
// The exporter is our own because OpenTelemetry's (otlptracehttp) brings gRPC along and costs 4 MiB of memory at the start even
// when it is off; otelhttp and redisotel are not used because they record full addresses and the texts of errors.
package traces

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecard/sidecard/connector/transport"
)

const (
	sendWithin = 10 * time.Second // one batch
	complainAt = time.Minute      // at most one line in that time
)

// Traces are one replica's. It is safe for concurrent use.
type Traces struct {
	provider *sdktrace.TracerProvider
	log      *complaints
}

// Start begins to send what packages record with OpenTelemetry's API; c.URL must not be empty. Name, attributes of the service, sampling and the sizes of the queue are
// those of OpenTelemetry's variables (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_BSP_*). Call it
// once in a process: it sets the library's global provider and the handler of its errors. Stop has to be called.
func Start(ctx context.Context, c Config, version string, log *slog.Logger) (*Traces, error) {
	what, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "sidecard"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: expected name=value,name=value: %w", err)
	}
	complain := &complaints{log: log}
	otel.SetErrorHandler(complain)
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 1
	p := sdktrace.NewTracerProvider(sdktrace.WithResource(what), sdktrace.WithBatcher(&exporter{
		url: c.URL, headers: c.Headers,
		http: transport.NoRedirects(&http.Client{Transport: base, Timeout: sendWithin}),
	}))
	otel.SetTracerProvider(p)
	return &Traces{provider: p, log: complain}, nil
}

// Stop sends what is left as long as ctx lives. A collector that does not take it costs those spans and a log line. A nil
// *Traces has nothing to send.
func (t *Traces) Stop(ctx context.Context) {
	if t == nil {
		return
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Handle(err)
	}
}

// complaints are logged once a minute, with the number of those between.
type complaints struct {
	log *slog.Logger

	mu    sync.Mutex
	last  time.Time
	times int
}

func (c *complaints) Handle(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times++
	if !c.last.IsZero() && time.Since(c.last) < complainAt {
		return
	}
	c.log.Warn("traces not sent", "times", c.times, "error", err)
	c.last, c.times = time.Now(), 0
}

// Log gives lines of log that belong to a trace its id, as trace_id.
func Log(log *slog.Logger) *slog.Logger { return slog.New(handler{log.Handler()}) }

type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.HasTraceID() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", s.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

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
