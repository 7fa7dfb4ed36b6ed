package traces

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// The example of the protocol's own repository (examples/trace.json), as far as it goes.
func TestEncode_isTheJSONOfTheProtocol(t *testing.T) {
	id := trace.TraceID{0x5B, 0x8E, 0xFF, 0xF7, 0x98, 0x03, 0x81, 0x03, 0xD2, 0x69, 0xB6, 0x33, 0x81, 0x3F, 0xC6, 0x0C}
	of := func(n byte, far bool) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{0xEE, 7: n}, TraceFlags: 1, Remote: far})
	}
	stub := tracetest.SpanStub{Name: "I'm a server span", SpanContext: of(1, false), Parent: of(2, true), SpanKind: trace.SpanKindServer,
		StartTime: time.Unix(1544712660, 0), EndTime: time.Unix(1544712661, 5),
		Attributes: []attribute.KeyValue{attribute.String("my.span.attr", "some value"), attribute.Int("n", 7), attribute.Bool("b", true),
			attribute.Float64("f", .5), attribute.IntSlice("l", []int{1, 2})},
		Status: sdktrace.Status{Code: codes.Error, Description: "a text"}, Events: []sdktrace.Event{{Name: "exception"}},
		Resource: resource.NewSchemaless(attribute.String("service.name", "my.service"))}
	stub.InstrumentationScope.Name = "my.library"
	raw, err := json.Marshal(encode([]sdktrace.ReadOnlySpan{stub.Snapshot()}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
	"scopeSpans":[{"scope":{"name":"my.library"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"ee00000000000001",
	"parentSpanId":"ee00000000000002","flags":769,"name":"I'm a server span","kind":2,"startTimeUnixNano":"1544712660000000000",
	"endTimeUnixNano":"1544712661000000005","attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}},
	{"key":"n","value":{"intValue":"7"}},{"key":"b","value":{"boolValue":true}},{"key":"f","value":{"doubleValue":0.5}},
	{"key":"l","value":{"stringValue":"[1,2]"}}],"status":{"code":2}}]}]}]}`
	var got, wanted any
	if err := errors.Join(json.Unmarshal(raw, &got), json.Unmarshal([]byte(want), &wanted)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestExport_tellsWhatTheCollectorRefuses(t *testing.T) {
	for name, x := range map[string]struct {
		status     int
		body, want string
	}{
		"taken":              {200, `{}`, ""},
		"taken, empty":       {200, ``, ""},
		"taken, no JSON":     {202, `ok`, ""},
		"nothing refused":    {200, `{"partialSuccess":{"rejectedSpans":"0"}}`, ""},
		"some refused":       {200, `{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too many of person@example.com"}}`, "refuses 1 of 1 spans"},
		"some, as number":    {200, `{"partialSuccess":{"rejectedSpans":1}}`, "refuses 1 of 1 spans"},
		"refused":            {401, `your key k is wrong`, "answers 401"},
		"elsewhere":          {307, ``, "answers 307"},
		"down behind a gate": {503, ``, "answers 503"},
	} {
		c := newCollector(t, func(w http.ResponseWriter) {
			w.WriteHeader(x.status)
			_, _ = w.Write([]byte(x.body))
		})
		e := &exporter{url: c.URL, headers: http.Header{"X-Key": {"k"}}, http: c.Client()}
		e.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		err := e.ExportSpans(t.Context(), tracetest.SpanStubs{{Name: "x"}}.Snapshots())
		if (err == nil) != (x.want == "") || err != nil && !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "person") || strings.Contains(err.Error(), "key")) {
			t.Errorf("%s: the collector's words are repeated: %v", name, err)
		}
		if h := c.heads[0]; h.Get("X-Key") != "k" || h.Get("Content-Type") != "application/json" || h.Get("Traceparent") != "" {
			t.Errorf("%s: headers %v", name, h)
		}
	}
}

// A collector that is away must neither hold up the service nor its stop, nor fill the log.
func TestTraces_collectorAwayCostsOneLine(t *testing.T) {
	c := newCollector(t, taken)
	c.Close()
	var log bytes.Buffer
	tr, err := Start(t.Context(), Config{URL: c.URL}, "x", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		_, span := otel.Tracer("x").Start(t.Context(), "haul")
		span.End()
	}
	tr.Stop(t.Context())
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "traces not sent") || strings.Contains(got, "http://") {
		t.Errorf("the log holds\n%s", got)
	}
}

func TestTraces_stopKeepsToItsTimeWhenTheCollectorHangs(t *testing.T) {
	hang := make(chan struct{})
	c := newCollector(t, func(http.ResponseWriter) { <-hang })
	defer close(hang)
	tr := c.started(t)
	_, span := otel.Tracer("x").Start(t.Context(), "haul")
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	done := make(chan struct{})
	go func() { tr.Stop(ctx); close(done) }()
	select {
	case <-done:
	case <-time.After(sendWithin / 2):
		t.Error("the stop waits for the collector")
	}
}

func TestComplaints_onceAMinuteWithTheNumberBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := &complaints{log: slog.New(slog.NewTextHandler(&log, nil))}
		for range 130 {
			c.Handle(errors.New("away"))
			time.Sleep(time.Second)
		}
		got := log.String()
		if strings.Count(got, "\n") != 3 || !strings.Contains(got, "times=1 ") || strings.Count(got, "times=60 ") != 2 {
			t.Errorf("the log holds\n%s", got)
		}
	})
}
