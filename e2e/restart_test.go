package e2e

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

func TestDemo_killedAndStartedAgainKeepsLoginAndLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := &suite{rig.Demo(t, dir, nil)}
	ticket := w.Ticket("three_contacts_one_phone")
	panel := w.Panel(w.Replicas[0], ticket, nil)
	w.Login(panel)
	contact := contactOf(t, w, panel)
	res, err := http.PostForm(panel+"/link", url.Values{"contact": {contact}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()

	w.Processes[0].Kill()
	w = &suite{rig.Demo(t, dir, w.World)}
	_, page := w.Get(http.DefaultClient, w.Panel(w.Replicas[0], ticket, nil)+"/people?wait=1")
	if strings.Contains(page, `data-view="login"`) {
		t.Errorf("the login is lost after a restart:\n%s", page)
	}
	if !strings.Contains(page, "/unlink") {
		t.Errorf("the link is lost after a restart:\n%s", page)
	}
}

func TestDemo_publishedRuleWorksAsItStands(t *testing.T) {
	t.Parallel()
	w := &suite{rig.Demo(t, t.TempDir(), nil)}
	if out := w.Processes[0].Out.String(); !strings.Contains(out, "ACCEPTED WITHOUT A KEY") || !strings.Contains(out, "SIDECARD_OPEN_TRIGGERS") {
		t.Errorf("the demo does not say that rules need no key:\n%s", out)
	}
	before := w.Stats()
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "usedesk", "freecreatelead.trigger-action.json"))
	if err != nil {
		t.Fatal(err)
	}
	rule := strings.Replace(string(raw), "{{ticket_id}}", "2265101", 1)
	status, body := w.Post(w.Replicas[0]+"/api/freeCreateLead", []byte(rule))
	if status != http.StatusAccepted {
		t.Fatalf("before any login: %d %s, want 202", status, body)
	}
	w.Login(w.Panel(w.Replicas[0], w.Ticket("unknown_client"), nil))
	o := w.fire(w.Replicas[0], []byte(rule))
	w.finished(w.Replicas[0], o.ID)
	w.created(before, 1, 1, 1)
}

// contactOf is the id of the first contact that a panel offers to link.
func contactOf(t *testing.T, w *suite, panel string) string {
	t.Helper()
	_, page := w.Get(http.DefaultClient, panel+"/people?wait=1")
	_, rest, ok := strings.Cut(page, `name="contact" value="`)
	id, _, closed := strings.Cut(rest, `"`)
	if !ok || !closed {
		t.Fatalf("the panel offers no contact to link:\n%s", page)
	}
	return id
}

func TestDemo_withoutRedisServerSaysSoAndWorks(t *testing.T) {
	t.Parallel()
	w := &suite{rig.Demo(t, t.TempDir(), nil, "PATH="+t.TempDir())}
	if out := w.Processes[0].Out.String(); !strings.Contains(out, "MEMORY ONLY") {
		t.Errorf("the demo does not say that its state is in memory only:\n%s", out)
	}
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	w.Login(panel)
	if _, page := w.Get(http.DefaultClient, panel+"/people?wait=1"); !strings.Contains(page, `class="card person`) {
		t.Errorf("no contact after the login:\n%s", page)
	}
}
