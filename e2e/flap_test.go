package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// cardReads counts how often amoCRM was asked for what only an opened deal needs.
func (w *suite) cardReads() int {
	w.T.Helper()
	var s struct {
		Requests map[string]map[string]int `json:"requests"`
	}
	w.GetJSON(w.Amo+"/_sandbox/stats", &s)
	n := 0
	for _, route := range []string{"GET /api/v4/leads/{id}", "GET /api/v4/tasks"} {
		for _, times := range s.Requests[route] {
			n += times
		}
	}
	return n
}

// amoCRM fails and comes back in turns. An agent who goes on opening a deal sees it each time, with its age, within three
// seconds; after five failures amoCRM is asked hardly anything for a while, whether it is back or not; then the card is fresh
// without anybody's help. Rules that fire in between are accepted, and each becomes one deal, also where amoCRM made
// the deal and the connection broke before it said so.
func TestSlow_amoCRMFlaps(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	base, known := w.Replicas[0], w.Ticket("known_one_deal")
	deal := w.openDeal(known)
	before := w.Stats()
	made, _ := w.Fill(8)
	panel := w.Panel(base, known, nil)
	const age = "amoCRM is not answering; these data were read"
	fresh := func() bool { // reads all anew and says whether it could
		people := w.ask("the contacts", "GET", panel+"/people?wait=1&fresh=1", nil, false)
		card := w.ask("the card", "GET", fmt.Sprintf("%s/deals/%d?wait=1", panel, deal), nil, false)
		if !strings.Contains(people, "/contacts/detail/") || !strings.Contains(card, `data-view="deal"`) {
			t.Fatalf("what was known is gone:\n%s\n%s", people, card)
		}
		return !strings.Contains(people, age) && !strings.Contains(card, age)
	}
	if !fresh() {
		t.Fatal("the card is old before any trouble")
	}
	fired := 0
	fire := func() {
		if status := w.offer(base, w.SeedRule(made[fired], nil), patience); status != http.StatusAccepted {
			t.Errorf("firing %d got %d", fired, status)
		}
		fired++
	}
	for _, trouble := range []map[string]any{{"status": 502}, {"drop_after_commit": true}} {
		w.Fault(trouble)
		fire()
		tripped, reads := time.Now(), -1
		for n := w.cardReads(); n != reads; n = w.cardReads() { // until an ask reaches nobody
			if reads = n; fresh() {
				t.Errorf("%v: old data are shown without their age", trouble)
			}
		}
		const asks = 24
		for i := range asks {
			switch i % 8 {
			case 3:
				w.Fault(map[string]any{})
			case 7:
				w.Fault(trouble)
				fire()
			}
			fresh()
		}
		// Whoever asks first after the rest is let through; a slow machine may see several rests. If amoCRM is back just then,
		// four asks read two things each until it fails again, five times.
		rests := 1 + int(time.Since(tripped)/(15*time.Second))
		if n := w.cardReads() - reads; n > (4*2+5)*(rests-1) {
			t.Errorf("%v: %d reads reached amoCRM by %d asks within %d rests", trouble, n, asks, rests)
		}
		w.Fault(map[string]any{})
		if trouble["status"] != nil { // once is enough: it takes a rest
			rig.Eventually(t, time.Minute, "the card is fresh again", fresh)
		}
	}
	w.settles(2*time.Minute, before.Leads+fired, before.Contacts+fired, before.Notes+fired)
}
