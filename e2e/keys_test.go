package e2e

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// ready waits for a replica, again.
func (w *suite) ready(base string) {
	w.T.Helper()
	rig.Eventually(w.T, time.Minute, "the replica is ready", func() bool { return rig.Answers(base + "/readyz") })
}

// state waits until a firing is in a state.
func (w *suite) state(base, id, state string) {
	w.T.Helper()
	rig.Eventually(w.T, limit, "the firing is "+state, func() bool {
		var o outcome
		w.GetJSON(base+"/api/triggers/"+id+"?amoClientId="+w.Info.Integrations[0].ID, &o)
		return o.State == state
	})
}

// command runs the program with the environment of the world's replicas.
func (w *suite) command(env []string, args ...string) (string, error) {
	w.T.Helper()
	cmd := exec.Command(rig.Binary, args...)
	cmd.Env = append(append(os.Environ(), w.Env()...), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestKeys_rotateWhileRunningAndTakeTheOldKeyOut(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	base := w.Replicas[0]
	linked := w.Ticket("three_contacts_one_phone")
	panel := w.Panel(base, linked, nil)
	res, err := http.PostForm(panel+"/link", url.Values{"contact": {contactOf(t, w, panel)}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	_, page := w.Get(http.DefaultClient, panel+"/rule?wait=1")
	key := triggerKeyIn(t, page)

	out, err := w.command(nil, "keys", "rotate", "--new")
	fresh := strings.TrimSpace(out)
	if err != nil || !strings.Contains(fresh, ":") || strings.Contains(fresh, "\n") {
		t.Fatalf("no fresh key: %v %s", err, out)
	}
	both, young := "SIDECARD_SEAL_KEYS="+fresh+","+rig.SealKey, "SIDECARD_SEAL_KEYS="+fresh

	w.Processes[0].Stop(t)
	w.Processes[0] = w.Serve(base, both)
	w.ready(base)
	if out, err := w.command([]string{both}, "keys", "rotate", "--check"); err == nil || !strings.Contains(out, "key k1 is needed") {
		t.Errorf("before the rotation: %v\n%s", err, out)
	}
	// A firing that is held over the whole rotation, and work going on meanwhile.
	w.Post(w.Amo+"/_sandbox/revoke", map[string]any{})
	held := w.fire(base, w.SeedRule(w.Ticket("unknown_client"), map[string]any{"key": key}))
	w.state(base, held.ID, "held")
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		for range 20 {
			w.Panel(base, linked, nil)
		}
	}()
	out, err = w.command([]string{both}, "keys", "rotate")
	if err != nil || !strings.Contains(out, "older keys can be taken out") {
		t.Errorf("the rotation: %v\n%s", err, out)
	}
	<-busy
	if out, err := w.command([]string{both}, "keys", "rotate", "--check"); err != nil {
		t.Errorf("after the rotation: %v\n%s", err, out)
	}

	w.Processes[0].Stop(t)
	w.Processes[0] = w.Serve(base, young)
	w.ready(base)
	w.state(base, held.ID, "held")
	w.Login(panel) // the session, the tenant and his integration are the old ones
	w.finished(base, held.ID)
	if _, page := w.Get(http.DefaultClient, w.Panel(base, linked, nil)+"/people?wait=1"); !strings.Contains(page, "/unlink") {
		t.Errorf("the link is lost:\n%s", page)
	}
	if status, body := w.Post(base+"/api/freeCreateLead", w.SeedRule(w.Ticket("known_one_deal"), map[string]any{"key": key})); status != http.StatusAccepted {
		t.Errorf("the rule's key after the rotation: %d %s", status, body)
	}
	if out, err := w.command([]string{young}, "keys", "rotate", "--check"); err != nil || strings.Contains(out, "open with no key") {
		t.Errorf("with the new key alone: %v\n%s", err, out)
	}
}

// triggerKeyIn is the key in the rule that a page or a command shows.
func triggerKeyIn(t *testing.T, shown string) string {
	t.Helper()
	key := triggerKey.FindString(shown)
	if key == "" {
		t.Fatalf("no trigger key in:\n%s", shown)
	}
	return key
}
