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
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestRequests_carryThePatternAndTheCallersTrace(t *testing.T) {
	c := newCollector(t, taken)
	tr := c.started(t)
	e := echo.New()
	e.Use(tr.Requests, func(next echo.HandlerFunc) echo.HandlerFunc {
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
		tr.Call(tr.Carry(context.Background(), c.Request().Context()), "amocrm", "GET /leads/{id}", 429, time.Second)
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
		"GET /blocks/:session":   {"http.request.method": "GET", "http.route": "/blocks/:session", "http.response.status_code": "200"},
		"amocrm GET /leads/{id}": {"peer.service": "amocrm", "url.template": "GET /leads/{id}", "http.response.status_code": "429"},
		"POST /broken":           {"http.request.method": "POST", "http.route": "/broken", "http.response.status_code": "500"},
		"GET none":               {"http.request.method": "GET", "http.route": "none", "http.response.status_code": "404"},
		"_OTHER none":            {"http.request.method": "_OTHER", "http.route": "none", "http.response.status_code": "404"},
	}
	for name, s := range got {
		if diff := cmp.Diff(want[name], s.text()); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		if s.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" {
			t.Errorf("%s is of trace %s", name, s.TraceID)
		}
	}
	page, call := got["GET /blocks/:session"], got["amocrm GET /leads/{id}"]
	if len(got) != len(want) || page.ParentID != "00f067aa0ba902b7" || page.Flags != 0x301 || call.ParentID != page.SpanID || call.Flags != 0x101 ||
		page.Status.Code != 0 || call.Status.Code != 2 || got["POST /broken"].Status.Code != 2 {
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
		_, _ = w.Write([]byte(`{"id":1,"ticket":{"id":1}}`))
	}))
	defer outside.Close()
	c := newCollector(t, taken)
	tr := c.started(t)
	ctx, end := tr.Step(t.Context(), "haul", time.Time{}, 1)
	crm, err := amocrm.New(outside.URL, token("t"), amocrm.WithObserver(func(ctx context.Context, s amocrm.Seen) { tr.Call(ctx, "amocrm", s.Op, s.Status, s.Took) }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := crm.Lead(ctx, 4815162342); err != nil {
		t.Error(err)
	}
	desk, err := usedesk.New(outside.URL, "secret-token", usedesk.WithObserver(func(ctx context.Context, s usedesk.Seen) { tr.Call(ctx, "usedesk", "POST /"+s.Op, s.Status, s.Took) }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Ticket(ctx, 4815162342); err != nil {
		t.Error(err)
	}
	end()
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
	if len(got) != 3 || got["amocrm GET /leads/{id}"].ParentID != got["haul"].SpanID || got["usedesk POST /ticket"].ParentID != got["haul"].SpanID {
		t.Errorf("%+v", got)
	}
	if all := strings.Join(c.bodies, ""); strings.Contains(all, "secret") || strings.Contains(all, "4815162342") {
		t.Errorf("sent:\n%s", all)
	}
}

type token string

func (a token) Token(context.Context, string) (string, error) { return string(a), nil }

func TestStep_isLinkedToTheRequestsThatBroughtItsFirings(t *testing.T) {
	c := newCollector(t, taken)
	tr := c.started(t)
	e := echo.New()
	e.Use(tr.Requests)
	var mark string
	e.POST("/api/freeCreateLead", func(c echo.Context) error { mark = tr.Mark(c.Request().Context()); return nil })
	r := httptest.NewRequest("POST", "/api/freeCreateLead", nil)
	r.Header.Set("traceparent", parent)
	r.Header.Set("tracestate", "vendor=secret-state")
	r.Header.Set("baggage", "a=secret-baggage")
	e.ServeHTTP(httptest.NewRecorder(), r)
	if got := tr.Mark(t.Context()); got != "" {
		t.Errorf("outside of a trace the mark is %q", got)
	}
	if got := tr.Mark(incoming(&http.Request{Header: http.Header{"Traceparent": {parent[:len(parent)-1] + "0"}}})); got != "" {
		t.Errorf("of a trace that is not sampled the mark is %q", got)
	}
	ctx, end := tr.Step(t.Context(), "haul", time.Time{}, 3, mark, "no mark", "")
	_, endInner := tr.Step(ctx, "claim", time.Time{}, 3)
	endInner()
	end()
	got := c.flushed(t, tr)
	brought, haul := got["POST /api/freeCreateLead"], got["haul"]
	want := []spanLink{{brought.TraceID, brought.SpanID, 1 | remoteKnown | remote}}
	if diff := cmp.Diff(want, haul.Links); diff != "" || brought.TraceID == "" {
		t.Errorf("links of the haul, -want +got\n%s", diff)
	}
	if haul.ParentID != "" || haul.TraceID == brought.TraceID || len(got["claim"].Links) != 0 {
		t.Errorf("haul %+v, claim %+v", haul, got["claim"])
	}
}

func TestSteps_beginWhenTheyAreToldTo(t *testing.T) {
	c := newCollector(t, taken)
	tr := c.started(t)
	since := time.Now().Add(-time.Minute)
	ctx, end := tr.Step(t.Context(), "haul", since, 50)
	tr.Call(ctx, "usedesk", "POST /ticket", 0, time.Second)
	_, noticed := tr.Notice(ctx, "webhook")
	noticed(false)
	end()
	got := c.flushed(t, tr)
	haul, desk, notice := got["haul"], got["usedesk POST /ticket"], got["notice webhook"]
	if haul.Start != nanos(since) || haul.text()["sidecard.entries"] != "50" || haul.ParentID != "" || haul.Kind != 1 {
		t.Errorf("haul %+v", haul)
	}
	if desk.ParentID != haul.SpanID || desk.Status.Code != 2 || desk.Kind != 3 || desk.text()["http.response.status_code"] != nil {
		t.Errorf("call without an answer %+v", desk)
	}
	if notice.ParentID != haul.SpanID || notice.Status.Code != 2 || notice.Kind != 4 {
		t.Errorf("notice %+v", notice)
	}
}

func TestRedis_namesAloneAndOnlyInsideATrace(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	addr, c := server.Addr(), newCollector(t, taken)
	tr := c.started(t)
	tr.Redis(client)
	if err := client.Set(t.Context(), "secret-alone", "secret-value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, end := tr.Step(t.Context(), "haul", time.Time{}, 1)
	_ = client.LPush(ctx, "secret-alone", "secret-value").Err() // refused, with an answer
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Get(ctx, "secret-key")
		p.Del(ctx, "secret-key")
		return nil
	})
	if !errors.Is(err, redis.Nil) {
		t.Fatal(err)
	}
	server.Close()
	_ = client.Get(ctx, "secret-key").Err()
	end()
	got := c.flushed(t, tr)
	if _, alone := got["redis set"]; alone || got["redis lpush"].Name == "" || got["redis lpush"].Status.Code != 0 || got["redis pipeline"].Status.Code != 0 || got["redis get"].Status.Code != 2 {
		t.Errorf("%+v", got)
	}
	want := map[string]any{"db.system.name": "redis", "db.operation.name": "pipeline", "db.operation.batch.size": "2"}
	if diff := cmp.Diff(want, got["redis pipeline"].text()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if all := strings.Join(c.bodies, ""); strings.Contains(all, "secret") || strings.Contains(all, addr) {
		t.Errorf("sent:\n%s", all)
	}
}
