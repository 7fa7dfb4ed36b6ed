package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// typedSecret stands for a token that somebody has put where it does not belong.
const typedSecret = "canary7f3a9"

// typed are what people and strangers send, with the typedSecret wherever they may put something.
func (w *suite) typed(panel string) []*http.Request {
	base, known := w.Replicas[0], w.Ticket("known_one_deal")
	var all []*http.Request
	add := func(method, address, kind, body string, headers ...string) {
		req, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			w.T.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		all = append(all, req)
	}
	const asJSON, asForm = "application/json", "application/x-www-form-urlencoded"
	encode := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			w.T.Fatal(err)
		}
		return string(raw)
	}
	for _, host := range []string{"%", "%.example.com", "https://%", "https://user:%@x.amocrm.ru", "http://[%", "x.amocrm.ru/%", "x.amocrm.ru?key=%",
		"ftp://%", "%#", "%.x.amocrm.ru", "api-%.amocrm.ru", strings.Repeat("%", 300), "bad\x00%", "ключ-%"} {
		host = strings.ReplaceAll(host, "%", typedSecret)
		for _, name := range []string{"amo_base_host", "usedesk_api_base"} {
			add("POST", base+"/api/", asJSON, encode(w.BlockRequest(known, map[string]any{name: host})))
		}
	}
	for _, name := range []string{"language", "view", "secret", "usedesk_api_token", "ticket_id", "client_id", "client_data", "subject", "is_auto_load", typedSecret} {
		add("POST", base+"/api/", asJSON, encode(w.BlockRequest(known, map[string]any{name: typedSecret})))
	}
	add("POST", base+"/api/", asJSON, "{"+typedSecret)
	add("POST", base+"/api/", typedSecret, typedSecret+"="+typedSecret)
	for _, query := range []string{"code=%&state=%", "error=%&state=%", "code=%&referer=%&state=%&client_id=%&platform=%"} {
		add("GET", base+"/oauth/callback?"+strings.ReplaceAll(query, "%", typedSecret), asForm, "")
	}
	add("POST", base+"/oauth/secrets", asJSON, encode(map[string]string{"client_id": typedSecret, "client_secret": typedSecret, "state": typedSecret}))
	add("POST", base+"/oauth/decide", asForm, "ticket="+typedSecret+"&choice="+typedSecret)
	add("GET", base+"/oauth/disconnected?account_id="+typedSecret+"&client_uuid="+typedSecret+"&signature="+typedSecret, asForm, "")
	add("POST", base+"/hooks/amocrm/"+typedSecret, asForm, typedSecret+"="+typedSecret)
	add(strings.ToUpper(typedSecret), base+"/"+typedSecret, typedSecret, typedSecret, "X-Request-Id", typedSecret+" "+typedSecret, "User-Agent", typedSecret, "Referer", typedSecret)

	rule := w.SeedRule(known, nil)
	for name, value := range map[string]any{"ticketId": typedSecret, "amoClientId": typedSecret, "comment": 7, "fields": map[string]any{"price": typedSecret, typedSecret: typedSecret},
		"tags": typedSecret, "company": map[string]any{typedSecret: typedSecret}, "task": map[string]any{"text": typedSecret, "due_in": typedSecret}} {
		changed := w.SeedRule(known, map[string]any{name: value})
		add("POST", base+"/api/freeCreateLead", asJSON, encode(changed), "Prefer", typedSecret, "Idempotency-Key", typedSecret+name)
		add("POST", base+"/api/freeCreateLead?dry_run=true&lang="+typedSecret, asJSON, encode(changed))
	}
	add("POST", base+"/api/freeCreateLead?key="+typedSecret+"&dry_run="+typedSecret, asJSON, encode(rule), "Authorization", "Bearer "+typedSecret)
	add("POST", base+"/api/freeCreateLead?dry_run="+typedSecret, asJSON, encode(rule))
	add("POST", base+"/api/freeCreateLead", typedSecret, typedSecret)
	add("GET", base+"/api/triggers/"+typedSecret+"?key="+typedSecret, asForm, "")

	for _, path := range []string{"/people?deals=%&done=%", "/search?q=%", "/contacts/new?phone=%", "/deals/new?contact=%", "/deals/%", "/deals/1?from=%",
		"/deals/1/feed?older=%", "/deals/1/edit?field=%", "/inbox?state=%&q=%", "/inbox/%", "/inbox.csv?state=%", "/layout/%", "/settings?tab=%"} {
		add("GET", panel+strings.ReplaceAll(path, "%", typedSecret), asForm, "")
	}
	filled := url.Values{}
	for _, name := range []string{"token", "q", "contact", "name", "phone", "email", "text", "comment", "do", "reason", "price", "status_id", "pipeline_id",
		"due", "chat", "bot_token", "webhook", "emails", "language", "region", "request", "field", "value", typedSecret} {
		filled.Set(name, typedSecret)
	}
	for _, path := range []string{"/search", "/link", "/unlink", "/contacts", "/contacts/1/missing", "/deals", "/deals/new/stage", "/deals/1/comments", "/deals/1/edit",
		"/deals/1/edit/needs", "/deals/1/tasks", "/deals/1/tasks/1/done", "/rule/check", "/rule/key", "/inbox", "/inbox/" + typedSecret, "/layout/deal", "/layout/" + typedSecret,
		"/settings", "/settings/notices"} {
		add("POST", panel+path, asForm, filled.Encode())
	}
	return all
}

// Whatever is typed into the wrong place, or sent by a stranger anywhere, stays out of the log: the log says what kind of
// refusal it was.
func TestSecrets_whatIsTypedIsNotLogged(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, req := range w.typed(panel) {
		res, err := client.Do(req)
		if err != nil {
			t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
		}
		res.Body.Close()
	}
	out := w.Processes[0].Out.String()
	for _, want := range []string{"not one of the allowed hosts", `"method":"other"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the log does not name the kind %q", want)
		}
	}
	for line := range strings.Lines(out) {
		if strings.Contains(strings.ToLower(line), typedSecret) {
			t.Errorf("logged: %s", line)
		}
	}
}
