package ui

import (
	"net/http"
	"strings"
	"testing"
)

func TestSecure_strictByDefault(t *testing.T) {
	h := http.Header{}
	Secure(h, Policy{FrameAncestors: []string{"https://secure.usedesk.com", "https://secure.usedesk.ru"}})
	want := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
		"frame-ancestors https://secure.usedesk.com https://secure.usedesk.ru; base-uri 'none'"
	if got := h.Get("Content-Security-Policy"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for key, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := h.Get(key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}

func TestSecure_noFrameUnlessNamed(t *testing.T) {
	h := http.Header{}
	Secure(h, Policy{ScriptHost: "https://www.amocrm.ru"})
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"frame-ancestors 'none'", "script-src 'self' https://www.amocrm.ru;"} {
		if !strings.Contains(csp, want) {
			t.Errorf("%q is not in %s", want, csp)
		}
	}
}
