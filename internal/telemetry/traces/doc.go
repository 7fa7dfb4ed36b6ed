// Package traces sends what the service does, as spans, to an OpenTelemetry collector. It owns the names of the spans, what
// they carry and the way to the collector; the packages that are traced know nothing of it and call functions that cmd
// joins to the methods here.
//
// Invariants:
//   - off unless an endpoint is configured: then there is no *Traces, and no function of it is joined to anything;
//   - a span carries route patterns, names of calls and commands, numbers of entries and statuses; never a path, a query, a
//     body, an id, a host, an error's text or anything that a caller chose;
//   - context comes in (traceparent of W3C) and never goes out: amoCRM, Usedesk and receivers of notices get no header;
//   - a collector that is away costs nothing but its spans: a bounded queue, one log line a minute.
//
// The exporter is our own because OpenTelemetry's (otlptracehttp) brings gRPC along and costs 4 MiB of memory at the start even
// when it is off; so are the hooks, because otelhttp records full addresses and redisotel the texts of errors.
package traces
