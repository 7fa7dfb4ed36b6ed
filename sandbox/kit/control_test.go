package kit

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLocal_refusesStrangersAndForeignPages(t *testing.T) {
	h := Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		func(host string) bool { return host == "crm.test:8081" })
	for name, c := range map[string]struct {
		from, host string
		header     []string
		reason     string // empty is let through
	}{
		"a program":                          {"127.0.0.1:4000", "127.0.0.1:8081", nil, ""},
		"by IPv6":                            {"[::1]:4000", "[::1]:8081", nil, ""},
		"by another loopback address":        {"127.0.0.9:4000", "127.0.0.2:8081", nil, ""},
		"by name":                            {"127.0.0.1:4000", "LocalHost:8081", nil, ""},
		"without a port":                     {"127.0.0.1:4000", "localhost", nil, ""},
		"by a configured name":               {"127.0.0.1:4000", "crm.test:8081", nil, ""},
		"a typed address":                    {"127.0.0.1:4000", "localhost:8081", []string{"Sec-Fetch-Site", "none"}, ""},
		"its own page":                       {"127.0.0.1:4000", "localhost:8081", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8081"}, ""},
		"its own page by https":              {"127.0.0.1:4000", "localhost:8081", []string{"Origin", "https://localhost:8081"}, ""},
		"another machine":                    {"203.0.113.5:4000", "127.0.0.1:8081", nil, "loopback addresses only"},
		"nobody":                             {"", "127.0.0.1:8081", nil, "loopback addresses only"},
		"a name led to this machine":         {"127.0.0.1:4000", "evil.example:8081", nil, "not at the host evil.example:8081"},
		"its page":                           {"127.0.0.1:4000", "evil.example:8081", []string{"Origin", "http://evil.example:8081"}, "not at the host"},
		"a name that begins like a loopback": {"127.0.0.1:4000", "127.0.0.1.evil.example", nil, "not at the host"},
		"no host":                            {"127.0.0.1:4000", "", nil, "not at the host"},
		"another site":                       {"127.0.0.1:4000", "localhost:8081", []string{"Origin", "https://evil.example"}, "another origin"},
		"another port":                       {"127.0.0.1:4000", "localhost:8081", []string{"Origin", "http://localhost:3000", "Sec-Fetch-Site", "same-site"}, "another origin"},
		"another site's picture":             {"127.0.0.1:4000", "localhost:8081", []string{"Sec-Fetch-Site", "cross-site"}, "another origin"},
		"a frame without an origin":          {"127.0.0.1:4000", "localhost:8081", []string{"Origin", "null"}, "another origin"},
		"a file":                             {"127.0.0.1:4000", "localhost:8081", []string{"Origin", "file://"}, "another origin"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				r := httptest.NewRequest(method, "/_sandbox/info", nil)
				r.RemoteAddr, r.Host = c.from, c.host
				for i := 0; i < len(c.header); i += 2 {
					r.Header.Set(c.header[i], c.header[i+1])
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if c.reason == "" {
					if w.Code != http.StatusNoContent {
						t.Errorf("%s: %d %s, want it let through", method, w.Code, w.Body)
					}
					continue
				}
				var body struct{ Error string }
				if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusForbidden || !strings.Contains(body.Error, c.reason) {
					t.Errorf("%s: %d %s, want 403 with %q", method, w.Code, w.Body, c.reason)
				}
			}
		})
	}
}
