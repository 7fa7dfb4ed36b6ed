package usedesk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fire runs a rule on a ticket and waits for the answer.
func (f *fixture) fire(rule, ticket int64) (Firing, error) {
	g, c, err := f.desk.prepare(rule, ticket)
	if err != nil {
		return Firing{}, err
	}
	return f.desk.send(f.t.Context(), g, c), nil
}

// firings is the log, oldest first.
func (f *fixture) firings() (log []Firing) {
	f.desk.state.Read(func(w *world) {
		for _, g := range w.Firings {
			log = append(log, *g)
		}
	})
	return log
}

func TestRule_defaultIsThePublishedExample(t *testing.T) {
	side := newOutside(t, answering(202, `{"status":"accepted"}`))
	f := setup(t, Options{})
	ticket := f.ticketOf("unknown_client")
	if _, err := f.fire(DefaultRule, ticket); !errors.Is(err, errNoURL) {
		t.Errorf("without a URL: %v", err)
	}
	f.desk.SetRule(side.URL + "/api/freeCreateLead?key=a&b=c")
	got, err := f.fire(DefaultRule, ticket)
	if err != nil || !got.OK() || got.Status != 202 || got.Answer != `{"status":"accepted"}` || got.Pending {
		t.Fatalf("%+v, %v", got, err)
	}
	r := side.last(t)
	if r.path != "/api/freeCreateLead?key=a&b=c" || r.contentType != "application/json" {
		t.Errorf("posted %s as %s", r.path, r.contentType)
	}
	raw, err := os.ReadFile("testdata/freecreatelead.json")
	if err != nil {
		t.Fatal(err)
	}
	want := dig(t, decode(t, strings.ReplaceAll(string(raw), "{{ticket_id}}", idString(ticket))), "data")
	if diff := cmp.Diff(want, decode(t, string(r.body))); diff != "" {
		t.Errorf("body (-published +sent):\n%s", diff)
	}
	log := f.firings()
	if len(log) != 2 || log[1].Status != 202 || log[0].Error == "" {
		t.Errorf("log is %+v", log)
	}
}

func TestRule_formBodyIsBracketed(t *testing.T) {
	side := newOutside(t, answering(200, "ok"))
	f := setup(t, Options{RuleURL: side.URL})
	f.desk.state.Write(func(w *world) { w.Rules[0].Encoding = encodingForm })
	ticket := f.ticketOf("unknown_client")
	if _, err := f.fire(DefaultRule, ticket); err != nil {
		t.Fatal(err)
	}
	got, err := url.ParseQuery(string(side.last(t).body))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"ticketId": idString(ticket), "fields[price]": "1", "fields[pipeline_id]": "6516490",
		"fields[custom_fields_values][0][values][0][value]":   "asd",
		"fields[custom_fields_values][2][values][1][enum_id]": "705385",
	} {
		if got.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, got.Get(key), want)
		}
	}
}

func TestRule_variablesAndHeaders(t *testing.T) {
	side := newOutside(t, answering(200, "ok"))
	f := setup(t, Options{})
	ticket := f.ticketOf("html_name")
	action := `{"url": "` + side.URL + `/{{ticket_id}}", // where
	"data": {"a": "{{client_name}}", "b": ["{{ client_email }}", "{{client_phone}}"], "c": "x{{nobody}}y", "d": 3, "e": null, "s": "{{ticket_subject}}", "u": "http://x//y"},
	"headers": %s}`
	for name, headers := range map[string]string{"lines": `["X-Key: v{{ticket_id}}"]`, "pairs": `[{"name":"X-Key","value":"v{{ticket_id}}"}]`, "map": `{"X-Key":"v{{ticket_id}}"}`} {
		t.Run(name, func(t *testing.T) {
			f.form("/settings/rules/1", url.Values{"name": {"r"}, "when": {"button"}, "encoding": {"json"}, "enabled": {"on"}, "action": {fmt.Sprintf(action, headers)}})
			if _, err := f.fire(DefaultRule, ticket); err != nil {
				t.Fatal(err)
			}
			r := side.last(t)
			if r.path != "/"+idString(ticket) || r.header.Get("X-Key") != "v"+idString(ticket) {
				t.Errorf("path %s, header %q", r.path, r.header.Get("X-Key"))
			}
			want := decode(t, `{"a":"<b>Bold</b> <script>alert(1)</script>","b":["bold@example.com","+79991001313"],"c":"xy","d":3,"e":null,
				"s":"<b>Bold</b> <script>alert(1)</script>","u":"http://x//y"}`)
			if diff := cmp.Diff(want, decode(t, string(r.body))); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRule_unreadableActionIsNotSavedAndKept(t *testing.T) {
	f := setup(t, Options{RuleURL: "http://127.0.0.1:1/"})
	res, body := f.do(http.MethodPost, "/settings/rules/1", "application/x-www-form-urlencoded",
		url.Values{"name": {"Mine"}, "action": {`{"url": broken`}}.Encode())
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "is not saved") || !strings.Contains(body, "{&#34;url&#34;: broken") {
		t.Errorf("%d %.600s", res.StatusCode, body)
	}
	if got := f.get("/settings/rules"); strings.Contains(got, "broken") {
		t.Error("the broken action was saved")
	}
}

func TestRule_ownURLSurvivesSetRule(t *testing.T) {
	f := setup(t, Options{RuleURL: "http://127.0.0.1:1/a"})
	url0 := func() any { return f.desk.Info()["trigger_rule"].(map[string]any)["url"] }
	f.desk.SetRule("http://127.0.0.1:1/b")
	if url0() != "http://127.0.0.1:1/b" {
		t.Fatalf("url is %v", url0())
	}
	f.form("/settings/rules/1", url.Values{"name": {"r"}, "enabled": {"on"}, "action": {`{"url":"http://127.0.0.1:1/mine","data":{},"headers":[]}`}})
	f.desk.SetRule("http://127.0.0.1:1/c")
	if url0() != "http://127.0.0.1:1/mine" {
		t.Errorf("url is %v, want the one that a person has set", url0())
	}
}

func TestRule_failuresAreLogged(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	side := newOutside(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			wait(r, release)
		case "/cut":
			panic(http.ErrAbortHandler)
		default:
			answering(422, strings.Repeat("ж", keptAnswer))(w, r)
		}
	})
	f := setup(t, Options{RuleTimeout: 100 * time.Millisecond})
	ticket := f.ticketOf("unknown_client")
	for path, check := range map[string]func(Firing) bool{
		"/slow": func(g Firing) bool { return g.Status == 0 && strings.Contains(g.Error, "no answer within") },
		"/cut":  func(g Firing) bool { return g.Status == 0 && g.Error != "" },
		"/422": func(g Firing) bool {
			return g.Status == 422 && g.Error == "" && len(g.Answer) < keptAnswer+8 && !g.OK()
		},
	} {
		f.desk.SetRule(side.URL + path)
		got, err := f.fire(DefaultRule, ticket)
		if err != nil || !check(got) {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	if _, err := f.fire(99, ticket); !errors.Is(err, errNoRule) {
		t.Errorf("unknown rule: %v", err)
	}
	if _, err := f.fire(DefaultRule, 1); !errors.Is(err, errNoTicket) {
		t.Errorf("unknown ticket: %v", err)
	}
}

func TestRule_logIsBounded(t *testing.T) {
	side := newOutside(t, answering(200, "ok"))
	side.arrived = make(chan struct{}, 2*maxFirings)
	f := setup(t, Options{RuleURL: side.URL})
	ticket := f.ticketOf("unknown_client")
	var last Firing
	for range maxFirings + 5 {
		got, err := f.fire(DefaultRule, ticket)
		if err != nil {
			t.Fatal(err)
		}
		last = got
	}
	log := f.firings()
	if len(log) != maxFirings || log[len(log)-1].ID != last.ID {
		t.Errorf("%d firings kept, the last is %d, want %d", len(log), log[len(log)-1].ID, last.ID)
	}
}

// eventually polls until f is true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	ctx := t.Context()
	deadline := time.NewTimer(5 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("never: " + what)
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
}

func TestRule_newTicketFiresAndPageShowsAnswer(t *testing.T) {
	side := newOutside(t, answering(202, "taken <b>"))
	f := setup(t, Options{RuleURL: side.URL})
	to := f.form("/tickets/new", url.Values{"client_id": {"0"}, "name": {"New Person"}, "phone": {"+7 999 000-00-01"}, "email": {"new@example.com"},
		"subject": {"Hi & bye"}, "message": {"line <1>\nline 2"}, "channel": {"chat"}})
	<-side.arrived
	id := strings.TrimPrefix(to, "/tickets/")
	if got := dig(t, decode(t, string(side.last(t).body)), "ticketId"); got != id {
		t.Errorf("fired for ticket %v, made %s", got, id)
	}
	eventually(t, "the answer shows", func() bool { return strings.Contains(f.get(to+"/firings"), "taken &lt;b&gt;") })
	page := f.get(to)
	for _, want := range []string{"New Person", "&#43;7 999 000-00-01", "new@example.com", "Hi &amp; bye", "line &lt;1&gt;<br>line 2", "HTTP 202", `data-waiting="false"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	f.form(to+"/rules/1", nil)
	<-side.arrived
	eventually(t, "two firings", func() bool { return len(f.firings()) == 2 && !f.firings()[1].Pending })
}
