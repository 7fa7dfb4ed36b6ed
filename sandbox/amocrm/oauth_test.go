package amocrm

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestToken_codeGivesPairThatOpensTheAPI(t *testing.T) {
	b := start(t, nil)
	r := b.token(firstHost, map[string]string{"grant_type": "authorization_code", "code": b.code()})
	wantStatus(t, r, http.StatusOK)
	got := r.json(t)
	if got["token_type"] != "Bearer" || got["expires_in"] != float64(86400) || got["server_time"] != float64(b.clk.now().Unix()) {
		t.Errorf("answer %v", got)
	}
	if keys := world.SortedKeys(got); !slices.Equal(keys, []string{"access_token", "expires_in", "refresh_token", "server_time", "token_type"}) {
		t.Errorf("keys %v", keys)
	}
	wantStatus(t, b.api("GET", "/api/v4/account", got["access_token"].(string), nil), http.StatusOK)
}

func TestToken_accessTokenHasTheClaimsOfAmoCRM(t *testing.T) {
	b := start(t, nil)
	access, refresh := b.grant()
	if parts := strings.Split(access, "."); len(parts) != 3 || len(access) < 600 || len(refresh) < 600 {
		t.Fatalf("%d parts, access %d and refresh %d characters long", len(parts), len(access), len(refresh))
	}
	got := claimsOf(t, access)
	now := float64(b.clk.now().Unix())
	want := map[string]any{
		"aud": scenario.IntegrationID, "iat": now, "nbf": now, "exp": now + 86400, "sub": "101", "grant_type": "",
		"account_id": float64(31000001), "base_domain": "amocrm.ru", "version": float64(2),
		"scopes":    []any{"crm", "files", "files_delete", "notifications", "push_notifications"},
		"hash_uuid": got["hash_uuid"], "jti": got["jti"], "api_domain": firstHost,
	}
	if diff := cmp.Diff(want, got); diff != "" || got["jti"] == "" || got["hash_uuid"] == "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func claimsOf(t *testing.T, access string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(access, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestToken_hints(t *testing.T) {
	b := start(t, nil)
	used := b.code()
	wantStatus(t, b.token(firstHost, map[string]string{"grant_type": "authorization_code", "code": used}), http.StatusOK)
	old := b.code()
	b.clk.add(20*time.Minute + time.Second)
	fresh := b.code()
	_, spent := b.grant()
	wantStatus(t, b.refresh(spent), http.StatusOK)
	_, live := b.grant()
	for name, tc := range map[string]struct {
		host   string
		fields map[string]string
		hint   string
		status int
	}{
		"code too old":        {firstHost, map[string]string{"grant_type": "authorization_code", "code": old}, "Authorization code has expired", 400},
		"code twice":          {firstHost, map[string]string{"grant_type": "authorization_code", "code": used}, "Authorization code has been revoked", 400},
		"code unreadable":     {firstHost, map[string]string{"grant_type": "authorization_code", "code": "x"}, "Cannot decrypt the authorization code", 400},
		"unknown client":      {firstHost, map[string]string{"client_id": "x"}, "Check the `client_id` parameter", 400},
		"no client":           {firstHost, map[string]string{"client_id": ""}, "Check the `client_id` parameter", 400},
		"wrong secret":        {firstHost, map[string]string{"client_secret": "x"}, "Check the `client_secret` parameter", 400},
		"other redirect":      {firstHost, map[string]string{"redirect_uri": "https://app.example.com/"}, "Redirect URI is not associated with client", 400},
		"code, other host":    {secondHost, map[string]string{"grant_type": "authorization_code", "code": fresh}, "Invalid account", 400},
		"refresh, other host": {secondHost, map[string]string{"grant_type": "refresh_token", "refresh_token": live}, "Invalid account", 400},
		"refresh twice":       {firstHost, map[string]string{"grant_type": "refresh_token", "refresh_token": spent}, "Token has been revoked", 401},
		"refresh unknown":     {firstHost, map[string]string{"grant_type": "refresh_token", "refresh_token": "x"}, "Invalid refresh token", 401},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.token(tc.host, tc.fields)
			wantStatus(t, r, tc.status)
			if ct := r.header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("content type %q", ct)
			}
			want := map[string]any{
				"hint": tc.hint, "title": "Некорректный запрос", "type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
				"status": float64(tc.status), "detail": "В запросе отсутствует ряд параметров или параметры невалидны",
			}
			if diff := cmp.Diff(want, r.json(t)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
	wantStatus(t, b.token(firstHost, map[string]string{"grant_type": "authorization_code", "code": fresh}), http.StatusOK)
}

func TestToken_formBodyIsTolerated(t *testing.T) {
	b := start(t, nil)
	r := b.do("POST", firstHost, "/oauth2/access_token", url.Values{
		"client_id": {scenario.IntegrationID}, "client_secret": {scenario.IntegrationSecret}, "redirect_uri": {testRedirect},
		"grant_type": {"authorization_code"}, "code": {b.code()},
	})
	wantStatus(t, r, http.StatusOK)
	wantStatus(t, b.do("POST", firstHost, "/oauth2/access_token", "%%%"), http.StatusBadRequest)
}

func TestToken_rotationKillsOnlyItsOwnPair(t *testing.T) {
	b := start(t, nil)
	_, one := b.grant()
	_, two := b.grant()
	next := b.refresh(one)
	wantStatus(t, next, http.StatusOK)
	wantStatus(t, b.refresh(one), http.StatusUnauthorized)
	wantStatus(t, b.refresh(two), http.StatusOK)
	wantStatus(t, b.refresh(next.json(t)["refresh_token"].(string)), http.StatusOK)
	st := b.control("GET", "stats", nil)
	if st["refreshes"] != float64(3) || st["reused_refresh_tokens"] != float64(1) {
		t.Errorf("refreshes %v, reused %v", st["refreshes"], st["reused_refresh_tokens"])
	}
}

func TestToken_parallelRefreshHasOneWinner(t *testing.T) {
	b := start(t, nil)
	_, refresh := b.grant()
	codes := make(chan int)
	for range 8 {
		go func() { codes <- b.refresh(refresh).status }()
	}
	won := 0
	for range 8 {
		if <-codes == http.StatusOK {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d refreshes of one token succeeded, want 1", won)
	}
}

func TestToken_livesAndDies(t *testing.T) {
	b := start(t, nil)
	access, refresh := b.grant()
	b.clk.add(24*time.Hour - time.Second)
	wantStatus(t, b.api("GET", "/api/v4/account", access, nil), http.StatusOK)
	b.clk.add(time.Second)
	wantStatus(t, b.api("GET", "/api/v4/account", access, nil), http.StatusUnauthorized)
	b.clk.add(89 * 24 * time.Hour)
	again := b.refresh(refresh)
	wantStatus(t, again, http.StatusOK)
	b.clk.add(91 * 24 * time.Hour)
	wantStatus(t, b.refresh(again.json(t)["refresh_token"].(string)), http.StatusUnauthorized)
}

func TestAuth_refusals(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	var want any
	raw, err := os.ReadFile("../../testdata/amocrm/error-401-api-ru.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ host, header string }{
		"no token":      {firstHost, ""},
		"no scheme":     {firstHost, access},
		"garbage":       {firstHost, "Bearer garbage"},
		"changed":       {firstHost, "Bearer " + access[:len(access)-4] + "AAAA"},
		"other account": {secondHost, "Bearer " + access},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.do("GET", tc.host, "/api/v4/account", nil, "Authorization", tc.header)
			wantStatus(t, r, http.StatusUnauthorized)
			if r.header.Get("Content-Type") != "application/problem+json" || r.header.Get("X-Request-Id") == "" {
				t.Errorf("header %v", r.header)
			}
			var got any
			if err := json.Unmarshal(r.body, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
	for _, path := range []string{"/api/v4/nothing", "/api/v4/", "/api/v4"} {
		wantStatus(t, b.api("GET", path, access, nil), http.StatusNotFound)
	}
}

func TestAuth_contextUser(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	for as, want := range map[string]struct {
		status int
		user   float64
	}{"102": {200, 102}, "103": {403, 0}, "999": {403, 0}, "x": {403, 0}} {
		r := b.do("GET", firstHost, "/api/v4/account", nil, "Authorization", "Bearer "+access, "X-Context-User-ID", as)
		wantStatus(t, r, want.status)
		if got := r.json(t)["current_user_id"]; want.status == 200 && got != want.user {
			t.Errorf("as %s: current_user_id %v, want %v", as, got, want.user)
		}
	}
}

func TestRevoke_endsAccessAndRefresh(t *testing.T) {
	b := start(t, nil)
	access, refresh := b.grant()
	other := b.control("POST", "grant", map[string]any{"account": "second"})
	if got := b.control("POST", "revoke", map[string]any{"account": 31000001})["revoked"]; got != float64(1) {
		t.Errorf("revoked %v, want 1", got)
	}
	wantStatus(t, b.api("GET", "/api/v4/account", access, nil), http.StatusUnauthorized)
	r := b.refresh(refresh)
	wantStatus(t, r, http.StatusUnauthorized)
	if hint := r.json(t)["hint"]; hint != "Token has been revoked" {
		t.Errorf("hint %v", hint)
	}
	r = b.do("GET", secondHost, "/api/v4/account", nil, "Authorization", "Bearer "+other["access_token"].(string))
	wantStatus(t, r, http.StatusOK)
}

func TestSubdomain_byRefreshAndByAccessToken(t *testing.T) {
	b := start(t, nil)
	access, refresh := b.grant()
	want := map[string]any{"id": float64(31000001), "subdomain": "first", "domain": firstHost, "top_level_domain": "ru"}
	for path, header := range map[string][2]string{
		"/oauth2/account/current/subdomain": {"X-Refresh-Token", refresh},
		"/oauth2/account/subdomain":         {"Authorization", "Bearer " + access},
	} {
		r := b.do("GET", secondHost, path, nil, header[0], header[1])
		wantStatus(t, r, http.StatusOK)
		if diff := cmp.Diff(want, r.json(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		wantStatus(t, b.do("GET", secondHost, path, nil, header[0], "x"), http.StatusUnauthorized)
	}
	wantStatus(t, b.refresh(refresh), http.StatusOK) // asking did not use it up
}
