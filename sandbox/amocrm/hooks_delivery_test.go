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

func TestHooks_retryTable(t *testing.T) {
	for name, tc := range map[string]struct {
		code  int
		waits []time.Duration
	}{
		"no answer":     {0, []time.Duration{5 * time.Minute, 15 * time.Minute}},
		"not found":     {404, []time.Duration{5 * time.Minute, 15 * time.Minute}},
		"redirect":      {302, []time.Duration{5 * time.Minute, 15 * time.Minute}},
		"server error":  {500, []time.Duration{5 * time.Minute, 15 * time.Minute, 15 * time.Minute, time.Hour}},
		"client closed": {499, []time.Duration{5 * time.Minute, 15 * time.Minute, 15 * time.Minute, time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []time.Duration
			for n := 1; ; n++ {
				wait, again := nextAttempt(n, tc.code)
				if !again {
					break
				}
				got = append(got, wait)
			}
			if diff := cmp.Diff(tc.waits, got); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
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
		if n := b.s.courier.pending(); n != 0 || rc.count.Load() != attempts {
			t.Errorf("status %d: %d attempts, %d waiting; want %d and 0", status, rc.count.Load(), n, attempts)
		}
	}
}

func TestHooks_disabledAfterMoreThanAHundredBadAnswersInTwoHours(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.subscribe(access, "http://127.0.0.1:1/hook", "status_lead")
	d := delivery{}
	b.s.state.Read(func(w *World) {
		h := w.Accounts[0].Hooks[0]
		d = newHookDelivery(w.Epoch, w.Accounts[0], h, "a=b")
	})
	for i := range 100 {
		if b.s.courier.failed(d) {
			t.Fatalf("disabled after %d bad answers", i+1)
		}
		b.clk.add(time.Minute)
	}
	b.clk.add(21 * time.Minute) // the first ones are older than two hours now
	if b.s.courier.failed(d) {
		t.Fatal("disabled by bad answers of more than two hours ago")
	}
	for range 20 {
		b.s.courier.failed(d)
	}
	if !b.s.courier.failed(d) {
		t.Error("not disabled after more than 100 bad answers within two hours")
	}
	r := b.api("GET", "/api/v4/webhooks", access, nil)
	if !strings.Contains(string(r.body), `"disabled":true`) {
		t.Errorf("webhooks: %s", r.body)
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
	eventually(t, "quiet courier", func() bool { return b.s.courier.pending() == 0 })
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
