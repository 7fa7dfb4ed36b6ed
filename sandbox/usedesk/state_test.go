package usedesk

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestState_survivesARestartOnOtherPorts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "desk.json")
	open := func(opts Options) *Server {
		opts.StateFile = file
		s, err := New(scenario.Build(), opts)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open(Options{BlockURL: "http://one/api/", RuleURL: "http://one/rule", AmoBaseHost: "http://amo1"})
	id, err := s.createTicket(newTicket{Name: "Kept", Message: "<p>m</p>", Channel: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s = open(Options{BlockURL: "http://two/api/", RuleURL: "http://two/rule", AmoBaseHost: "http://amo2"})
	defer s.Close(context.Background()) //nolint:errcheck // the folder goes with the test
	s.state.Read(func(w *world) {
		made := w.Tickets[id]
		if made == nil || w.Clients[made.ClientID].Name != "Kept" || made.Comments[0].HTML != "<p>m</p>" {
			t.Errorf("the ticket is %+v", made)
		}
		if w.Blocks[0].URL != "http://two/api/" || w.Blocks[0].get("amo_base_host") != "http://amo2" || !strings.Contains(w.Rules[0].Action, "http://two/rule") {
			t.Errorf("block %+v and rule %s do not follow the new addresses", w.Blocks[0], w.Rules[0].Action)
		}
	})
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the state file holds tokens and is %v, %v", info.Mode(), err)
	}
}

func TestState_foreignFileIsRefused(t *testing.T) {
	for name, content := range map[string]string{"broken": `{"clients":`, "other": `{"accounts":[]}`} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(scenario.Build(), Options{StateFile: file}); err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestControl_faultsResetAndStats(t *testing.T) {
	f := setup(t, Options{RuleURL: "http://127.0.0.1:1/"})
	id := f.ticketOf("unknown_client")
	call := func() int {
		res, _ := f.do(http.MethodPost, "/uapi/ticket", "application/json", fmt.Sprintf(`{"api_token":%q,"ticket_id":%d}`, scenario.DeskToken, id))
		return res.StatusCode
	}
	control := func(method, path, body string) (int, string) {
		res, answer := f.do(method, "/_sandbox/"+path, "application/json", body)
		return res.StatusCode, answer
	}
	if code, answer := control("POST", "faults", `{"status":502,"times":2,"routes":["/ticket"]}`); code != 200 || !strings.Contains(answer, "502") {
		t.Fatalf("%d %s", code, answer)
	}
	if a, b, c := call(), call(), call(); a != 502 || b != 502 || c != 200 {
		t.Errorf("answers are %d %d %d, want two faults", a, b, c)
	}
	if _, answer := control("POST", "faults", `{"status":503,"routes":["client"]}`); call() != 200 {
		t.Errorf("a fault of another route hit: %s", answer)
	}
	if _, answer := control("DELETE", "faults", ""); strings.Contains(answer, "503") {
		t.Errorf("faults are left: %s", answer)
	}
	for _, bad := range []string{`{"status":1}`, `{"latency_ms":-1}`, `{"nonsense":1}`, `{"times":3}`, `{`} {
		if code, _ := control("POST", "faults", bad); code != 400 {
			t.Errorf("%s: %d", bad, code)
		}
	}
	if _, answer := control("GET", "stats", ""); fmt.Sprint(dig(t, decode(t, answer), "requests", "ticket")) != "4" {
		t.Errorf("stats are %s", answer)
	}
	f.api("create/comment", map[string]any{"ticket_id": id, "message": "x"})
	if code, _ := control("POST", "reset", ""); code != 200 {
		t.Fatalf("reset: %d", code)
	}
	if n := len(dig(t, f.api("ticket", map[string]any{"ticket_id": id}), "comments").([]any)); n != 1 {
		t.Errorf("%d comments after the reset", n)
	}
	_, answer := control("GET", "info", "")
	info := decode(t, answer)
	if dig(t, info, "trigger_rule", "url") != "http://127.0.0.1:1/" || dig(t, info, "trigger_rule", "data", "ticketId") != "{{ticket_id}}" ||
		dig(t, info, "usedesk_token") != scenario.DeskToken || fmt.Sprint(dig(t, info, "tickets", "unknown_client")) != idString(id) {
		t.Errorf("info is %s", answer)
	}
}

func TestControl_strangersAreRefused(t *testing.T) {
	f := setup(t, Options{})
	for name, change := range map[string]func(r *http.Request){
		"another machine": func(r *http.Request) { r.RemoteAddr = "203.0.113.5:4000" },
		"another origin":  func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"another site":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a name led here": func(r *http.Request) { r.Host = "evil.example" },
	} {
		for _, path := range []string{"/_sandbox/info", "/_sandbox/stats", "/_sandbox/faults"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr, r.Host = "127.0.0.1:4000", "127.0.0.1:8082"
			change(r)
			w := httptest.NewRecorder()
			f.desk.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), scenario.DeskToken) {
				t.Errorf("%s: %s: %d %s", name, path, w.Code, w.Body)
			}
		}
	}
}

func TestPages_everyTicketRenders(t *testing.T) {
	f := setup(t, Options{})
	for _, ticket := range scenario.Build().Tickets {
		page := f.get("/tickets/" + idString(ticket.ID))
		for _, want := range []string{"Local imitation of Usedesk", `class="card dynamic-block"`, `class="block-reload-button"`} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", ticket.Scenario, want)
			}
		}
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<b>Bold") || strings.Contains(page, "onerror=") {
			t.Errorf("%s lets a client's markup into the page", ticket.Scenario)
		}
	}
	for _, path := range []string{"/", "/tickets", "/?q=sokol", "/tickets/new", "/settings/blocks", "/settings/rules", "/static/desk.js", "/static/desk.css"} {
		f.get(path)
	}
	for _, path := range []string{"/tickets/1", "/tickets/x", "/nothing"} {
		if res, _ := f.do(http.MethodGet, path, "", ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func TestPages_messageAndStatus(t *testing.T) {
	f := setup(t, Options{})
	id := idString(f.ticketOf("unknown_client"))
	f.form("/tickets/"+id+"/messages", url.Values{"as": {"client"}, "message": {"as client"}})
	if f.status(id) != "8" {
		t.Error("a message of the client opened the ticket")
	}
	f.form("/tickets/"+id+"/messages", url.Values{"as": {"private"}, "message": {"aside"}})
	f.form("/tickets/"+id+"/messages", url.Values{"as": {"user"}, "message": {"answer"}})
	f.form("/tickets/"+id+"/messages", url.Values{"as": {"user"}, "message": {"  "}})
	v := f.api("ticket", map[string]any{"ticket_id": id})
	if n := len(dig(t, v, "comments").([]any)); n != 4 || f.status(id) != "1" || dig(t, v, "comments", 2, "type") != "private" {
		t.Errorf("%d comments, status %s: %v", n, f.status(id), dig(t, v, "comments"))
	}
	f.form("/tickets/"+id+"/status", url.Values{"status": {"2"}})
	if f.status(id) != "2" {
		t.Errorf("status is %s", f.status(id))
	}
}

func (f *fixture) status(id string) string {
	return dig(f.t, f.api("ticket", map[string]any{"ticket_id": id}), "ticket", "status_id").(string)
}

func TestPages_formsOfOtherSitesAreRefused(t *testing.T) {
	f := setup(t, Options{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/settings/blocks/1/delete", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := f.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", res.StatusCode)
	}
	if !strings.Contains(f.get("/settings/blocks"), "amo_base_host") {
		t.Error("the block is gone")
	}
}

func TestPages_blocksAndRulesCanBeAddedAndDeleted(t *testing.T) {
	f := setup(t, Options{})
	for _, kind := range []string{"blocks", "rules"} {
		f.form("/settings/"+kind, nil)
		if !strings.Contains(f.get("/settings/"+kind), `value="New `) {
			t.Errorf("no new row in %s", kind)
		}
		f.form("/settings/"+kind+"/1/delete", nil)
	}
	ticket := f.get("/tickets/" + idString(f.ticketOf("email_only")))
	if !strings.Contains(ticket, "No block is enabled") || !strings.Contains(ticket, "No rule is enabled") {
		t.Error("the ticket does not say that nothing is enabled")
	}
}

func TestServer_parallelUse(t *testing.T) {
	side := newOutside(t, answering(200, `{"html":"x"}`))
	f := setup(t, Options{BlockURL: side.URL, RuleURL: side.URL, StateFile: filepath.Join(t.TempDir(), "s.json")})
	id := f.ticketOf("known_one_deal")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			f.get(fmt.Sprintf("/tickets/%d/blocks/1", id))
			f.get(fmt.Sprintf("/tickets/%d", id))
			f.api("update/client", map[string]any{"client_id": 261702, "emails": []string{fmt.Sprintf("e%d@example.com", i)}})
			f.api("update/ticket", map[string]any{"ticket_id": id, "tag": fmt.Sprint("t", i), "field_id": "54", "field_value": "x"})
			f.form(fmt.Sprintf("/tickets/%d/language", id), url.Values{"language": {languages[i%4]}})
			f.form(fmt.Sprintf("/tickets/%d/rules/1", id), nil)
			f.get("/settings/blocks")
			f.get("/settings/rules")
		})
	}
	group.Wait()
	eventually(t, "eight firings are answered", func() bool {
		done := 0
		for _, g := range f.firings() {
			if !g.Pending {
				done++
			}
		}
		return done == 8
	})
}
