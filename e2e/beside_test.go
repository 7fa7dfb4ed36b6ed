package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// oldProgram is what `make upgrade` has built from an earlier commit.
var oldProgram = flag.String("old", "", "path of an earlier version's program")

// An earlier version and this one work on one Redis: whichever takes a rule, it becomes one lead; a card opened at the one goes
// on at the other; and what the earlier one leaves undone when it is killed, this one does.
func TestUpgrade_earlierVersionAndThisOneOnOneRedis(t *testing.T) {
	if *oldProgram == "" {
		t.Skip("needs the program of an earlier version: make upgrade FROM=<commit>")
	}
	t.Parallel()
	w := connect(t, 1)
	here, there := w.Replicas[0], "http://"+rig.FreeAddr(t)
	old := w.ServeBy(*oldProgram, there)
	rig.Eventually(t, limit, "the earlier version is ready", func() bool { return rig.Answers(there + "/readyz") })

	ticket := w.Ticket("known_one_deal")
	for _, way := range [][2]string{{here, there}, {there, here}} {
		panel := w.Panel(way[0], ticket, nil)
		at := way[1] + strings.TrimPrefix(panel, here)
		if status, page := w.Get(http.DefaultClient, at+"/people?wait=1"); status != http.StatusOK || !strings.Contains(page, `data-view="people"`) {
			t.Errorf("a card opened at %s shows at %s: %d\n%s", way[0], way[1], status, page)
		}
	}

	before := w.Stats()
	ids := map[string]string{}
	rule := func(base string, n int) {
		o := w.fire(base, w.SeedRule(ticket, map[string]any{"comment": fmt.Sprintf("rule %d", n)}))
		ids[o.ID] = base
	}
	const each = 6 // below what counts as a loop
	for n := range each {
		rule(here, n)
		rule(there, each+n)
	}
	for id := range ids {
		if o := w.finished(here, id); o.LeadID == 0 {
			t.Errorf("a firing taken by %s: %+v", ids[id], o)
		}
	}
	w.created(before, 2*each, 0, 2*each)

	w.Fault(map[string]any{"status": 503, "routes": "/api/v4/leads"})
	clear(ids)
	for n := range each {
		rule(there, 2*each+n)
	}
	old.Kill()
	w.Fault(map[string]any{})
	for id := range ids {
		w.finished(here, id)
	}
	w.created(before, 3*each, 0, 3*each)
}
