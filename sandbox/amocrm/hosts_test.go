package amocrm

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHosts_unknownOnesAreNobodys(t *testing.T) {
	b := start(t, func(o *Options) {
		o.OtherHosts, o.APIHost, o.SpareHosts = []string{"crm.test", "box:9000"}, "127.0.0.3:8081", []string{"spare.test:8081"}
	})
	access, _ := b.grant()
	for host, want := range map[string]int{
		firstHost: 200, "first.amocrm.ru": 200, "FIRST.kommo.com:443": 200, "first.anything.test": 200, "localhost:8081": 200, "localhost": 200,
		"127.0.0.7": 200, "[::1]:8081": 200, "127.0.0.3:8081": 200, "spare.test:8081": 200, "crm.test": 200, "crm.test:1234": 200, "box:9000": 200,
		"none.amocrm.ru": 401, "www.amocrm.ru": 401, "api-a.amocrm.ru": 401, "first": 200, "firsts.amocrm.ru": 401, "box:9001": 401,
		"127.0.0.1.evil.example": 401, "192.0.2.1:8081": 401, "evil.example": 401,
	} {
		if got := b.do("GET", host, account, nil, "Authorization", "Bearer "+access).status; got != want {
			t.Errorf("%s: %d, want %d", host, got, want)
		}
		b.clk.add(time.Second)
	}
	none := httptest.NewRequest("GET", "/api/v4/account", nil)
	if none.Host = ""; !b.s.nobodyAt(none) {
		t.Error("a request without a host is answered")
	}
	for path, want := range map[string]int{
		"/api/v4/leads": 401, "/api/v2/account": 401, "/oauth2/access_token": 401, "/oauth2/account/current/subdomain": 401, "/drive/v1.0/files": 401,
		"/": 404, "/leads/detail/301": 404, "/oauth?client_id=x": 404,
	} {
		r := b.do("GET", "none.amocrm.ru", path, nil, "Authorization", "Bearer "+access)
		wantStatus(t, r, want)
		if want == 401 && r.json(t)["title"] != "Unauthorized" || strings.Contains(string(r.body), "First") {
			t.Errorf("%s: %s", path, r.body)
		}
	}
}

func TestHosts_signInIsAtAmoCRMsOwnHosts(t *testing.T) {
	b := start(t, nil)
	_, refresh := b.grant()
	for _, host := range []string{"www.amocrm.ru", "www.kommo.com", "www.amocrm.ru:443"} {
		r := b.do("GET", host, "/oauth/?client_id=1ff6828b-c10c-43f8-98d0-370001e85b6c&mode=popup", nil)
		wantStatus(t, r, http.StatusOK)
		wantStatus(t, b.do("GET", host, "/auth/button.min.js", nil), http.StatusOK)
		wantStatus(t, b.do("GET", host, "/web/style.css", nil), http.StatusOK)
		wantStatus(t, b.do("POST", host, "/oauth2/access_token", "{}"), http.StatusUnauthorized)
		wantStatus(t, b.do("GET", host, "/leads/", nil), http.StatusNotFound)
	}
	r := b.do("GET", "api-a.amocrm.ru", "/oauth2/account/current/subdomain", nil, "X-Refresh-Token", refresh)
	wantStatus(t, r, http.StatusOK)
	wantStatus(t, b.do("GET", "www.evil.example", "/oauth?client_id=x", nil), http.StatusNotFound)
}

func TestHosts_switchTakesAnyName(t *testing.T) {
	b := start(t, func(o *Options) { o.AnyHost = true })
	access, _ := b.grant()
	wantStatus(t, b.do("GET", "evil.example", account, nil, "Authorization", "Bearer "+access), http.StatusOK)
	b.control("POST", "rename", map[string]any{"subdomain": "renamed", "host": "renamed.test"})
	wantStatus(t, b.do("GET", "first.amocrm.ru", account, nil, "Authorization", "Bearer "+access), http.StatusUnauthorized)
}

func TestControl_pagesOfOthersAreRefused(t *testing.T) {
	b := start(t, func(o *Options) { o.OtherHosts = []string{"crm.test"} })
	for name, c := range map[string]struct {
		host   string
		header []string
		want   int
	}{
		"a program":       {firstHost, nil, 200},
		"configured":      {"crm.test:8081", nil, 200},
		"its own page":    {firstHost, []string{"Origin", "http://" + firstHost, "Sec-Fetch-Site", "same-origin"}, 200},
		"another origin":  {firstHost, []string{"Origin", "http://evil.example"}, 403},
		"another site":    {firstHost, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a name led here": {"evil.example", []string{"Origin", "http://evil.example"}, 403},
		"a subdomain":     {"first.evil.example", nil, 403},
	} {
		for _, call := range [][2]string{{"GET", "info"}, {"POST", "grant"}, {"POST", "reset"}, {"DELETE", "faults"}} {
			r := b.do(call[0], c.host, "/_sandbox/"+call[1], nil, c.header...)
			if r.status != c.want || c.want == 403 && (r.header.Get("Access-Control-Allow-Origin") != "" || strings.Contains(string(r.body), "access_token")) {
				t.Errorf("%s: %s %s: %d, want %d\n%.200s", name, call[0], call[1], r.status, c.want, r.body)
			}
		}
	}
}
