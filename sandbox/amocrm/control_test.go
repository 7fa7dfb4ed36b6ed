package amocrm

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStats_countRoutesByPattern(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.api("GET", "/api/v4/leads/301", access, nil)
	b.api("GET", "/api/v4/leads/999", access, nil)
	b.api("GET", "/api/v4/leads/301/notes", access, nil)
	b.api("GET", "/api/v4/leads/301/notes", "x", nil)
	b.api("GET", "/api/v4/nothing", access, nil)
	b.api("POST", "/api/v4/leads/301/notes", access, `[{"note_type":"common","params":{"text":"t"}}]`)
	b.token(firstHost, nil)
	b.do("GET", firstHost, "/leads/", nil)
	st := b.control("GET", "stats", nil)
	want := map[string]any{
		"GET /api/v4/leads/{id}":        map[string]any{"200": 1.0, "204": 1.0},
		"GET /api/v4/leads/{id}/notes":  map[string]any{"204": 1.0, "401": 1.0},
		"GET /api/v4/ (unknown)":        map[string]any{"404": 1.0},
		"POST /api/v4/leads/{id}/notes": map[string]any{"200": 1.0},
		"POST /oauth2/access_token":     map[string]any{"400": 1.0},
	}
	if diff := cmp.Diff(want, st["requests"]); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for key, n := range map[string]float64{
		"total_requests": 7, "max_in_sliding_second": 6, "notes_created": 1, "leads_created": 0, "contacts_created": 0,
	} {
		if st[key] != n {
			t.Errorf("%s is %v, want %v", key, st[key], n)
		}
	}
	if diff := cmp.Diff(map[string]any{firstHost: 6.0, secondHost: 0.0}, st["max_per_second"]); diff != "" {
		t.Errorf("max_per_second (-want +got):\n%s", diff)
	}
	first := st["accounts"].(map[string]any)[firstHost].(map[string]any)
	mine := first["integrations"].(map[string]any)["1ff6828b-c10c-43f8-98d0-370001e85b6c"].(map[string]any)
	if first["total_requests"] != 7.0 || mine["total_requests"] != 5.0 || mine["max_in_sliding_second"] != 5.0 {
		t.Errorf("account %v, integration %v", first["total_requests"], mine)
	}
	b.control("POST", "stats/reset", nil)
	if st = b.control("GET", "stats", nil); st["total_requests"] != 0.0 || st["max_in_sliding_second"] != 0.0 {
		t.Errorf("after reset: %v", st)
	}
}

func TestStats_seedIsNotCounted(t *testing.T) {
	b := start(t, nil)
	st := b.control("GET", "stats", nil)
	if st["leads_created"] != 0.0 || st["contacts_created"] != 0.0 {
		t.Errorf("a fresh server counts %v leads and %v contacts as created", st["leads_created"], st["contacts_created"])
	}
	access, _ := b.grant()
	wantStatus(t, b.api("POST", "/api/v4/leads/complex", access, `[{"name":"a","_embedded":{"contacts":[{"first_name":"b"}]}}]`), http.StatusOK)
	st = b.control("GET", "stats", nil)
	if st["leads_created"] != 1.0 || st["contacts_created"] != 1.0 {
		t.Errorf("complex counted as %v leads and %v contacts", st["leads_created"], st["contacts_created"])
	}
}

func TestControl_loopbackOnly(t *testing.T) {
	b := start(t, nil)
	for addr, want := range map[string]int{"203.0.113.5:4000": 403, "127.0.0.1:4000": 200, "[::1]:4000": 200, "": 403} {
		r := httptest.NewRequest("GET", "/_sandbox/stats", nil)
		r.RemoteAddr, r.Host = addr, firstHost
		w := httptest.NewRecorder()
		b.s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("from %q: %d, want %d", addr, w.Code, want)
		}
	}
}

func TestControl_selectors(t *testing.T) {
	b := start(t, nil)
	for _, v := range []any{31000002, "31000002", secondHost, "second", "SECOND"} {
		g := b.control("POST", "grant", map[string]any{"account": v})
		if g["host"] != secondHost || g["base_url"] != "http://"+secondHost || g["account_id"] != 31000002.0 || g["token_type"] != "Bearer" {
			t.Errorf("grant for %v: %v", v, g)
		}
	}
	for body, want := range map[string]string{
		`{"account":"third"}`:  "account: no account",
		`{"client_id":"none"}`: "client_id: no integration",
		`{"user":999}`:         "user: no user",
		`{"acount":"first"}`:   "accepted is a JSON object with account, client_id, user",
		`{"user":{}}`:          "user: accepted",
	} {
		r := b.do("POST", firstHost, "/_sandbox/grant", body)
		if r.status != http.StatusBadRequest || !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %d %s, want 400 with %q", body, r.status, r.body, want)
		}
	}
	plain := b.control("POST", "grant", map[string]any{"user": "boris@example.com"})["access_token"].(string)
	if got := b.api("GET", account, plain, nil).json(t)["current_user_id"]; got != 102.0 {
		t.Errorf("current_user_id %v, want 102", got)
	}
	wantStatus(t, b.do("GET", firstHost, "/_sandbox/nothing", nil), http.StatusNotFound)
}

func TestControl_expireLeavesRefreshGood(t *testing.T) {
	b := start(t, nil)
	access, refresh := b.grant()
	if got := b.control("POST", "expire", nil)["expired"]; got != 1.0 {
		t.Errorf("expired %v, want 1", got)
	}
	wantStatus(t, b.api("GET", account, access, nil), http.StatusUnauthorized)
	wantStatus(t, b.refresh(refresh), http.StatusOK)
}

func TestControl_infoAndReset(t *testing.T) {
	b := start(t, func(o *Options) { o.Info = func() map[string]any { return map[string]any{"desk_token": "d"} } })
	info := b.control("GET", "info", nil)
	first := info["accounts"].([]any)[0].(map[string]any)
	if info["desk_token"] != "d" || first["id"] != 31000001.0 || first["host"] != firstHost || first["base_url"] != "http://"+firstHost {
		t.Errorf("info %v", info)
	}
	if diff := cmp.Diff(map[string]any{
		"id": 103.0, "name": "Fedor Free", "email": "fedor@example.com", "admin": false, "active": true, "free": true,
	}, first["users"].([]any)[2]); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	if n := len(first["pipelines"].([]any)[0].(map[string]any)["statuses"].([]any)); n != 5 {
		t.Errorf("%d statuses, want Unsorted, two own, 142 and 143", n)
	}
	access, _ := b.grant()
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"price":1}`), http.StatusOK)
	b.control("POST", "faults", map[string]any{"index_lag_ms": 5, "status": 500})
	b.control("POST", "reset", nil)
	wantStatus(t, b.api("GET", account, access, nil), http.StatusUnauthorized)
	access, _ = b.grant()
	if got := b.api("GET", "/api/v4/leads/301", access, nil).json(t)["price"]; got != 22500.0 {
		t.Errorf("price after reset %v, want 22500", got)
	}
	if got := b.control("GET", "info", nil)["integrations"].([]any)[0].(map[string]any)["redirect_uri"]; got != testRedirect {
		t.Errorf("redirect URI after reset: %v", got)
	}
}
