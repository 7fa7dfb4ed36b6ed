package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
)

// earlier makes what waits for its next try due by so many milliseconds earlier. The lease of a claim is left alone: its
// worker is alive.
var earlier = redis.NewScript(`
for _, id in ipairs(redis.call('ZRANGE', KEYS[1] .. ':due', 0, -1)) do
  if redis.call('HGET', KEYS[1] .. ':e:' .. id, 'state') == 'accepted' then redis.call('ZINCRBY', KEYS[1] .. ':due', -ARGV[1], id) end
end
return 0`)

// pass lets time go by for all waiting firings.
func (w *suite) pass(admin *redis.Client, d time.Duration) {
	w.T.Helper()
	ctx := w.T.Context()
	hints, err := admin.ZRange(ctx, "sc:fire:due", 0, -1).Result()
	if err != nil {
		w.T.Fatal(err)
	}
	for _, tenant := range hints {
		if err := earlier.Run(ctx, admin, []string{"sc:{" + tenant + "}:fire"}, d.Milliseconds()).Err(); err != nil {
			w.T.Fatal(err)
		}
		if err := admin.ZIncrBy(ctx, "sc:fire:due", -float64(d.Microseconds()), tenant).Err(); err != nil {
			w.T.Fatal(err)
		}
	}
}

// Whatever ailed amoCRM or the helpdesk: when it is over, every firing of that time is sent, once, in the order of its
// ticket, without anybody's help.
func TestSlow_afterwardsEveryFiringIsSentOnceInOrder(t *testing.T) {
	t.Parallel()
	const tickets, each = 2, 3
	w := connect(t, 2)
	admin := rig.Admin(t, w.RedisAddr())
	desk := func(fault map[string]any) {
		t.Helper()
		if status, body := w.Post(w.Desk+"/_sandbox/faults", fault); status >= http.StatusMultipleChoices {
			t.Fatalf("fault: %d %s", status, body)
		}
	}
	over := func() { w.Fault(map[string]any{}) }
	made, _ := w.Fill(4 * tickets)
	before := w.Stats()
	asked := 0
	type row struct {
		name       string
		begin, end func()
		feels      func(o outcome) bool
		longest    time.Duration // that the first wait may be
		goesOn     bool          // in calls that hang, while the next one begins
		ids        [tickets][]string
	}
	waits := func(why string) func(outcome) bool {
		return func(o outcome) bool { return o.State == "accepted" && o.Why == why }
	}
	var open []row
	for n, c := range []row{
		{name: "amoCRM is not paid", begin: func() { w.Fault(map[string]any{"tariff_ended": "all"}) }, end: over,
			feels: waits("amoCRM takes no writes: the account's tariff has ended"), longest: 80 * time.Second},
		{name: "amoCRM has blocked access with a page", begin: func() { w.Fault(map[string]any{"html_403": true}) }, end: over,
			feels: waits("amoCRM has blocked the account's API: ask its support"), longest: 80 * time.Second},
		{name: "amoCRM takes 30 seconds", begin: func() { w.Fault(map[string]any{"latency_ms": 30000}) }, end: over,
			feels: func(o outcome) bool { return o.State == "working" && w.Stats().Total > asked }, goesOn: true},
		{name: "Usedesk is silent", begin: func() { desk(map[string]any{"latency_ms": 30000}) }, end: func() { desk(map[string]any{}) },
			feels: func(o outcome) bool { return o.State == "working" }},
	} {
		asked = w.Stats().Total
		c.begin()
		for i := range each {
			for k := range tickets {
				o := w.fire(w.Replicas[(i+k)%2], w.SeedRule(made[n*tickets+k], map[string]any{"comment": fmt.Sprint("firing ", i)}))
				c.ids[k] = append(c.ids[k], o.ID)
			}
		}
		rig.Eventually(t, limit, c.name+": a firing feels it", func() bool {
			var o outcome
			w.GetJSON(w.Replicas[0]+"/api/triggers/"+c.ids[0][0]+"?amoClientId="+w.Info.Integrations[0].ID, &o)
			if o.State == "done" || o.State == "failed" {
				t.Fatalf("%s: a firing is %s (%s)", c.name, o.State, o.Why)
			}
			return c.feels(o)
		})
		c.end()
		w.pass(admin, c.longest)
		if open = append(open, c); c.goesOn {
			continue
		}
		for _, c := range open {
			for _, ids := range c.ids {
				w.sentInOrder(c.name, ids)
			}
		}
		open = nil
	}
	w.created(before, 4*tickets*each, 4*tickets, 4*tickets*each)
}

// sentInOrder waits for a ticket's firings, each with its number as the comment.
func (w *suite) sentInOrder(when string, ids []string) {
	w.T.Helper()
	last := int64(0)
	for i, id := range ids {
		o := w.finished(w.Replicas[0], id)
		if o.LeadID <= last {
			w.T.Errorf("%s: firing %d of its ticket is deal %d, the one before it is %d", when, i, o.LeadID, last)
		}
		last = o.LeadID
		var notes struct {
			Embedded struct {
				Notes []struct {
					Params struct {
						Text string `json:"text"`
					} `json:"params"`
				} `json:"notes"`
			} `json:"_embedded"`
		}
		w.crm("/api/v4/leads/"+strconv.FormatInt(o.LeadID, 10)+"/notes", &notes)
		if all := notes.Embedded.Notes; len(all) != 1 || all[0].Params.Text != fmt.Sprint("firing ", i) {
			w.T.Errorf("%s: deal %d of firing %d has the notes %v", when, o.LeadID, i, all)
		}
	}
}
