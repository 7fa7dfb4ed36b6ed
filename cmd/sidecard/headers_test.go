package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
)

var panelPath = regexp.MustCompile(`/blocks/amocrm/[A-Za-z0-9_-]{22}`)

// wired is the whole service without its network, as serve runs it.
func wired(t *testing.T, more ...blocks.Block) *service {
	t.Helper()
	c := good()
	c.RatePerIP = 0
	c.blocks = append(c.blocks, more...)
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + miniredis.RunT(t).Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	s, err := assemble(c, db, telemetry.NewRegistry("test"), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ask(s *service, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	s.routes.ServeHTTP(rec, r)
	return rec
}

// Every route that the service has, those of tomorrow included, asked by a session and by a stranger.
func TestRoutes_everyAnswerHasItsHeaders(t *testing.T) {
	s := wired(t)
	opened := ask(s, "POST", "/api/", "ticket_id=1&client_id=2&amo_base_host=example.amocrm.ru&usedesk_api_token=tok")
	panel := panelPath.FindString(opened.Body.String())
	if panel == "" {
		t.Fatalf("no panel: %s", opened.Body)
	}
	session := strings.TrimPrefix(panel, "/blocks/amocrm/")
	routes := 0
	for _, r := range s.routes.Routes() {
		if r.Method == "echo_route_not_found" {
			continue
		}
		routes++
		for _, id := range []string{session, strings.Repeat("A", 22)} {
			path := strings.NewReplacer(":session", id, ":id", "12", ":task", "3", ":kind", "deals", ":name", "panel.js", ":secret", "x").Replace(r.Path)
			if strings.Contains(path, ":") {
				t.Fatalf("%s has a parameter that this test does not know", r.Path)
			}
			got := ask(s, r.Method, path, "token="+strings.Repeat("B", 22))
			checkHeaders(t, r.Method+" "+r.Path, got)
		}
	}
	for _, path := range []string{"/", "/nothing", "/blocks/amocrm/x/y/z", "/assets/../go.mod", "/assets/none.js"} {
		routes++
		checkHeaders(t, "GET "+path, ask(s, "GET", path, ""))
	}
	if routes < 50 {
		t.Errorf("only %d routes were walked", routes)
	}
}

// checkHeaders holds one answer to what every answer must say of itself.
func checkHeaders(t *testing.T, name string, got *httptest.ResponseRecorder) {
	t.Helper()
	h := got.Header()
	bad := func(what string, value any) { t.Errorf("%s (%d): %s: %v", name, got.Code, what, value) }
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			bad("policy without "+want, policy)
		}
	}
	if !strings.HasSuffix(name, "/login") && strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http:") {
		bad("loose policy", policy)
	}
	_, framed, _ := strings.Cut(policy, "frame-ancestors ")
	framed, _, _ = strings.Cut(framed, ";")
	inside := strings.Contains(name, "/blocks/amocrm/:session")
	if framed != "'none'" && !(inside && framed == "https://secure.usedesk.com") {
		bad("may be framed by", framed)
	}
	if v := h.Get("X-Content-Type-Options"); v != "nosniff" {
		bad("X-Content-Type-Options", v)
	}
	if v := h.Get("Referrer-Policy"); v != "no-referrer" {
		bad("Referrer-Policy", v)
	}
	if v := h.Get("Cache-Control"); v != "no-store" && !strings.Contains(name, "/assets/:name") {
		bad("Cache-Control", v)
	}
	if v := h.Values("Set-Cookie"); len(v) > 0 && !strings.HasSuffix(name, "/login") && !strings.HasSuffix(name, "/disconnect") {
		bad("a cookie", v)
	}
	if got.Code >= 500 {
		bad("answer", got.Body)
	}
	if kind := h.Get("Content-Type"); kind == "" && got.Body.Len() > 0 {
		bad("no content type", got.Body)
	}
	if at := h.Get("Location"); strings.HasPrefix(at, "http") && !strings.HasPrefix(at, "https://example.amocrm.ru/") && !strings.HasPrefix(at, "https://www.amocrm.ru/") {
		bad("leads away", at)
	}
	body := got.Body.String()
	for _, inline := range []string{"<script>", "<style>", " onclick=", " style=\"", "javascript:"} {
		if strings.Contains(body, inline) && http.DetectContentType(got.Body.Bytes()) == "text/html; charset=utf-8" && !strings.Contains(name, "/assets/") {
			bad("inline "+inline, "")
		}
	}
}
