package accept

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/route"
)

// behindProxy is a server behind a proxy of its own network that names the caller.
func behindProxy(t *testing.T, perSecond int) func(method, target, from, key string) *httptest.ResponseRecorder {
	t.Helper()
	_, proxies, err := net.ParseCIDR("192.0.2.0/24") // httptest's callers
	if err != nil {
		t.Fatal(err)
	}
	limit := ratelimit.New(perSecond)
	log := slog.New(slog.DiscardHandler)
	rules := &Handlers{Rules: &work{}, Log: log, Anonymous: limit, Tenants: tenantList{
		{ID: "t1", TriggerKey: goodKey, ConnectedAt: time.Unix(1e9, 0)}, {ID: "t4", TriggerKey: "sk_new"}}}
	e := api.New(api.Options{Log: log, Proxies: []*net.IPNet{proxies}, Anonymous: limit, Ready: func(context.Context) error { return nil }, Routes: append(route.Of("rules", rules), route.Of("amocrm", loginRoutes{})...)})
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

type loginRoutes struct{}

func (loginRoutes) Mount(r *route.Router) {
	ok := func(c echo.Context) error { return c.NoContent(http.StatusOK) }
	r.Public().Limited().GET("/oauth/callback", ok)
	r.Public().Limited().GET("/oauth/decide", ok)
	r.Panel().Limited().GET("/login", ok)
	r.Panel().Limited().GET("/disconnect", ok)
	r.Panel().GET("/people", ok)
}

func TestAnonymous_wrongKeysAndLoginsEndIn429(t *testing.T) {
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
			synctest.Test(t, func(t *testing.T) {
				ask := behindProxy(t, 1)
				for i := range 10 { // may come at once
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
		})
	}
}

// All companies of a helpdesk come from its few addresses: one with a wrong key must not stop the others' rules.
func TestAnonymous_validKeyIsNeverLimited(t *testing.T) {
	synctest.Test(t, validKeyIsNeverLimited)
}

func validKeyIsNeverLimited(t *testing.T) {
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
