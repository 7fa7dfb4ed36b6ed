package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// renamed gives an account another name, at the spare host or the given one, and learns its new address.
func (w *suite) renamed(account int, subdomain, host string) {
	w.T.Helper()
	status, body := w.Post(w.Amo+"/_sandbox/rename", map[string]any{"account": w.Info.Accounts[account].ID, "subdomain": subdomain, "host": host})
	if status != http.StatusOK {
		w.T.Fatalf("rename: %d %s", status, body)
	}
	w.GetJSON(w.Amo+"/_sandbox/info", &w.Info)
}

// showsLinked waits until a panel shows the linked contact with links to an address of amoCRM and none to the other. While
// amoCRM is slow to answer it may show what it has read before.
func (w *suite) showsLinked(what, panel, address, not string) {
	w.T.Helper()
	rig.Eventually(w.T, limit, what+" leads to "+address, func() bool {
		status, page := w.Get(http.DefaultClient, panel+"/people?wait=1&fresh=1")
		if status != http.StatusOK || strings.Contains(page, `data-view="login"`) {
			w.T.Fatalf("%s: %d\n%s", what, status, page)
		}
		return strings.Contains(page, "/unlink") && strings.Contains(page, address+"/contacts/detail/") && !strings.Contains(page, not+"/")
	})
}

// The amoCRM account gets another name while firings are under way. Nobody does anything, and all goes on there.
func TestRename_isFollowedWithoutAnybody(t *testing.T) {
	t.Parallel()
	w := connect(t, 2)
	old := w.Info.Accounts[0].BaseURL
	ticket := w.Ticket("three_contacts_one_phone")
	panel := w.Panel(w.Replicas[0], ticket, nil)
	res, err := http.PostForm(panel+"/link", url.Values{"contact": {contactOf(t, w, panel)}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	_, page := w.Get(http.DefaultClient, panel+"/rule?wait=1")
	key := triggerKeyIn(t, page)
	hook := w.subscribed()
	rule := func(i int) map[string]any {
		return w.SeedRule(w.Ticket("known_one_deal"), map[string]any{"key": key, "comment": fmt.Sprint("firing ", i)})
	}
	const before = 4
	var sent []string
	for i := range before {
		sent = append(sent, w.fire(w.Replicas[i%2], rule(i)).ID)
	}
	w.renamed(0, "renamed", "")
	now := w.Info.Accounts[0].BaseURL
	if now == old || now != "http://"+w.Info.SpareHost {
		t.Fatalf("the account is at %s, was at %s", now, old)
	}

	// An open panel, on both replicas, and with it every link.
	for _, base := range w.Replicas {
		w.showsLinked("the open panel", strings.Replace(panel, w.Replicas[0], base, 1), now, old)
	}
	for _, id := range sent {
		w.finished(w.Replicas[0], id)
	}
	o := w.finished(w.Replicas[0], w.fire(w.Replicas[1], rule(before)).ID)
	if o.LeadID == 0 || o.LeadURL != fmt.Sprintf("%s/leads/detail/%d", now, o.LeadID) {
		t.Errorf("the rule with the key of before: %+v", o)
	}
	var l lead
	if status := w.crm(fmt.Sprintf("/api/v4/leads/%d", o.LeadID), &l); status != http.StatusOK || l.ID != o.LeadID {
		t.Errorf("the lead in the renamed account: %d %+v", status, l)
	}
	if got, disabled := w.hookOf(); got != hook || disabled {
		t.Errorf("the hook is %q, disabled %v; want %q", got, disabled, hook)
	}

	// Another account takes the freed address. Blocks with the former and with the new one open the same company's panel.
	w.renamed(1, "hogwarts", strings.TrimPrefix(old, "http://"))
	for _, address := range []string{old, now} {
		panel := w.Panel(w.Replicas[1], ticket, map[string]any{"amo_base_host": address})
		w.showsLinked("a block with "+address, panel, now, old)
		if _, page := w.Get(http.DefaultClient, panel+"/rule?wait=1"); triggerKeyIn(t, page) != key {
			t.Errorf("a block with %s shows another rule key:\n%s", address, page)
		}
		stranger := w.Panel(w.Replicas[0], ticket, map[string]any{"amo_base_host": address, "usedesk_api_token": "somebody else's"})
		if _, page := w.Get(http.DefaultClient, stranger); !strings.Contains(page, `data-view="login"`) {
			t.Errorf("a stranger's block with %s:\n%s", address, page)
		}
	}
	if s := w.Stats(); s.Leads != before+1 || s.Notes != before+1 || s.Reused != 0 {
		t.Errorf("%d leads, %d notes, %d refresh tokens used twice; want %d leads and notes", s.Leads, s.Notes, s.Reused, before+1)
	}
	var list struct {
		Host   string   `json:"amo_host"`
		Former []string `json:"former_amo_hosts"`
		Grant  string   `json:"grant"`
	}
	if err := json.Unmarshal([]byte(w.tenants("list", "--json")), &list); err != nil || list.Host != w.Info.SpareHost ||
		list.Grant != "connected" || len(list.Former) != 1 || "http://"+list.Former[0] != old {
		t.Errorf("tenants: %+v, %v; want one, connected at %s, before at %s", list, err, w.Info.SpareHost, old)
	}
}
