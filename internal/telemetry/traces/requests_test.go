package traces

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestRequests_carryThePatternAndTheCallersTrace(t *testing.T) {
	c := newCollector(t, taken)
	tr := c.started(t)
	e := echo.New()
	e.Use(Requests, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := next(c); err != nil {
				c.Error(err)
			}
			return nil
		}
	})
	var log bytes.Buffer
	line := Log(slog.New(slog.NewTextHandler(&log, nil))).With("a", "b")
	e.GET("/blocks/:session", func(c echo.Context) error {
		line.WarnContext(c.Request().Context(), "inside")
		_, span := otel.Tracer("another").Start(c.Request().Context(), "inside")
		span.End()
		return nil
	})
	e.POST("/broken", func(echo.Context) error { return errors.New("secret-error") })
	e.GET("/healthz", func(echo.Context) error { return nil })
	ask := func(method, path string) {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("traceparent", parent)
		r.Header.Set("tracestate", "vendor=secret-state")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Header().Get("traceparent") != "" {
			t.Error("the answer carries the trace")
		}
	}
	ask("GET", "/blocks/secret-session?key=secret-key")
	ask("POST", "/broken")
	ask("GET", "/secret-path")
	ask("SECRET-METHOD", "/secret-path")
	ask("GET", "/healthz")
	line.Warn("outside")

	got := c.flushed(t, tr)
	want := map[string]map[string]any{
		"GET /blocks/:session": {"http.request.method": "GET", "http.route": "/blocks/:session", "http.response.status_code": "200"},
		"inside":               {},
		"POST /broken":         {"http.request.method": "POST", "http.route": "/broken", "http.response.status_code": "500"},
		"GET none":             {"http.request.method": "GET", "http.route": "none", "http.response.status_code": "404"},
		"_OTHER none":          {"http.request.method": "_OTHER", "http.route": "none", "http.response.status_code": "404"},
	}
	for name, s := range got {
		if diff := cmp.Diff(want[name], s.text()); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		if s.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" {
			t.Errorf("%s is of trace %s", name, s.TraceID)
		}
	}
	page, inside := got["GET /blocks/:session"], got["inside"]
	if len(got) != len(want) || page.ParentID != "00f067aa0ba902b7" || page.Flags != 0x301 || inside.ParentID != page.SpanID || inside.Flags != 0x101 ||
		page.Status.Code != 0 || got["POST /broken"].Status.Code != 2 {
		t.Errorf("%+v", got)
	}
	if all := strings.Join(c.bodies, ""); strings.Contains(strings.ToLower(all), "secret") {
		t.Errorf("something that a caller chose is sent:\n%s", all)
	}
	if lines := strings.Split(log.String(), "\n"); !strings.Contains(lines[0], "a=b trace_id="+page.TraceID) || strings.Contains(lines[1], "trace_id") {
		t.Errorf("the log holds\n%s", log.String())
	}
}

// The other side must not learn of our traces, and could not be trusted with them.
func TestCalls_noTraceGoesOut(t *testing.T) {
	var mu sync.Mutex
	heads := map[string]http.Header{}
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heads[r.Method+" "+r.URL.Path] = r.Header
		if r.URL.Path == "/create/comment" {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		_, _ = w.Write([]byte(`{"id":1}`))
	}))
	defer outside.Close()
	c := newCollector(t, taken)
	tr := c.started(t)
	ctx, haul := otel.Tracer("a package").Start(t.Context(), "haul")
	crm, err := amocrm.New(outside.URL, token("t"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := crm.Lead(ctx, 4815162342); err != nil {
		t.Error(err)
	}
	desk, err := usedesk.New(outside.URL, "secret-token")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.CreateComment(ctx, usedesk.CommentInput{TicketID: 4815162342, Message: "secret-text"}); err == nil {
		t.Error("a refusal is no error")
	}
	haul.End()
	if len(heads) != 2 {
		t.Fatalf("calls %v", heads)
	}
	for call, h := range heads {
		for name := range h {
			if !slices.Contains([]string{"Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "User-Agent"}, name) {
				t.Errorf("%s carries %s: %v", call, name, h[name])
			}
		}
	}
	got := c.flushed(t, tr)
	read, refused := got["amocrm GET /leads/{id}"], got["usedesk POST /create/comment"]
	if len(got) != 3 || read.ParentID != got["haul"].SpanID || read.Kind != 3 || read.Status.Code != 0 ||
		refused.ParentID != got["haul"].SpanID || refused.Kind != 3 || refused.Status.Code != 2 {
		t.Errorf("%+v", got)
	}
	want := map[string]any{"peer.service": "amocrm", "url.template": "GET /leads/{id}", "http.response.status_code": "200"}
	if diff := cmp.Diff(want, read.text()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if all := strings.Join(c.bodies, ""); strings.Contains(all, "secret") || strings.Contains(all, "4815162342") {
		t.Errorf("sent:\n%s", all)
	}
}

type token string

func (a token) Token(context.Context, string) (string, error) { return string(a), nil }

func TestRequests_withoutAProviderTheCallersTraceDoesNotCount(t *testing.T) {
	otel.SetTracerProvider(noop.NewTracerProvider())
	e := echo.New()
	e.Use(Requests)
	e.GET("/x", func(c echo.Context) error {
		if trace.SpanContextFromContext(c.Request().Context()).IsValid() {
			t.Error("the request has a trace")
		}
		return nil
	})
	r := httptest.NewRequest("GET", "/x", nil)
	r.Header.Set("traceparent", parent)
	e.ServeHTTP(httptest.NewRecorder(), r)
}
