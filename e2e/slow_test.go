package e2e

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// patience ends an agent's wait. The service promises 3 s; a machine that runs all the tests may add as much. What hangs takes
// the 20 to 30 s that the other side does.
const patience = 8 * time.Second

// ask makes one request of the panel, fails when it takes too long or is no page, and returns the page.
func (w *suite) ask(what, method, address string, form url.Values, htmx bool) string {
	w.T.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.T.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if htmx {
		req.Header.Set("HX-Request", "true")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		w.T.Fatalf("%s: %v", what, err)
	}
	raw, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		w.T.Fatalf("%s: %v", what, err)
	}
	page := string(raw)
	if took := time.Since(began); took > patience {
		w.T.Errorf("%s took %s", what, took.Round(time.Millisecond))
	}
	if res.StatusCode >= 500 || !strings.Contains(page, "<") && res.StatusCode < 300 {
		w.T.Errorf("%s: %d %q", what, res.StatusCode, page)
	}
	return page
}

// block opens a ticket and gives the block's HTML, within an agent's patience.
func (w *suite) block(ticket int64, changes map[string]any) string {
	w.T.Helper()
	request := w.BlockRequest(ticket, changes)
	began := time.Now()
	page := w.Open(w.Replicas[0], request)
	if took := time.Since(began); took > patience {
		w.T.Errorf("the block took %s", took.Round(time.Millisecond))
	}
	return page
}

// panelPath is the panel's path in a block's HTML.
func panelPath(t *testing.T, block string) string {
	t.Helper()
	_, rest, ok := strings.Cut(block, "/blocks/amocrm/")
	id, _, closed := strings.Cut(rest, `"`)
	if !ok || !closed {
		t.Fatalf("no panel in the block:\n%s", block)
	}
	return "/blocks/amocrm/" + html.UnescapeString(id)
}

// slowCase is one kind of trouble and what the pages say of it.
type slowCase struct {
	name    string
	trouble func(w *suite)
	known   string // said beside data that are there
	unknown string // said instead of data that are not
}

var slowCases = []slowCase{
	{"LatencyOf30Seconds", func(w *suite) { w.Fault(map[string]any{"latency_ms": 30000}) }, "amoCRM is not answering; these data were read", "amoCRM is slow just now"},
	{"BlockedWithAPage", func(w *suite) { w.Fault(map[string]any{"html_403": true}) }, "amoCRM has blocked access; these data were read", "amoCRM has blocked access"},
	{"ServerErrors", func(w *suite) { w.Fault(map[string]any{"status": 502}) }, "amoCRM is not answering; these data were read", "amoCRM keeps failing"},
	{"TariffEnded", func(w *suite) { w.Fault(map[string]any{"tariff_ended": "all"}) }, "The amoCRM account is not paid; these data were read", "The amoCRM account is not paid"},
	{"DeadGrant", func(w *suite) {
		if status, body := w.Post(w.Amo+"/_sandbox/revoke", map[string]any{}); status >= 300 {
			w.T.Fatalf("revoke: %d %s", status, body)
		}
	}, "amoCRM needs a new login", "The login to amoCRM was lost"},
}

// Whatever ails amoCRM, every page answers within three seconds, says what is up, and shows the last data with their age
// when there are any; a rule gets 202, and its firing waits and is no failure.
func TestSlow_amoCRMInTrouble(t *testing.T) {
	t.Parallel()
	for _, c := range slowCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, 1)
			known, unknown := w.Ticket("known_one_deal"), w.Ticket("three_contacts_one_phone")
			deal := w.openDeal(known)
			panel := w.Panel(w.Replicas[0], known, nil)
			card := fmt.Sprintf("%s/deals/%d", panel, deal)
			seen := w.ask("the card before", "GET", card+"?wait=1", nil, false)
			if !strings.Contains(seen, `data-view="deal"`) {
				t.Fatalf("no card before the trouble:\n%s", seen)
			}
			c.trouble(w)
			began := time.Now()
			o := w.fire(w.Replicas[0], w.SeedRule(unknown, nil))
			if took := time.Since(began); took > patience {
				t.Errorf("the rule's 202 took %s", took)
			}

			w.block(known, nil)
			floor := w.block(known, map[string]any{"view": "html"})
			people := w.ask("contacts, asked anew", "GET", panel+"/people?wait=1&fresh=1", nil, false)
			for name, page := range map[string]string{
				"the floor": floor, "the contacts": people,
				"the contacts' fragment": w.ask("the contacts' fragment", "GET", panel+"/people", nil, true),
			} {
				if !strings.Contains(page, "/contacts/detail/") {
					t.Errorf("%s: the data of a moment ago are gone:\n%s", name, page)
				}
			}
			if !strings.Contains(people, c.known) {
				t.Errorf("beside old contacts nothing says %q:\n%s", c.known, people)
			}
			old := w.ask("the card", "GET", card+"?wait=1", nil, false)
			if !strings.Contains(old, `data-view="deal"`) || !strings.Contains(old, `class="banner warn"`) {
				t.Errorf("the card of a moment ago is not shown with a word:\n%s", old)
			}
			w.ask("the feed", "GET", card+"/feed", nil, true)
			w.ask("the first paint", "GET", panel+"/people", nil, false)
			w.ask("the form of a deal", "GET", panel+"/deals/new?wait=1", nil, false)
			w.ask("the form of a contact", "GET", panel+"/contacts/new?wait=1", nil, false)
			w.ask("a search", "POST", panel+"/search", url.Values{"q": {"anna"}}, true)
			w.ask("the settings", "GET", panel+"/settings?wait=1", nil, false)

			cold := w.Panel(w.Replicas[0], unknown, nil)
			said := w.ask("contacts never seen", "GET", cold+"/people?wait=1", nil, false)
			if strings.Contains(said, "/leads/detail/") || !strings.Contains(said, c.unknown) {
				t.Errorf("without data the page does not say %q:\n%s", c.unknown, said)
			}
			if strings.Contains(said, `data-view="loading"`) {
				t.Errorf("the last word is a skeleton:\n%s", said)
			}
			w.block(unknown, map[string]any{"view": "html"})

			w.GetJSON(w.Replicas[0]+"/api/triggers/"+o.ID+"?amoClientId="+w.Info.Integrations[0].ID, &o)
			if o.State == "failed" || o.State == "done" {
				t.Errorf("the firing is %s: %s", o.State, o.Why)
			}
			switch c.name {
			case "ServerErrors": // tried again within seconds
				w.Fault(map[string]any{})
				w.finished(w.Replicas[0], o.ID)
			case "DeadGrant":
				w.state(w.Replicas[0], o.ID, "held")
				w.Login(panel)
				w.finished(w.Replicas[0], o.ID)
			}
		})
	}
}

// The card lives from amoCRM alone: a helpdesk whose API is away, or silent for half a minute, changes nothing in it, and a
// rule is accepted and waits for its ticket.
func TestSlow_helpdeskDown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]map[string]any{
		"Refusing": {"status": 503}, "Silent": {"latency_ms": 30000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, 1)
			ticket := w.Ticket("known_one_deal")
			deal := w.openDeal(ticket)
			request, floor := w.BlockRequest(ticket, nil), w.BlockRequest(ticket, map[string]any{"view": "html"})
			if status, body := w.Post(w.Desk+"/_sandbox/faults", fault); status >= 300 {
				t.Fatalf("fault: %d %s", status, body)
			}
			began := time.Now()
			w.Open(w.Replicas[0], request)
			if page := w.Open(w.Replicas[0], floor); !strings.Contains(page, "/contacts/detail/") {
				t.Errorf("the floor shows nobody:\n%s", page)
			}
			if took := time.Since(began); took > 2*patience {
				t.Errorf("two blocks took %s", took)
			}
			panel := w.Replicas[0] + panelPath(t, w.Open(w.Replicas[0], request))
			for what, path := range map[string]string{
				"the contacts": "/people?wait=1", "the card": fmt.Sprintf("/deals/%d?wait=1", deal),
				"the form of a deal": "/deals/new?wait=1", "the settings": "/settings?wait=1",
			} {
				if page := w.ask(what, "GET", panel+path, nil, false); strings.Contains(page, `data-view="problem"`) {
					t.Errorf("%s fails because the helpdesk is away:\n%s", what, page)
				}
			}
			began = time.Now()
			o := w.fire(w.Replicas[0], w.SeedRule(ticket, nil))
			if took := time.Since(began); took > patience {
				t.Errorf("the rule's 202 took %s", took)
			}
			if name == "Refusing" { // tried again within seconds
				if status, body := w.Post(w.Desk+"/_sandbox/faults", map[string]any{}); status >= 300 {
					t.Fatalf("fault: %d %s", status, body)
				}
				w.finished(w.Replicas[0], o.ID)
			}
		})
	}
}
