package amocrm

import (
	"strings"
	"testing"
	"time"
)

// A block of a company that nobody has seen before makes a record; an address may bring only so many.
func TestOpen_tooManyNewCompaniesOfOneAddress(t *testing.T) {
	w := newFixture(t)
	asked := ""
	w.h.Stranger = func(address string) (time.Duration, bool) { asked = address; return 1500 * time.Millisecond, false }
	const body = `{"ticket_id":1,"client_id":2,"amo_base_host":"example.amocrm.ru","usedesk_api_token":"tok"}`
	if html := w.html(w.openBlock(body)); !strings.Contains(html, "<iframe") || asked != "" {
		t.Errorf("a known company was counted (%q): %s", asked, html)
	}
	w.tenants.stranger = true
	rec := w.openBlock(body)
	if html := w.html(rec); strings.Contains(html, "<iframe") || !strings.Contains(html, "Too many new companies") || asked != "192.0.2.1" {
		t.Errorf("asked for %q: %s", asked, html)
	}
	if got := rec.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q", got)
	}
	w.h.Stranger = func(string) (time.Duration, bool) { return 0, true }
	if html := w.html(w.openBlock(body)); !strings.Contains(html, "<iframe") {
		t.Error(html)
	}
}
