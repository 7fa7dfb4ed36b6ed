package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// copyRedis is the backup of docs/operations.md: the files of a running Redis, copied while it rewrites none of them.
func copyRedis(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", filepath.Join(from, "appendonlydir"), to).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v\n%s", err, out)
	}
}

// expireAccess ends all access tokens; the refresh tokens stay good.
func (w *suite) expireAccess() {
	w.T.Helper()
	if status, body := w.Post(w.Amo+"/_sandbox/expire", map[string]any{}); status >= 300 {
		w.T.Fatalf("expire: %d %s", status, body)
	}
}

// restored replaces the world's Redis by one that starts from the files in dir, at the same address.
func (w *suite) restored(dir string) {
	w.T.Helper()
	w.Processes[0].Stop(w.T)
	w.RedisProcess.Kill()
	_, w.RedisProcess = rig.StartRedisAt(w.T, dir, w.RedisAddr())
	w.Processes[0] = w.Serve(w.Replicas[0])
	rig.Eventually(w.T, limit, "ready on the backup", func() bool { return rig.Answers(w.Replicas[0] + "/readyz") })
}

// A copy of Redis' files, started as a new Redis, has the login, the links and the firings that wait. A copy from before the
// last refresh holds a token that is used up: the card asks for a login, and after it everything that waited is sent.
func TestFault_backupIsRestored(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	base := w.Replicas[0]
	made, _ := w.Fill(2)
	ticket := w.Ticket("three_contacts_one_phone")
	panel := w.Panel(base, ticket, nil)
	res, err := http.PostForm(panel+"/link", url.Values{"contact": {contactOf(t, w, panel)}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	w.Fault(map[string]any{"status": 503, "routes": []string{"/api/v4/leads"}}) // so that firings wait while the copy is made
	for i, ticket := range made {
		if status := w.offer(base, w.SeedRule(ticket, map[string]any{"comment": fmt.Sprint("firing ", i)}), patience); status != http.StatusAccepted {
			t.Fatalf("a rule got %d", status)
		}
	}
	first, second := t.TempDir(), t.TempDir()
	copyRedis(t, w.RedisDir, first)
	copyRedis(t, w.RedisDir, second)
	w.restored(first)
	if _, page := w.Get(http.DefaultClient, w.Panel(base, ticket, nil)+"/people?wait=1"); !strings.Contains(page, "/unlink") {
		t.Errorf("the link or the login is not in the copy:\n%s", page)
	}
	// The copy in use refreshes; the other one now holds a token that is used up.
	w.expireAccess()
	w.ask("a read that refreshes", "GET", w.Panel(base, ticket, nil)+"/people?wait=1&fresh=1", nil, false)
	w.restored(second)
	w.expireAccess()
	var page string
	rig.Eventually(t, limit, "the card asks for a login", func() bool {
		page = w.ask("the card", "GET", w.Panel(base, ticket, nil)+"/people?wait=1&fresh=1", nil, false)
		return strings.Contains(page, "/login")
	})
	w.Fault(map[string]any{})
	w.Login(w.Panel(base, ticket, nil))
	s := w.Stats()
	rig.Eventually(t, 90*time.Second, "both firings are done", func() bool { s = w.Stats(); return s.Leads == len(made) && s.Notes == len(made) })
	<-time.After(time.Second) // a third one would come now
	if s = w.Stats(); s.Leads != len(made) {
		t.Errorf("%d leads, want %d", s.Leads, len(made))
	}
	if _, page := w.Get(http.DefaultClient, w.Panel(base, ticket, nil)+"/people?wait=1"); !strings.Contains(page, "/unlink") {
		t.Errorf("the link is gone after the login:\n%s", page)
	}
	if _, err := os.Stat(filepath.Join(second, "appendonlydir")); err != nil {
		t.Error(err)
	}
}
