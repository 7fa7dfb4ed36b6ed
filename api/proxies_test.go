package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

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
