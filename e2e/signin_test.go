package e2e

import (
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// holdEnds lets the wait after a refused refresh go by, for all replicas.
func (w *suite) holdEnds() {
	w.T.Helper()
	admin, ctx := rig.Admin(w.T, w.RedisAddr()), w.T.Context()
	keys, err := admin.Keys(ctx, "sc:{*}:grant:hold").Result()
	if err != nil || len(keys) != 1 {
		w.T.Fatalf("%d grants are held up, want 1: %v", len(keys), err)
	}
	if err := admin.Del(ctx, keys...).Err(); err != nil {
		w.T.Fatal(err)
	}
}

// signIn says how the login stands as the panel's script is told.
func (w *suite) signIn(panel string) string {
	w.T.Helper()
	var s struct {
		State string `json:"state"`
	}
	w.GetJSON(panel+"/state", &s)
	return s.State
}

// amoCRM's sign-in is out of order for a moment: nobody has to log in again, and what came meanwhile is sent.
func TestSignIn_refusalsWithoutAReasonCostNoLogin(t *testing.T) {
	t.Parallel()
	const said = "does not accept the sign-in just now"
	for name, c := range map[string]struct {
		fault     map[string]any
		refreshes int // that amoCRM has granted by the end
		end       func(w *suite)
	}{
		"one 401 of the token endpoint": {map[string]any{"status": 401, "routes": "/oauth2/access_token", "times": 1}, 1, (*suite).holdEnds},
		"all 401 of the API":            {map[string]any{"status": 401, "routes": "/api/v4"}, 1, func(w *suite) { w.Fault(map[string]any{}) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, 2)
			unknown := w.Ticket("three_contacts_one_phone")
			w.subscribed() // else that walk meets the trouble
			w.expireAccess()
			w.Fault(c.fault)
			panels := []string{w.Panel(w.Replicas[0], unknown, nil), w.Panel(w.Replicas[1], unknown, nil)}
			for i := range 6 {
				page := w.ask("the contacts", "GET", panels[i%2]+"/people?wait=1&fresh=1", nil, false)
				if !strings.Contains(page, said) || strings.Contains(page, `data-view="login"`) {
					t.Fatalf("not said %q:\n%s", said, page)
				}
			}
			if state := w.signIn(panels[0]); state != "connected" {
				t.Errorf("the login is %s", state)
			}
			o := w.fire(w.Replicas[0], w.SeedRule(unknown, nil))
			if out, well := w.doctor(); well || !strings.Contains(out, "without saying that it has ended") {
				t.Errorf("the doctor does not tell:\n%s", out)
			}
			if out, _ := w.command(nil, "tenants", "show"); !strings.Contains(out, `"grant_refused"`) {
				t.Errorf("the tenant's state does not tell:\n%s", out)
			}
			c.end(w)
			w.finished(w.Replicas[0], o.ID)
			page := w.ask("the contacts afterwards", "GET", panels[1]+"/people?wait=1&fresh=1", nil, false)
			if !strings.Contains(page, "/contacts/detail/") || w.signIn(panels[1]) != "connected" {
				t.Errorf("afterwards:\n%s", page)
			}
			if s := w.Stats(); s.Refresh != c.refreshes || s.Reused != 0 {
				t.Errorf("%d refreshes, %d refresh tokens used twice; want %d and none", s.Refresh, s.Reused, c.refreshes)
			}
		})
	}
}
