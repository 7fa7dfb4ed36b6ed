package amocrm

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestHooks_onlySubscribedAndOnlyOwnAccount(t *testing.T) {
	b := start(t, nil)
	mine, other := receive(t, 200), receive(t, 200)
	access, _ := b.grant()
	b.subscribe(access, mine.url, "status_lead")
	second := b.control("POST", "grant", map[string]any{"account": "second"})["access_token"].(string)
	wantStatus(t, b.do("POST", secondHost, "/api/v4/webhooks", map[string]any{"destination": other.url, "settings": []string{"status_lead"}},
		"Authorization", "Bearer "+second), http.StatusCreated)
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"price":5}`), http.StatusOK)
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"status_id":602}`), http.StatusOK)
	mine.wait(t, 0)
	eventually(t, "empty queue", func() bool { return b.control("GET", "stats", nil)["hooks_sent"] == 1.0 })
	if mine.count.Load() != 1 || other.count.Load() != 0 {
		t.Errorf("mine %d, other %d deliveries; want 1 and 0", mine.count.Load(), other.count.Load())
	}
}

func TestHooks_badAnswersAreRepeated(t *testing.T) {
	for status, attempts := range map[int]int64{200: 1, 299: 1, 302: 3, 404: 3, 503: 5} {
		b := start(t, nil)
		rc := receive(t, status)
		access, _ := b.grant()
		b.subscribe(access, rc.url, "status_lead")
		wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"status_id":602}`), http.StatusOK)
		eventually(t, fmt.Sprintf("%d attempts for %d", attempts, status), func() bool {
			return b.control("GET", "stats", nil)["hooks_sent"] == float64(attempts)
		})
		if n := b.s.courier.Pending(); n != 0 || rc.count.Load() != attempts {
			t.Errorf("status %d: %d attempts, %d waiting; want %d and 0", status, rc.count.Load(), n, attempts)
		}
	}
}

func TestHooks_disconnectIsSigned(t *testing.T) {
	rc := receive(t, 200)
	b := start(t, func(o *Options) { o.DisconnectURI = rc.url + "/gone?keep=1" })
	b.grant()
	b.control("POST", "revoke", map[string]any{"hook": true})
	rc.wait(t, 0)
	rc.mu.Lock()
	got := rc.query[0]
	rc.mu.Unlock()
	// HMAC-SHA256 of "client_uuid|account_id" with the secret, worked out with another tool.
	want := url.Values{
		"keep": {"1"}, "account_id": {"31000001"}, "client_uuid": {scenario.IntegrationID}, "signature": {"ff4b7ef440bd65efa8fc4a165fc62ad99326b66aaea20d68e4e5543e9acb53f2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
	b.grant()
	b.control("POST", "revoke", nil) // without hook: silence
	eventually(t, "quiet courier", func() bool { return b.s.courier.Pending() == 0 })
	if rc.count.Load() != 1 {
		t.Errorf("%d calls, want 1", rc.count.Load())
	}
}

func TestHooks_closeAbortsWhatIsOnItsWay(t *testing.T) {
	hold := make(chan struct{})
	arrived := make(chan struct{}, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(hold)
	b := start(t, nil)
	access, _ := b.grant()
	b.subscribe(access, srv.URL, "status_lead")
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"status_id":602}`), http.StatusOK)
	<-arrived
	began := time.Now()
	if err := b.s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %v with a delivery under way", took)
	}
}

func TestHooks_disabledOneIsListedAsSuch(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.subscribe(access, "http://127.0.0.1:1/hook", "status_lead")
	b.s.state.Write(func(w *world.World) { w.Accounts[0].Hooks[0].Disabled = true })
	r := b.api("GET", "/api/v4/webhooks", access, nil)
	if !strings.Contains(string(r.body), `"disabled":true`) {
		t.Errorf("webhooks: %s", r.body)
	}
}
