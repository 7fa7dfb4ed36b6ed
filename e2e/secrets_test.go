package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// Sessions and form tokens are random too and may hold an sk_, but are shorter.
var triggerKey = regexp.MustCompile(`sk_[A-Za-z0-9_-]{32}`)

// Every secret that a full run meets, looked for in everything the service prints and everything Redis writes to disk.
func TestSecrets_noneInLogsOrOnDisk(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	_, page := w.Get(http.DefaultClient, panel+"/rule?wait=1")
	key := triggerKey.FindString(page)
	if key == "" {
		t.Fatalf("the rule page holds no trigger key:\n%s", page)
	}
	rule := w.SeedRule(w.Ticket("known_one_deal"), nil)
	w.fire(w.Replicas[0], rule, "Authorization", "Bearer "+key, "Prefer", "wait=20")
	w.Post(w.Replicas[0]+"/api/freeCreateLead?key="+key, []byte(`{"ticketId": `))
	w.Post(w.Amo+"/_sandbox/expire", map[string]any{})
	w.Get(http.DefaultClient, panel+"/people?fresh=1&wait=1")
	if s := w.Stats(); s.Refresh != 1 || s.Reused != 0 {
		t.Errorf("%d refreshes and %d reused refresh tokens after one expiry, want 1 and 0", s.Refresh, s.Reused)
	}

	places := map[string][]byte{"the log": []byte(w.Processes[0].Out.String())}
	err := filepath.WalkDir(w.RedisDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		places["Redis' "+d.Name()] = raw
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(places) < 2 {
		t.Fatal("Redis has written nothing")
	}
	secrets := map[string]string{
		"helpdesk token": w.Info.UsedeskToken, "integration secret": w.Info.Integrations[0].Secret, "trigger key": key,
		"access token": "eyJ0eXAi", "seal key": rig.SealKey[3:], "session id": panel[len(panel)-22:],
	}
	for place, raw := range places {
		for name, secret := range secrets {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds the %s", place, name)
			}
		}
	}
}
