package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/sidecard/sidecard/e2e/rig"
)

// triggers runs the command with the environment of the world's replicas.
func (w *suite) triggers(args ...string) string {
	w.T.Helper()
	cmd := exec.Command(rig.Binary, append([]string{"triggers"}, args...)...)
	cmd.Env = append(os.Environ(), w.Env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.T.Fatalf("triggers %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// refused is a firing that has failed: the helpdesk has no such ticket.
func (w *suite) refused(ticket int64) outcome {
	w.T.Helper()
	o := w.fire(w.Replicas[0], w.SeedRule(ticket, nil))
	rig.Eventually(w.T, time.Minute, "the firing has failed", func() bool {
		w.GetJSON(w.Replicas[0]+"/api/triggers/"+o.ID+"?amoClientId="+w.Info.Integrations[0].ID, &o)
		return o.State == "failed"
	})
	return o
}

func TestInbox_aFailedFiringIsMendedFromTheCardAndBecomesADeal(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	o := w.refused(987654321)
	before := w.Stats()
	b := newBrowser(t)
	b.ticket(w, "known_one_deal")
	b.click(`a[href*="/inbox?state=failed"]`)
	b.click(`.firings .row-name`)
	b.see(`[data-view=firing] .chip.s-failed`)
	b.enter(`#request`, fmt.Sprintf(`{"ticketId": %d, "fields": {"name": "Mended by hand", "pipeline_id": 6516490, "status_id": 55524250}}`,
		w.Ticket("known_one_deal")))
	b.click(`form:has(#request) button[type=submit]`)
	b.see(`[data-view=firing] .banner.good`)
	done := w.finished(w.Replicas[0], o.ID)
	if s := w.Stats(); s.Leads != before.Leads+1 || done.LeadID == 0 {
		t.Errorf("%d new deals, %+v", s.Leads-before.Leads, done)
	}
	b.click(`[data-view=firing] a.tool`)
	b.see(`[data-view=firing] .chip.s-done`)
}

// The helpdesk shows the panel in a frame of its own, and a frame saves files only if it is told that it may.
func TestInbox_whatWasSearchedForIsSavedFromTheTicketsFrame(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	w.refused(987654321)
	w.refused(987654322)
	b := newBrowser(t)
	files := b.downloads()
	b.ticket(w, "known_one_deal")
	b.click(`a[href*="/inbox?state=failed"]`)
	b.see(`[data-view=inbox]`)
	b.enter(`#inbox-search #q`, "987654322")
	b.pressed(`#inbox-search #q`, kb.Enter)
	b.gone(`.firings .row:nth-child(2)`)
	b.click(`#inbox-search ~ .tabs button:first-of-type`) // all states
	b.see(`#inbox-search:not(:has([name=state]))`)
	b.picture("search")
	b.click(`form[action$="/inbox.csv"] button`)
	var saved string
	select {
	case saved = <-files:
	case <-time.After(limit):
		b.picture("no-file")
		t.Fatal("nothing was saved")
	}
	raw, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(raw); !strings.Contains(text, "987654322") || strings.Contains(text, "987654321") {
		t.Errorf("saved:\n%s", text)
	}
	b.inPanel("read the address", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.QueryAfter("html", on(`function () {
			if (location.href.includes("98765") || performance.getEntries().some(e => e.name.includes("98765"))) throw new Error(location.href);
		}`), chromedp.ByQuery, in)}
	})
}

// downloads has the browser save files and gives the path of each that is complete.
func (b *browser) downloads() <-chan string {
	b.t.Helper()
	dir, done := b.t.TempDir(), make(chan string, 1)
	chromedp.ListenTarget(b.ctx, func(event any) {
		if e, ok := event.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			done <- filepath.Join(dir, e.GUID)
		}
	})
	b.do("save files", cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName).WithDownloadPath(dir).WithEventsEnabled(true))
	return done
}

func TestInbox_commandLineDoesWhatThePageDoes(t *testing.T) {
	t.Parallel()
	w := connect(t, 2)
	mend, drop := w.refused(987654321), w.refused(987654322)
	if list := w.triggers("list", "--state", "failed"); !strings.Contains(list, mend.ID) || !strings.Contains(list, drop.ID) {
		t.Errorf("not listed:\n%s", list)
	}
	request, err := json.Marshal(w.SeedRule(w.Ticket("known_one_deal"), nil))
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/request.json"
	if err := os.WriteFile(file, request, 0o600); err != nil {
		t.Fatal(err)
	}
	w.triggers("edit", mend.ID, file)
	w.finished(w.Replicas[1], mend.ID) // a running replica has noticed
	w.triggers("drop", drop.ID, "--reason", "a test")
	if out := w.triggers("--json", "show", drop.ID); !strings.Contains(out, `"state": "dropped"`) || !strings.Contains(out, "a test") {
		t.Errorf("not dropped:\n%s", out)
	}
}
