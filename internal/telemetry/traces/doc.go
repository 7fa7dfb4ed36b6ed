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
