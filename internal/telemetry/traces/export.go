package traces

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidecard/sidecard/connector/transport"
)

// exporter posts spans as OTLP over HTTP in its JSON form (opentelemetry.io/docs/specs/otlp). A batch that the collector does
// not take is lost: it is not kept for a second try.
type exporter struct {
	url     string
	headers http.Header
	http    *http.Client
}

// ExportSpans implements sdktrace.SpanExporter. Its errors hold neither address nor headers.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body, err := json.Marshal(encode(spans))
	if err != nil {
		return fmt.Errorf("encode spans: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	for name, values := range e.headers {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", transport.UserAgent())
	answer, err := transport.Do(e.http, req)
	switch {
	case err != nil:
		return fmt.Errorf("reach the collector: %w", err)
	case answer.Status < 200 || answer.Status > 299:
		return fmt.Errorf("the collector answers %d", answer.Status)
	}
	var said struct {
		Partial struct {
			Rejected json.RawMessage `json:"rejectedSpans"` // the protocol's 64-bit numbers are strings, not everybody's are
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(answer.Body, &said) != nil { // it has taken them; what it says beside is not needed
		return nil
	}
	if n := string(bytes.Trim(said.Partial.Rejected, `"`)); n != "" && n != "0" && n != "null" {
		return fmt.Errorf("the collector refuses %.20s of %d spans", n, len(spans))
	}
	return nil
}

func (e *exporter) Shutdown(context.Context) error {
	e.http.CloseIdleConnections()
	return nil
}

// The messages of opentelemetry/proto/trace/v1 and common/v1 in the JSON mapping that OTLP prescribes: members in
// lowerCamelCase, ids in hex, enumerations as numbers, 64-bit numbers as strings. Events are left out: the service
// makes none, and one may hold an error's text; so is what links carry beside their ids.
type request struct {
	Resources []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource struct {
		Attributes []keyValue `json:"attributes"`
	} `json:"resource"`
	Scopes []scopeSpans `json:"scopeSpans"`
}

type scopeSpans struct {
	Scope struct {
		Name string `json:"name"`
	} `json:"scope"`
	Spans []span `json:"spans"`
}

type span struct {
	TraceID    string     `json:"traceId"`
	SpanID     string     `json:"spanId"`
	ParentID   string     `json:"parentSpanId,omitempty"`
	Flags      uint32     `json:"flags"`
	Name       string     `json:"name"`
	Kind       int        `json:"kind"`
	Start      string     `json:"startTimeUnixNano"`
	End        string     `json:"endTimeUnixNano"`
	Attributes []keyValue `json:"attributes,omitempty"`
	Links      []spanLink `json:"links,omitempty"`
	Status     struct {
		Code int `json:"code,omitempty"`
	} `json:"status"`
}

type spanLink struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
	Flags   uint32 `json:"flags"`
}

type keyValue struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

// Bits of a span's flags beside those of W3C: whether its parent is of another process is known, and is so.
const (
	remoteKnown = 0x100
	remote      = 0x200
)

// encode makes the request for spans of one provider.
func encode(spans []sdktrace.ReadOnlySpan) request {
	var all resourceSpans
	all.Resource.Attributes = attributes(spans[0].Resource().Attributes())
	at := map[string]int{} // where a scope is
	for _, s := range spans {
		name := s.InstrumentationScope().Name
		i, known := at[name]
		if !known {
			i = len(all.Scopes)
			at[name] = i
			all.Scopes = append(all.Scopes, scopeSpans{})
			all.Scopes[i].Scope.Name = name
		}
		all.Scopes[i].Spans = append(all.Scopes[i].Spans, encodeSpan(s))
	}
	return request{Resources: []resourceSpans{all}}
}

func encodeSpan(s sdktrace.ReadOnlySpan) span {
	self, parent := s.SpanContext(), s.Parent()
	out := span{TraceID: self.TraceID().String(), SpanID: self.SpanID().String(), Flags: uint32(self.TraceFlags()) | remoteKnown,
		Name: s.Name(), Kind: int(s.SpanKind()), // the numbers are the same
		Start: nanos(s.StartTime()), End: nanos(s.EndTime()), Attributes: attributes(s.Attributes())}
	if parent.SpanID().IsValid() {
		out.ParentID = parent.SpanID().String()
	}
	if parent.IsRemote() {
		out.Flags |= remote
	}
	for _, l := range s.Links() {
		out.Links = append(out.Links, spanLink{l.SpanContext.TraceID().String(), l.SpanContext.SpanID().String(),
			uint32(l.SpanContext.TraceFlags()) | remoteKnown | remote})
	}
	switch s.Status().Code { // these numbers are not
	case codes.Ok:
		out.Status.Code = 1
	case codes.Error:
		out.Status.Code = 2
	}
	return out
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func attributes(list []attribute.KeyValue) []keyValue {
	out := make([]keyValue, len(list))
	for i, a := range list {
		out[i] = keyValue{string(a.Key), value(a.Value)}
	}
	return out
}

// value is an AnyValue; lists, of which the service has none, go as their text.
func value(v attribute.Value) map[string]any {
	switch v.Type() {
	case attribute.BOOL:
		return map[string]any{"boolValue": v.AsBool()}
	case attribute.INT64:
		return map[string]any{"intValue": strconv.FormatInt(v.AsInt64(), 10)}
	case attribute.FLOAT64:
		return map[string]any{"doubleValue": v.AsFloat64()}
	}
	return map[string]any{"stringValue": v.String()}
}
