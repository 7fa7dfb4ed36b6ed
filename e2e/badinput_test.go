package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"github.com/sidecard/sidecard/e2e/rig"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// trap is a server that must never be called.
func trap(t *testing.T) (host string, calls *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls = &atomic.Int32{}
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }), ReadHeaderTimeout: time.Second}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String(), calls
}

func TestBadInput_blockAnswersWithAMessage(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	base, ticket := w.Replicas[0], w.Ticket("known_one_deal")
	evil, calls := trap(t)
	for name, c := range map[string]struct {
		changes map[string]any
		want    string // lower case
	}{
		"missing amo_base_host":  {map[string]any{"amo_base_host": nil}, "amo_base_host"},
		"empty amo_base_host":    {map[string]any{"amo_base_host": "  "}, "amo_base_host"},
		"foreign amo_base_host":  {map[string]any{"amo_base_host": "http://" + evil + "/"}, "amo_base_host"},
		"tricky amo_base_host":   {map[string]any{"amo_base_host": "https://" + evil + "/?.amocrm.ru"}, "amo_base_host"},
		"number amo_base_host":   {map[string]any{"amo_base_host": 17}, "amo_base_host"},
		"no credential":          {map[string]any{"usedesk_api_token": nil}, "usedesk_api_token"},
		"unknown language":       {map[string]any{"language": "tlh"}, "language"},
		"client_data is a text":  {map[string]any{"client_data": "nobody"}, "client_data"},
		"ticket_id is an object": {map[string]any{"ticket_id": map[string]any{"a": 1}}, "ticket_id"},
		"foreign usedesk base":   {map[string]any{"usedesk_api_base": "http://" + evil + "/"}, "usedesk_api_base"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.ToLower(w.Open(base, w.BlockRequest(ticket, c.changes))); !strings.Contains(got, c.want) {
				t.Errorf("the block does not name %s:\n%s", c.want, got)
			}
		})
	}
	for name, body := range map[string][]byte{
		"broken JSON":  []byte(`{"ticket_id": 1, "client_data": {`),
		"JSON array":   []byte(`[1,2,3]`),
		"no JSON":      []byte(`hello`),
		"empty body":   {},
		"over 1 MiB":   []byte(`{"ticket_id": 1, "subject": "` + strings.Repeat("x", 1<<20) + `"}`),
		"deep nesting": []byte(strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000)),
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.Open(base, body); strings.Contains(got, "<iframe") {
				t.Errorf("a panel for %s:\n%s", name, got)
			}
		})
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("a host that is not allowed was called %d times", n)
	}
}

func TestBadInput_ruleNamesEveryMistakeByItsPath(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	before := w.Stats()
	base, ticket := w.Replicas[0], w.Ticket("known_one_deal")
	rule := w.SeedRule(ticket, nil)
	rule["fields"].(map[string]any)["price"] = "many"
	rule["fields"].(map[string]any)["status_id"] = -1
	rule["ticketId"] = "{{ticket_id}}"
	status, body := w.Post(base+"/api/freeCreateLead", rule)
	for _, path := range []string{"fields.price", "fields.status_id", "ticketId"} {
		if status != http.StatusUnprocessableEntity || !bytes.Contains(body, []byte(path)) {
			t.Errorf("%d, %s not named: %s", status, path, body)
		}
	}
	w.created(before, 0, 0, 0)
	for name, c := range map[string]struct {
		field map[string]any
		want  string
	}{
		"unknown field_id": {map[string]any{"field_id": 999, "values": []any{map[string]any{"value": "x"}}}, "fields.custom_fields_values[0].field_id"},
		"unknown enum_id":  {map[string]any{"field_id": 1372537, "values": []any{map[string]any{"enum_id": 999}}}, "fields.custom_fields_values[0].values[0].enum_id"},
	} {
		t.Run(name, func(t *testing.T) {
			rule := w.SeedRule(ticket, nil)
			rule["fields"].(map[string]any)["custom_fields_values"] = []any{c.field}
			o := w.fire(base, rule, "Prefer", "wait=20")
			if o.State != "done" || len(o.Remarks) != 1 || o.Remarks[0].Path != c.want {
				t.Errorf("%s is not left out with a remark: %+v", c.want, o)
			}
			rule["strict"] = true
			status, body := w.Post(base+"/api/freeCreateLead", rule, "Prefer", "wait=20")
			if status != http.StatusUnprocessableEntity || !bytes.Contains(body, []byte(c.want)) {
				t.Errorf("%d, %s not named: %s", status, c.want, body)
			}
		})
	}
	for name, c := range map[string]struct {
		body []byte
		want int
	}{
		"broken JSON": {[]byte(`{"ticketId": `), http.StatusBadRequest},
		"over 1 MiB":  {[]byte(`{"ticketId": 1, "comment": "` + strings.Repeat("x", 1<<20) + `"}`), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if status, body := w.Post(base+"/api/freeCreateLead", c.body); status != c.want {
				t.Errorf("%d, want %d: %s", status, c.want, body)
			}
		})
	}
	w.created(before, 2, 0, 4) // each comment, and each remark
}

func TestBadInput_ruleOfAMissingTicketFailsWithTheReason(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	status, body := w.Post(w.Replicas[0]+"/api/freeCreateLead", w.SeedRule(987654321, nil), "Prefer", "wait=20")
	if status != http.StatusUnprocessableEntity || !bytes.Contains(body, []byte("987654321")) {
		t.Errorf("%d %s, want a refusal that names the ticket", status, body)
	}
}

func TestBadInput_ruleWithoutOrWithAWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := connect(t, 1, "SIDECARD_OPEN_TRIGGERS=false")
	rule := w.SeedRule(w.Ticket("known_one_deal"), nil)
	for _, suffix := range []string{"", "?key=sk_wrong"} {
		if status, body := w.Post(w.Replicas[0]+"/api/freeCreateLead"+suffix, rule); status != http.StatusUnauthorized {
			t.Errorf("%q: %d %s, want 401", suffix, status, body)
		}
	}
}

func TestBadInput_refusedHelpdeskTokenLosesNothing(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	// A tenant of its own whose helpdesk token the helpdesk refuses.
	w.Login(w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), map[string]any{"usedesk_api_token": "no-such-token"}))
	o := w.fire(w.Replicas[0], w.SeedRule(w.Ticket("known_one_deal"), nil))
	var now outcome
	rig.Eventually(t, limit, "the firing says what is wrong", func() bool {
		w.GetJSON(w.Replicas[0]+"/api/triggers/"+o.ID+"?amoClientId="+w.Info.Integrations[0].ID, &now)
		return strings.Contains(strings.ToLower(now.Why), "token")
	})
	if now.State == "failed" || now.State == "done" {
		t.Errorf("state %s, want the firing to wait for a good token", now.State)
	}
}

func TestBadInput_sessions(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("three_contacts_one_phone"), nil)
	t.Run("unknown session", func(t *testing.T) {
		cut := strings.LastIndex(panel, "/") + 1
		_, page := w.Get(http.DefaultClient, panel[:cut]+strings.Repeat("A", len(panel)-cut))
		if !strings.Contains(strings.ToLower(page), "refresh") {
			t.Errorf("an expired session does not say to refresh the block:\n%s", page)
		}
	})
	t.Run("contact of another account", func(t *testing.T) {
		var contacts struct {
			Embedded struct {
				Contacts []struct {
					ID int64 `json:"id"`
				} `json:"contacts"`
			} `json:"_embedded"`
		}
		req, _ := http.NewRequest(http.MethodGet, w.Info.Accounts[1].BaseURL+"/api/v4/contacts", nil)
		req.Header.Set("Authorization", "Bearer "+w.grant(1))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&contacts); err != nil || len(contacts.Embedded.Contacts) == 0 {
			t.Fatalf("the second account has no contacts: %v", err)
		}
		res, err = http.PostForm(panel+"/link", url.Values{"contact": {fmt.Sprint(contacts.Embedded.Contacts[0].ID)}})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		status, page := res.StatusCode, string(raw)
		if status >= 500 || !strings.Contains(strings.ToLower(page), "not in this amocrm account") {
			t.Errorf("%d, linking another account's contact is not refused clearly:\n%s", status, page)
		}
	})
}
