package amocrm

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFaults_answerInsteadOfWork(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  map[string]any
		status int
		kind   string
	}{
		"status 500":   {map[string]any{"status": 500}, 500, "application/problem+json"},
		"status 504":   {map[string]any{"status": 504}, 504, "text/html"},
		"status 401":   {map[string]any{"status": 401}, 401, "application/problem+json"},
		"blocked":      {map[string]any{"html_403": true}, 403, "text/html"},
		"429":          {map[string]any{"status": 429}, 429, "application/problem+json"},
		"429 as html":  {map[string]any{"status": 429, "html_429": true}, 429, "text/html"},
		"one string":   {map[string]any{"status": 503, "routes": account}, 503, "text/html"},
		"several":      {map[string]any{"status": 503, "routes": []string{"/oauth2", account}}, 503, "text/html"},
		"method":       {map[string]any{"status": 503, "method": "get"}, 503, "text/html"},
		"other method": {map[string]any{"status": 503, "method": "POST"}, 200, "application/hal+json"},
		"other route":  {map[string]any{"status": 503, "routes": []string{"/api/v4/leads"}}, 200, "application/hal+json"},
		"its account":  {map[string]any{"status": 503, "account": "first"}, 503, "text/html"},
		"other one":    {map[string]any{"status": 503, "account": 31000002}, 200, "application/hal+json"},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, nil)
			access, _ := b.grant()
			b.control("POST", "faults", tc.fault)
			r := b.api("GET", account, access, nil)
			wantStatus(t, r, tc.status)
			if ct := r.header.Get("Content-Type"); ct != tc.kind || r.header.Get("X-Request-Id") == "" {
				t.Errorf("content type %q, want %q; request id %q", ct, tc.kind, r.header.Get("X-Request-Id"))
			}
			b.control("POST", "faults", map[string]any{})
			wantStatus(t, b.api("GET", account, access, nil), http.StatusOK)
		})
	}
}

func TestFaults_formOfA429IsThatOfTheFaultThatMadeIt(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	answers := func(want int, kind string) {
		t.Helper()
		r := b.api("GET", account, access, nil)
		wantStatus(t, r, want)
		if got := r.header.Get("Content-Type"); got != kind {
			t.Errorf("content type %q, want %q", got, kind)
		}
	}
	b.control("POST", "faults", map[string]any{"status": 429, "html_429": true, "times": 1})
	answers(429, "text/html")
	answers(200, "application/hal+json")
	b.control("POST", "faults", map[string]any{"status": 429, "times": 1})
	answers(429, "application/problem+json")
	b.control("POST", "faults", map[string]any{"html_429": true, "times": 1})
	b.control("POST", "faults", map[string]any{"status": 500, "times": 1})
	answers(500, "application/problem+json") // uses up nothing of the form
	b.control("POST", "faults", map[string]any{"status": 429, "times": 2})
	answers(429, "text/html")
	answers(429, "application/problem+json")
}

func TestFaults_timesReplaceAndSum(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.control("POST", "faults", map[string]any{"status": 500, "times": 2})
	wantStatus(t, b.api("GET", account, access, nil), 500)
	wantStatus(t, b.api("GET", account, access, nil), 500)
	wantStatus(t, b.api("GET", account, access, nil), 200)
	b.control("POST", "faults", map[string]any{"status": 502})
	b.control("POST", "faults", map[string]any{"latency_ms": 3})
	if n := len(b.control("GET", "faults", nil)["faults"].([]any)); n != 2 {
		t.Errorf("%d faults are active, want 2", n)
	}
	began := time.Now()
	wantStatus(t, b.api("GET", account, access, nil), 502)
	if took := time.Since(began); took < 3*time.Millisecond {
		t.Errorf("answered after %v, want at least 3ms", took)
	}
	left := b.control("POST", "faults", map[string]any{"status": 503, "replace": true})["faults"].([]any)
	if len(left) != 1 || left[0].(map[string]any)["status"] != float64(503) {
		t.Errorf("faults after replace: %v", left)
	}
	b.control("DELETE", "faults", nil)
	wantStatus(t, b.api("GET", account, access, nil), 200)
}

func TestFaults_dropAfterCommitDoesTheWork(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.control("POST", "faults", map[string]any{"drop_after_commit": true, "routes": []string{"/api/v4/contacts"}, "times": 1})
	if r, err := b.try("POST", firstHost, "/api/v4/contacts", `[{"name":"Kept Person"}]`, "Authorization", "Bearer "+access); err == nil {
		t.Fatalf("answered %d, want a cut connection", r.status)
	}
	r := b.api("GET", "/api/v4/contacts?query=Kept", access, nil)
	wantStatus(t, r, http.StatusOK)
	if !strings.Contains(string(r.body), "Kept Person") {
		t.Errorf("the contact was not made: %s", r.body)
	}
	st := b.control("GET", "stats", nil)
	if st["contacts_created"] != float64(1) {
		t.Errorf("contacts_created %v, want 1", st["contacts_created"])
	}
	if got := st["requests"].(map[string]any)["POST /api/v4/contacts"]; cmp.Diff(got, map[string]any{"dropped": float64(1)}) != "" {
		t.Errorf("counted as %v", got)
	}
}

func TestFaults_dropBeforeDoesNothing(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.control("POST", "faults", map[string]any{"drop_before": true, "method": "POST", "times": 1})
	if r, err := b.try("POST", firstHost, "/api/v4/contacts", `[{"name":"Lost Person"}]`, "Authorization", "Bearer "+access); err == nil {
		t.Fatalf("answered %d, want a cut connection", r.status)
	}
	wantStatus(t, b.api("GET", "/api/v4/contacts?query=Lost%20Person", access, nil), http.StatusNoContent)
}

func TestFaults_dropOfARefreshRotatesAllTheSame(t *testing.T) {
	b := start(t, nil)
	_, refresh := b.grant()
	b.control("POST", "faults", map[string]any{"drop_after_commit": true, "routes": []string{"/oauth2/"}, "times": 1})
	if _, err := b.try("POST", firstHost, "/oauth2/access_token", map[string]string{
		"client_id": "1ff6828b-c10c-43f8-98d0-370001e85b6c", "client_secret": b.secret(), "grant_type": "refresh_token",
		"refresh_token": refresh, "redirect_uri": testRedirect,
	}); err == nil {
		t.Fatal("answered, want a cut connection")
	}
	wantStatus(t, b.refresh(refresh), http.StatusUnauthorized)
}

func (b *bench) secret() string {
	return b.control("GET", "info", nil)["integrations"].([]any)[0].(map[string]any)["secret"].(string)
}

func TestFaults_html429AppliesToTheLimit(t *testing.T) {
	b := start(t, func(o *Options) { o.RatePerSecond = 1 })
	access, _ := b.grant()
	b.control("POST", "faults", map[string]any{"html_429": true, "times": 1})
	wantStatus(t, b.api("GET", account, access, nil), http.StatusOK) // no 429, so nothing is used up
	for i, kind := range []string{"text/html", "application/problem+json"} {
		r := b.api("GET", account, access, nil)
		wantStatus(t, r, http.StatusTooManyRequests)
		if ct := r.header.Get("Content-Type"); ct != kind {
			t.Errorf("429 number %d is %q, want %q", i+1, ct, kind)
		}
	}
}

func TestFaults_accountSwitches(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	enabled := func() any {
		return b.api("GET", account+"?with=is_api_filter_enabled", access, nil).json(t)["is_api_filter_enabled"]
	}
	b.control("POST", "faults", map[string]any{"filter_on": true, "tariff_ended": true})
	if enabled() != true {
		t.Error("filter_on did not reach the account")
	}
	wantStatus(t, b.api("POST", "/api/v4/contacts", access, `[{"name":"x"}]`), http.StatusPaymentRequired)
	b.control("POST", "faults", map[string]any{"tariff_ended": "all"})
	wantStatus(t, b.api("GET", account, access, nil), http.StatusPaymentRequired)
	b.control("POST", "faults", map[string]any{"index_lag_ms": 1500})
	got := b.control("GET", "faults", nil)
	if got["index_lag_ms"] != float64(1500) {
		t.Errorf("index_lag_ms %v", got["index_lag_ms"])
	}
	got = b.control("DELETE", "faults", nil)
	if got["index_lag_ms"] != float64(0) || enabled() != false {
		t.Errorf("switches outlive DELETE: %v", got)
	}
}

func TestFaults_errorsNameTheField(t *testing.T) {
	b := start(t, nil)
	for body, want := range map[string]string{
		`{"latency":5}`:          "latency_ms",
		`{"latency_ms":-1}`:      "latency_ms: accepted",
		`{"latency_ms":"5"}`:     "latency_ms: accepted",
		`{"status":99}`:          "status: accepted",
		`{"times":-1}`:           "times: accepted",
		`{"routes":5}`:           "routes: accepted",
		`{"routes":"api"}`:       "routes: accepted",
		`{"tariff_ended":"now"}`: "tariff_ended: accepted",
		`{"index_lag_ms":-5}`:    "index_lag_ms: accepted",
		`{"account":"third"}`:    "31000002 = 127.0.0.2:8081 = second",
		`{"drop_before":true,"drop_after_commit":true}`: "drop_before: accepted",
		`[]`: "body",
		`{`:  "body",
	} {
		r := b.do("POST", firstHost, "/_sandbox/faults", body)
		if r.status != http.StatusBadRequest || !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %d %s, want 400 with %q", body, r.status, r.body, want)
		}
	}
}
