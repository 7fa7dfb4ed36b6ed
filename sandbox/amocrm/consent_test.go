package amocrm

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// decide posts the consent form.
func (b *bench) decide(fields map[string]string) reply {
	b.t.Helper()
	form := url.Values{"client_id": {scenario.IntegrationID}, "state": {"s1"}, "decision": {"allow"}, "account": {"31000001"}}
	for k, v := range fields {
		form.Set(k, v)
	}
	return b.do("POST", firstHost, "/oauth", form)
}

// location is where a redirect leads.
func location(t *testing.T, r reply) *url.URL {
	t.Helper()
	wantStatus(t, r, http.StatusFound)
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestConsent_pageNamesWhoAsksAndOffersTheAccounts(t *testing.T) {
	b := start(t, nil)
	for _, path := range []string{"/oauth", "/oauth/"} {
		r := b.do("GET", secondHost, path+"?client_id="+scenario.IntegrationID+"&state=%22%3E%3Cb%3E&mode=popup", nil)
		wantStatus(t, r, http.StatusOK)
		page := string(r.body)
		for _, want := range []string{
			"<strong>Sidecard</strong> asks for access", "Local imitation of amoCRM, not the real one", "First &amp; &lt;Co&gt;",
			`<option value="31000002" selected>`, `value="allow"`, `value="deny"`, "Vera Admin", `<label for="account">`,
			`name="mode" value="popup"`, `name="state" value="&#34;&gt;&lt;b&gt;"`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s", path, want)
			}
		}
		if strings.Contains(page, "Fedor Free") {
			t.Error("a free user is offered as granter")
		}
	}
}

func TestConsent_allowRedirectsWithWhatAmoCRMSends(t *testing.T) {
	b := start(t, nil)
	for _, mode := range []string{"", "post_message"} {
		u := location(t, b.decide(map[string]string{"mode": mode, "account": "31000002"}))
		q := u.Query()
		code := q.Get("code")
		q.Del("code")
		want := url.Values{"referer": {secondHost}, "state": {"s1"}, "client_id": {scenario.IntegrationID}, "platform": {"1"}, "keep": {"1"}}
		if diff := cmp.Diff(want, q); diff != "" || u.Host != "app.example.com" || u.Path != "/oauth/amocrm" {
			t.Errorf("mode %q leads to %s (-want +got):\n%s", mode, u, diff)
		}
		wantStatus(t, b.token(secondHost, map[string]string{"grant_type": "authorization_code", "code": code}), http.StatusOK)
	}
}

func TestConsent_stateIsAbsentWhenNoneWasSent(t *testing.T) {
	b := start(t, nil)
	for _, decision := range []string{"allow", "deny"} {
		if u := location(t, b.decide(map[string]string{"state": "", "decision": decision})); u.Query().Has("state") {
			t.Errorf("%s: state in %s", decision, u)
		}
	}
}

func TestConsent_denyTellsTheSite(t *testing.T) {
	b := start(t, nil)
	u := location(t, b.decide(map[string]string{"decision": "deny"}))
	if diff := cmp.Diff(url.Values{"error": {"access_denied"}, "state": {"s1"}, "keep": {"1"}}, u.Query()); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}

func TestConsent_popupSendsItsOpener(t *testing.T) {
	b := start(t, nil)
	r := b.decide(map[string]string{"mode": "popup"})
	wantStatus(t, r, http.StatusOK)
	page := string(r.body)
	if !strings.Contains(page, `href="https://app.example.com/oauth/amocrm?keep=1&amp;`) || !strings.Contains(page, "/auth/popup.js") || strings.Contains(page, "data-refused") {
		t.Errorf("page: %s", page)
	}
	page = string(b.decide(map[string]string{"mode": "popup", "decision": "deny", "error_callback": "1"}).body)
	if !strings.Contains(page, "data-refused") {
		t.Errorf("a refusal for the button's callback: %s", page)
	}
}

func TestConsent_unknownClientIsExplained(t *testing.T) {
	b := start(t, nil)
	for query, want := range map[string]string{"?client_id=%3Cscript%3E": "no integration with the id &#34;&lt;script&gt;&#34;", "": "no client_id"} {
		r := b.do("GET", firstHost, "/oauth"+query, nil)
		wantStatus(t, r, http.StatusBadRequest)
		if page := string(r.body); !strings.Contains(page, want) || strings.Contains(page, `value="allow"`) {
			t.Errorf("%q: %s", query, page)
		}
	}
	wantStatus(t, b.decide(map[string]string{"client_id": "x", "decision": "deny"}), http.StatusBadRequest)
}

func TestConsent_firstGrantIsAnAdministrators(t *testing.T) {
	b := start(t, nil)
	r := b.decide(map[string]string{"user": "102"})
	wantStatus(t, r, http.StatusUnprocessableEntity)
	if !strings.Contains(string(r.body), "must be an administrator; Boris Plain is none") {
		t.Errorf("page: %s", r.body)
	}
	b.grant()
	code := location(t, b.decide(map[string]string{"user": "102"})).Query().Get("code")
	access := b.token(firstHost, map[string]string{"grant_type": "authorization_code", "code": code}).json(t)["access_token"].(string)
	if got := b.api("GET", account, access, nil).json(t)["current_user_id"]; got != 102.0 {
		t.Errorf("the grant is user %v's, want 102", got)
	}
	for _, other := range []map[string]string{{"user": "103"}, {"user": "111"}, {"account": "5"}, {"account": "x"}} {
		if r := b.decide(other); r.status == http.StatusFound {
			t.Errorf("%v was accepted", other)
		}
	}
}

func TestConsent_privateIntegrationOffersItsAccountOnly(t *testing.T) {
	b := start(t, nil)
	b.s.state.Write(func(w *world.World) { w.Integrations[scenario.IntegrationID].Account = 31000002 })
	page := string(b.do("GET", firstHost, "/oauth?client_id="+scenario.IntegrationID, nil).body)
	if strings.Contains(page, `value="31000001"`) || !strings.Contains(page, `value="31000002"`) {
		t.Errorf("page: %s", page)
	}
	wantStatus(t, b.decide(nil), http.StatusUnprocessableEntity)
}

func TestConsent_otherSitesCantPostIt(t *testing.T) {
	b := start(t, nil)
	r := b.do("POST", firstHost, "/oauth", url.Values{"decision": {"allow"}}, "Sec-Fetch-Site", "cross-site")
	wantStatus(t, r, http.StatusForbidden)
}

// secretsSite is the site of the button with metadata.
func secretsSite(t *testing.T, status int) (*httptest.Server, *atomic.Pointer[map[string]string]) {
	var got atomic.Pointer[map[string]string]
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Header.Get("Content-Type") != "application/json" || r.Method != "POST" {
			t.Errorf("secrets call: %s %s %v", r.Method, r.Header.Get("Content-Type"), err)
		}
		got.Store(&body)
		w.WriteHeader(status)
	}))
	t.Cleanup(site.Close)
	return site, &got
}

func TestConsent_buttonWithMetadataTellsTheSecretFirst(t *testing.T) {
	b := start(t, nil)
	site, got := secretsSite(t, http.StatusOK)
	ask := map[string]string{
		"client_id": "", "name": "My <desk>", "redirect_uri": "https://app.example.com/back", "secrets_uri": site.URL + "/secrets",
		"scopes": "crm,notifications", "state": "s2",
	}
	q := url.Values{}
	for k, v := range ask {
		q.Set(k, v)
	}
	page := string(b.do("GET", firstHost, "/oauth?"+q.Encode(), nil).body)
	if !strings.Contains(page, "My &lt;desk&gt;") || !strings.Contains(page, "<code>crm</code>, <code>notifications</code>") || got.Load() != nil {
		t.Errorf("page: %s", page)
	}
	u := location(t, b.decide(ask))
	told := *got.Load()
	if told["client_id"] == "" || told["client_id"] != u.Query().Get("client_id") || told["client_secret"] == "" || told["state"] != "s2" || len(told) != 3 {
		t.Fatalf("secrets call %v, redirect %s", told, u)
	}
	r := b.token(firstHost, map[string]string{
		"client_id": told["client_id"], "client_secret": told["client_secret"], "redirect_uri": "https://app.example.com/back",
		"grant_type": "authorization_code", "code": u.Query().Get("code"),
	})
	wantStatus(t, r, http.StatusOK)
	again := location(t, b.decide(ask)).Query().Get("client_id")
	if again == told["client_id"] {
		t.Error("the second consent made no integration of its own")
	}
}

func TestConsent_failedSecretsCallConnectsNothing(t *testing.T) {
	b := start(t, nil)
	site, _ := secretsSite(t, http.StatusTeapot)
	ask := map[string]string{"client_id": "", "name": "Desk", "redirect_uri": "https://app.example.com/back", "secrets_uri": site.URL}
	r := b.decide(ask)
	wantStatus(t, r, http.StatusUnprocessableEntity)
	if !strings.Contains(string(r.body), "418") || !strings.Contains(string(r.body), "nothing was connected") {
		t.Errorf("page: %s", r.body)
	}
	site.Close()
	wantStatus(t, b.decide(ask), http.StatusUnprocessableEntity)
	ask["secrets_uri"] = "javascript:alert(1)"
	wantStatus(t, b.decide(ask), http.StatusBadRequest)
	b.s.state.Read(func(w *world.World) {
		if n := len(w.Integrations); n != 1 || len(w.Codes) != 0 {
			t.Errorf("%d integrations and %d codes, want 1 and 0", n, len(w.Codes))
		}
	})
}

func TestButton_isServed(t *testing.T) {
	b := start(t, nil)
	r := b.do("GET", firstHost, "/auth/button.min.js", nil)
	wantStatus(t, r, http.StatusOK)
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/javascript") || !strings.Contains(string(r.body), "amocrm_oauth") {
		t.Errorf("%s: %s", r.header.Get("Content-Type"), r.body)
	}
}
