package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

// clocked are strangers whose clock stands still until moved.
func clocked(perSecond int) (s *Strangers, pass func(time.Duration)) {
	s = NewStrangers(perSecond)
	now := time.Unix(1e9, 0)
	s.now = func() time.Time { return now }
	return s, func(d time.Duration) { now = now.Add(d) }
}

// spent asks until an address has had enough and returns how often it was allowed.
func spent(t *testing.T, s *Strangers, address string) (allowed int) {
	t.Helper()
	for allowed < 1000 {
		retry, ok := s.Allow(address)
		if !ok {
			if retry <= 0 {
				t.Errorf("%s: refused, but may come again in %v", address, retry)
			}
			return allowed
		}
		allowed++
	}
	t.Fatalf("%s: never refused", address)
	return 0
}

func TestStrangers_eachAddressHasItsOwnShare(t *testing.T) {
	s, pass := clocked(2)
	if n := spent(t, s, "203.0.113.7"); n != 2*burstSeconds {
		t.Errorf("%d at once, want %d", n, 2*burstSeconds)
	}
	for other, want := range map[string]int{"203.0.113.8": 20, "::ffff:203.0.113.7": 0, "2001:db8:1:1::1": 20, "": 20} {
		if n := spent(t, s, other); n != want {
			t.Errorf("%q: %d, want %d", other, n, want)
		}
	}
	if n := spent(t, s, "2001:db8:1:1:ffff::2"); n != 0 {
		t.Errorf("an IPv6 host takes another address of its network and gets %d more", n)
	}
	pass(3 * time.Second)
	if n := spent(t, s, "203.0.113.7"); n != 6 {
		t.Errorf("%d after three seconds, want 6", n)
	}
}

func TestStrangers_neverLimitsThisMachineNorWhenSwitchedOff(t *testing.T) {
	limited, _ := clocked(1)
	var none *Strangers
	for name, s := range map[string]*Strangers{"127.0.0.1": limited, "::1": limited, "203.0.113.7": NewStrangers(0), "203.0.113.8": none} {
		for range 1000 {
			if _, ok := s.Allow(name); !ok {
				t.Fatalf("%s was refused", name)
			}
		}
	}
}

func TestStrangers_memoryIsBounded(t *testing.T) {
	s, _ := clocked(1)
	spent(t, s, "203.0.113.7")
	for i := range 5 * strangersMost {
		s.Allow(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
		if i%1000 == 0 {
			if _, ok := s.Allow("203.0.113.7"); ok {
				t.Fatalf("after %d others an address that still asks is a new one", i)
			}
		}
	}
	if n := len(s.young) + len(s.old); n > 2*strangersMost {
		t.Errorf("%d addresses are remembered", n)
	}
}

// behindProxy is a server behind a proxy of its own network that names the caller.
func behindProxy(t *testing.T, perSecond int) func(method, target, from, key string) *httptest.ResponseRecorder {
	t.Helper()
	_, proxies, err := net.ParseCIDR("192.0.2.0/24") // httptest's callers
	if err != nil {
		t.Fatal(err)
	}
	strangers, _ := clocked(perSecond)
	log := slog.New(slog.DiscardHandler)
	rules := &TriggerHandlers{Triggers: &work{}, Log: log, Strangers: strangers, Tenants: tenantList{
		{ID: "t1", TriggerKey: goodKey, ConnectedAt: time.Unix(1e9, 0)}, {ID: "t4", TriggerKey: "sk_new"}}}
	e := New(Options{Log: log, Proxies: []*net.IPNet{proxies}, Strangers: strangers, Ready: func(context.Context) error { return nil }, Routes: []Routes{rules, logins{}}})
	return func(method, target, from, key string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(minimal))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-For", from)
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, r)
		return rec
	}
}

type logins struct{}

func (logins) Routes(e *echo.Echo) {
	for _, path := range []string{"/oauth/callback", "/oauth/decide", "/blocks/amocrm/:session/login", "/blocks/amocrm/:session/disconnect", "/blocks/amocrm/:session/people"} {
		e.GET(path, func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	}
}

func TestStrangers_wrongKeysAndLoginsEndIn429(t *testing.T) {
	for name, c := range map[string]struct {
		method, target, key string
		first               int
	}{
		"rule without a key":                     {"POST", "/api/freeCreateLead", "", 401},
		"rule with a wrong key":                  {"POST", "/api/freeCreateLead", "sk_bad", 401},
		"rule of a company that never logged in": {"POST", "/api/freeCreateLead", "sk_new", 202},
		"state of a firing":                      {"GET", "/api/triggers/e1?key=sk_bad", "", 401},
		"callback":                               {"GET", "/oauth/callback?state=x", "", 200},
		"decision":                               {"GET", "/oauth/decide", "", 200},
		"login":                                  {"GET", "/blocks/amocrm/x/login", "", 200},
		"disconnect":                             {"GET", "/blocks/amocrm/x/disconnect", "", 200},
	} {
		t.Run(name, func(t *testing.T) {
			ask := behindProxy(t, 1)
			for i := range burstSeconds {
				if got := ask(c.method, c.target, "198.51.100.1", c.key); got.Code != c.first {
					t.Fatalf("request %d: %d, want %d", i, got.Code, c.first)
				}
			}
			got := ask(c.method, c.target, "198.51.100.1", c.key)
			if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "1" || !strings.Contains(got.Body.String(), "Too many requests") {
				t.Errorf("%d, Retry-After %q: %s", got.Code, got.Header().Get("Retry-After"), got.Body)
			}
			// Writing another address in front of what the proxy says changes nothing.
			if got := ask(c.method, c.target, "8.8.8.8, 198.51.100.1", c.key); got.Code != http.StatusTooManyRequests {
				t.Errorf("with a forged first hop: %d", got.Code)
			}
			if got := ask(c.method, c.target, "198.51.100.2", c.key); got.Code != c.first {
				t.Errorf("another address: %d", got.Code)
			}
		})
	}
}

// All companies of a helpdesk come from its few addresses: one with a wrong key must not stop the others' rules.
func TestStrangers_validKeyIsNeverLimited(t *testing.T) {
	ask := behindProxy(t, 1)
	for range 30 {
		ask("POST", "/api/freeCreateLead", "198.51.100.1", "sk_bad")
	}
	for range 100 {
		if got := ask("POST", "/api/freeCreateLead", "198.51.100.1", goodKey); got.Code != http.StatusAccepted {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
	}
	if got := ask("GET", "/blocks/amocrm/x/people", "198.51.100.1", ""); got.Code != http.StatusOK {
		t.Errorf("a panel: %d", got.Code)
	}
}

func TestForwarded_isToldAtHealthzAndLoggedOnce(t *testing.T) {
	_, inside, err := net.ParseCIDR("10.1.0.0/16")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	e := New(Options{Log: slog.New(slog.NewTextHandler(&out, nil)), Ready: func(context.Context) error { return nil }, Proxies: []*net.IPNet{inside}})
	for _, c := range []struct{ peer, forwarded, way string }{
		{"203.0.113.7:1", "", ForwardedNone}, {"10.1.2.3:1", "", ForwardedNone}, {"10.1.2.3:1", "203.0.113.7", ForwardedTrusted},
		{"[::ffff:10.1.2.3]:1", "203.0.113.7", ForwardedTrusted}, {"203.0.113.7:1", "10.1.2.3", ForwardedUntrusted},
		{"10.2.0.1:1", "203.0.113.7", ForwardedUntrusted}, {"10.2.0.1:1", "203.0.113.8", ForwardedUntrusted},
	} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if got := w.Header().Get(ForwardedHeader); got != c.way || w.Body.String() != "alive\n" {
			t.Errorf("%s for %q: %q, want %q", c.peer, c.forwarded, got, c.way)
		}
	}
	said := out.String()
	if strings.Count(said, "SIDECARD_TRUSTED_PROXIES") != 1 || !strings.Contains(said, "proxy=10.2.0.1") || strings.Contains(said, "203.0.113.7") {
		t.Errorf("logged: %s", said)
	}
}
