package amocrm

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	homeHost  = "127.0.0.3:8081"
	spareHost = "127.0.0.4:8081"
)

func renaming(o *Options) { o.APIHost, o.SpareHosts = homeHost, []string{spareHost} }

func TestRename_oldHostIsNobodysAndTheNewOneHasItAll(t *testing.T) {
	b := start(t, renaming)
	access, refresh := b.grant()
	bearer := []string{"Authorization", "Bearer " + access}
	wantStatus(t, b.api("POST", "/api/v4/webhooks", access, `{"destination":"http://127.0.0.1:9/","settings":["add_lead"]}`), http.StatusCreated)
	got := b.control("POST", "rename", `{"account":"first","subdomain":"renamed"}`)
	want := map[string]any{"account_id": 31000001.0, "subdomain": "renamed", "host": spareHost, "base_url": "http://" + spareHost, "former_host": firstHost}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	for _, path := range []string{"/api/v4/account", "/api/v4/leads/301", "/oauth2/account/current/subdomain", "/oauth2/account/subdomain"} {
		r := b.do("GET", firstHost, path, nil, append(bearer, "X-Refresh-Token", refresh)...)
		wantStatus(t, r, http.StatusUnauthorized)
		if title := r.json(t)["title"]; title != "Unauthorized" {
			t.Errorf("%s: title %v", path, title)
		}
	}
	wantStatus(t, b.refresh(refresh), http.StatusUnauthorized)
	wantStatus(t, b.do("GET", firstHost, "/leads/detail/301", nil), http.StatusNotFound)
	wantStatus(t, b.do("GET", "first.amocrm.ru", "/api/v4/account", nil, bearer...), http.StatusUnauthorized)

	for _, path := range []string{"/oauth2/account/current/subdomain", "/oauth2/account/subdomain"} {
		r := b.do("GET", homeHost, path, nil, append(bearer, "X-Refresh-Token", refresh)...)
		wantStatus(t, r, http.StatusOK)
		want := map[string]any{"id": 31000001.0, "subdomain": "renamed", "domain": spareHost, "top_level_domain": "ru"}
		if diff := cmp.Diff(want, r.json(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	r := b.do("GET", spareHost, "/api/v4/account", nil, bearer...)
	wantStatus(t, r, http.StatusOK)
	if a := r.json(t); a["id"] != 31000001.0 || a["subdomain"] != "renamed" {
		t.Errorf("account %v", a)
	}
	wantStatus(t, b.do("GET", spareHost, "/api/v4/leads/301", nil, bearer...), http.StatusOK)
	if r := b.do("GET", spareHost, "/api/v4/webhooks", nil, bearer...); !strings.Contains(string(r.body), "http://127.0.0.1:9/") {
		t.Errorf("the webhook is gone: %d %s", r.status, r.body)
	}
	wantStatus(t, b.token(spareHost, map[string]string{"grant_type": "refresh_token", "refresh_token": refresh}), http.StatusOK)
}

func TestRename_anotherAccountTakesTheFreedHost(t *testing.T) {
	b := start(t, renaming)
	access, refresh := b.grant()
	b.control("POST", "rename", `{"account":"first","subdomain":"renamed"}`)
	b.control("POST", "rename", map[string]any{"account": secondHost, "subdomain": "first", "host": firstHost})
	wantStatus(t, b.api("GET", "/api/v4/account", access, nil), http.StatusUnauthorized)
	r := b.refresh(refresh)
	wantStatus(t, r, http.StatusBadRequest)
	if hint := r.json(t)["hint"]; hint != "Invalid account" {
		t.Errorf("hint %v", hint)
	}
	other := b.control("POST", "grant", map[string]any{"account": "first"})
	wantStatus(t, b.api("GET", "/api/v4/account", other["access_token"].(string), nil), http.StatusOK)
	wantStatus(t, b.do("GET", secondHost, "/api/v4/account", nil), http.StatusUnauthorized)
}

func TestRename_refusesWhatCannotBe(t *testing.T) {
	b := start(t, nil)
	second := b.control("GET", "info", nil)["accounts"].([]any)[1].(map[string]any)["subdomain"]
	for field, body := range map[string]any{
		"subdomain: accepted": map[string]any{"subdomain": "Re named"},
		"subdomain: account":  map[string]any{"subdomain": second, "host": spareHost},
		"host: accepted":      map[string]any{"subdomain": "x", "host": secondHost},
		"host: no spare":      map[string]any{"subdomain": "x"},
		"account: no account": map[string]any{"subdomain": "x", "account": "nobody"},
	} {
		r := b.do("POST", firstHost, "/_sandbox/rename", body)
		wantStatus(t, r, http.StatusBadRequest)
		if text, _ := r.json(t)["error"].(string); !strings.HasPrefix(text, field) {
			t.Errorf("%v: %q, want %s", body, text, field)
		}
	}
}

func TestRename_survivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "amo.json")
	keep := func(o *Options) { renaming(o); o.StateFile = file }
	b := start(t, keep)
	access, _ := b.grant()
	b.control("POST", "rename", `{"subdomain":"renamed"}`)
	again := start(t, keep)
	wantStatus(t, again.do("GET", spareHost, "/api/v4/account", nil, "Authorization", "Bearer "+access), http.StatusOK)
	wantStatus(t, again.do("GET", firstHost, "/api/v4/account", nil, "Authorization", "Bearer "+access), http.StatusUnauthorized)
	again.control("POST", "reset", nil)
	access, _ = again.grant()
	wantStatus(t, again.api("GET", "/api/v4/account", access, nil), http.StatusOK)
}

func TestToken_namesTheAPIHost(t *testing.T) {
	b := start(t, renaming)
	access, _ := b.grant()
	if got := claimsOf(t, access)["api_domain"]; got != homeHost {
		t.Errorf("api_domain %v, want %s", got, homeHost)
	}
}
