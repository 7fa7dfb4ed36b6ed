package contract

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/api"
)

func TestCheck_findsWhatIsNotDescribed(t *testing.T) {
	const rule, problem = `{"ticketId": "1", "fields": {"price": "5"}}`, `{"type": "about:blank", "title": "x", "status": 401}`
	const firing = `{"id": "a", "state": "accepted", "status_url": "x", "ticket_id": 1, "attempts": 0,
		"created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z"`
	described, err := New(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, path, sent string
		status             int
		kind, got, bad     string
	}{
		"all as described":        {"POST", "/api/freeCreateLead?key=x", rule, 202, "application/json", firing + "}", ""},
		"wrapped":                 {"POST", "/api/freeCreateLead", `{"url": "x", "headers": [], "data": ` + rule + "}", 202, "application/json", firing + "}", ""},
		"a refusal":               {"POST", "/api/freeCreateLead", "nonsense", 401, "application/problem+json", problem, ""},
		"another path":            {"POST", "/api/other", rule, 202, "application/json", firing + "}", "not described"},
		"another method":          {"PUT", "/readyz", rule, 202, "application/json", firing + "}", "not described"},
		"another status":          {"POST", "/api/freeCreateLead", rule, 418, "application/problem+json", problem, "418"},
		"another type":            {"POST", "/api/freeCreateLead", rule, 401, "application/json", problem, "not as described"},
		"a field more":            {"POST", "/api/freeCreateLead", rule, 202, "application/json", firing + `, "more": 1}`, "more"},
		"a field less":            {"POST", "/api/freeCreateLead", rule, 202, "application/json", `{"id": "a"}`, "state"},
		"a taken field":           {"POST", "/api/freeCreateLead", `{"ticketId": 1, "fields": {"prize": 5}}`, 202, "application/json", firing + "}", "was taken"},
		"a missing header":        {"POST", "/api/freeCreateLead", rule, 503, "application/problem+json", problem, "Retry-After"},
		"a block with anything":   {"POST", "/api/", "[", 200, "application/json", `{"html": "x"}`, ""},
		"a hook without a body":   {"POST", "/hooks/amocrm/x", "", 200, "", "", ""},
		"a page":                  {"GET", "/oauth/callback?code=x", "", 400, "text/html; charset=UTF-8", "<p>", ""},
		"a firing in no language": {"GET", "/api/triggers/x", "", 200, "application/json", firing + "}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.sent))
			r.Header.Set("Content-Type", "application/json")
			header := http.Header{}
			if c.kind != "" {
				header.Set("Content-Type", c.kind)
			}
			err := described.Check(r, []byte(c.sent), c.status, header, []byte(c.got))
			if c.bad == "" && err != nil || c.bad != "" && (err == nil || !strings.Contains(err.Error(), c.bad)) {
				t.Errorf("%v, want %q", err, c.bad)
			}
		})
	}
}
