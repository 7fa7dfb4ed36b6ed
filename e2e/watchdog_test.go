package e2e

import (
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// badToDisable is how many deliveries in two hours may go wrong before amoCRM turns a subscription off (amocrm.md §7.2).
const badToDisable = 100

// hookStats is what amoCRM counts of its hooks; asking for it costs nothing of its limits.
type hookStats struct {
	Sent     int                       `json:"hooks_sent"`
	Bad      int                       `json:"hooks_failed"`
	Requests map[string]map[string]int `json:"requests"`
}

func (w *suite) hookStats() (s hookStats) {
	w.T.Helper()
	w.GetJSON(w.Amo+"/_sandbox/stats", &s)
	return s
}

func (s hookStats) subscriptions() int { return s.Requests["POST /api/v4/webhooks"]["201"] }

// An outage of ours makes amoCRM turn the hook off, and nobody but the watchdog turns it on again.
func TestFresh_hookThatAnOutageHasDisabledIsEnabledAgain(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	to := w.subscribed()
	deal := w.openDeal(w.Ticket("known_one_deal"))
	one, _ := w.otherStage(deal)
	before := w.hookStats() // the outage may reach the delivery of this move too, and it counts
	w.move(deal, one)
	two, _ := w.otherStage(deal)

	w.Processes[0].Kill()
	for i := range badToDisable + 1 {
		w.move(deal, []string{two, one}[i%2])
	}
	rig.Eventually(t, limit, "every delivery has failed", func() bool { return w.hookStats().Bad-before.Bad > badToDisable })
	if _, disabled := w.hookOf(); !disabled {
		t.Fatal("amoCRM has not turned the hook off")
	}
	if out, well := w.doctor(); well || !strings.Contains(out, "amoCRM has turned it off") || !strings.Contains(out, "can't be reached") {
		t.Errorf("the doctor does not name the hook and the outage:\n%s", out)
	}

	w.Serve(w.Replicas[0])
	rig.Eventually(t, limit, "the watchdog subscribes", func() bool { return w.hookStats().subscriptions() > before.subscriptions() })
	if now, disabled := w.hookOf(); now != to || disabled {
		t.Errorf("the hook is at %q, disabled: %v; want it on at %q", now, disabled, to)
	}
	before = w.hookStats()
	w.move(deal, []string{two, one}[(badToDisable+1)%2])
	rig.Eventually(t, limit, "amoCRM tells of changes again", func() bool { return w.hookStats().Sent > before.Sent })
	if now := w.hookStats(); now.Bad > before.Bad {
		t.Errorf("%d deliveries went wrong after the hook was on again", now.Bad-before.Bad)
	}
}
