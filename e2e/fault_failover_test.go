package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
	"github.com/sidecard/sidecard/internal/ledger"
)

// A master that dies while a deal is being made is replaced by its replica, which ours follow without a restart: that deal is
// not made twice, what was accepted before is done, what comes later is taken, the login is there.
func TestFault_redisFailsOverWhileADealIsBeingMade(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *rig.Failover{
		"Sentinel": func(t *testing.T) *rig.Failover { return rig.Sentinel(t) },
		"cluster":  func(t *testing.T) *rig.Failover { return rig.Cluster(t, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := start(t)
			w := connect(t, 1, "REDIS_URL="+redis.URL)
			base, ticket := w.Replicas[0], w.Ticket("known_one_deal")
			made, _ := w.Fill(3)
			request, panel := w.BlockRequest(ticket, nil), w.Panel(base, ticket, nil)
			w.Fault(map[string]any{"latency_ms": 5000, "routes": []string{"/api/v4/leads/complex"}, "times": 1})
			first := w.fire(base, w.SeedRule(made[0], nil))
			rig.Eventually(t, limit, "the deal is being sent", func() bool {
				var e struct {
					Timeline []ledger.Line `json:"timeline"`
				}
				w.GetJSON(first.StatusURL, &e)
				return strings.HasPrefix(string(e.Timeline[len(e.Timeline)-1].Text), "sending the deal")
			})
			w.fire(base, w.SeedRule(made[1], nil)) // it waits over the failover
			redis.KillMaster(t, "*:fire:*")
			if s := w.Stats(); s.Leads > 0 {
				t.Fatal("the deal was made before the master died")
			}
			if status := w.offer(base, w.SeedRule(made[2], nil), 2*patience); status != http.StatusServiceUnavailable && status != http.StatusAccepted {
				t.Errorf("during the failover a rule got %d", status)
			}
			w.stands(base, request)
			rig.Eventually(t, limit, "a rule is taken again", func() bool {
				return w.offer(base, w.SeedRule(made[2], nil), 2*patience) == http.StatusAccepted
			})
			turnsReady(t, base)
			w.settles(3*limit, 3, 3, 3) // locks that nobody has released end by themselves
			rig.Eventually(t, limit, "the login is there, once the card's pause after trouble is over", func() bool {
				return strings.Contains(w.ask("the contacts", "GET", panel+"/people?wait=1", nil, false), "/contacts/detail/")
			})
		})
	}
}
