package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
)

const (
	firings      = 1000
	naiveFirings = 100
)

// BenchmarkRulesLinked is 1,000 firings at once for 1,000 clients who are linked to their contacts.
func BenchmarkRulesLinked(b *testing.B) {
	for range b.N {
		w := rig.Connected(b, 1, "SIDECARD_LOG_LEVEL=warn")
		tickets, clients := w.Fill(firings)
		link(w, clients, contacts(w, firings))
		warm(w)
		drain(b, w, "rules_linked", tickets)
	}
}

// BenchmarkRulesUnknown is the same for clients with a phone and an e-mail whom none of the account's 20,000 contacts has. Beside it
// a straightforward client works on the sandbox's other account.
func BenchmarkRulesUnknown(b *testing.B) {
	for range b.N {
		w := rig.Connected(b, 1, "SIDECARD_LOG_LEVEL=warn")
		stock(b, w)
		tickets, _ := w.Fill(firings)
		warm(w)
		var beside sync.WaitGroup
		beside.Go(func() { naive(b, w) })
		drain(b, w, "rules_unknown", tickets)
		beside.Wait()
	}
}

// contacts makes contacts in the local amoCRM.
func contacts(w *rig.World, n int) (ids []int64) {
	indexed(w) // the login's own calls are over
	c := newCRM(w, 0)
	for start := 0; start < n; start += 50 {
		var in []any
		for i := start; i < min(start+50, n); i++ {
			in = append(in, map[string]any{"name": fmt.Sprint("Contact ", i)})
		}
		for _, x := range embedded(c.call("POST", "/contacts", in), "contacts") {
			ids = append(ids, id(x))
		}
	}
	return ids
}

// link ties clients to contacts where the service keeps it: a thousand clicks would take the bench an hour.
func link(w *rig.World, clients, contacts []int64) {
	ctx := w.T.Context()
	opt, err := redis.ParseURL(w.Redis)
	if err != nil {
		w.T.Fatal(err)
	}
	rdb := redis.NewClient(opt)
	defer rdb.Close()
	// One link is made as an agent does, to see where it is kept.
	panel := w.Panel(w.Replicas[0], w.Ticket("three_contacts_one_phone"), nil)
	res, err := http.PostForm(panel+"/link", url.Values{"contact": {fmt.Sprint(contacts[0])}})
	if err != nil {
		w.T.Fatal(err)
	}
	res.Body.Close()
	keys, err := rdb.Keys(ctx, "*links*").Result()
	if err != nil || len(keys) != 1 {
		w.T.Fatalf("links are kept in %v (%v)", keys, err)
	}
	pairs := map[string]any{}
	for i, c := range clients {
		pairs[fmt.Sprint(c)] = contacts[i]
	}
	if err := rdb.HSet(ctx, keys[0], pairs).Err(); err != nil {
		w.T.Fatal(err)
	}
}

// warm has the account's vocabulary read, its index built and the login's own calls done.
func warm(w *rig.World) {
	indexed(w)
	w.Post(w.Replicas[0]+"/api/freeCreateLead", w.SeedRule(w.Ticket("known_one_deal"), nil), "Prefer", "wait=20")
	<-time.After(3 * time.Second)
}

// drain sends one firing for each ticket, 50 at a time, and waits for all deals.
func drain(b *testing.B, w *rig.World, name string, tickets []int64) {
	if status, body := w.Post(w.Amo+"/_sandbox/stats/reset", map[string]any{}); status >= 300 {
		b.Fatalf("reset: %d %s", status, body)
	}
	took := make([]time.Duration, len(tickets))
	slots := make(chan struct{}, 50)
	var wg sync.WaitGroup
	start := time.Now()
	for i, ticket := range tickets {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			sent := time.Now()
			if status, body := w.Post(w.Replicas[0]+"/api/freeCreateLead", w.SeedRule(ticket, nil)); status != http.StatusAccepted {
				b.Errorf("firing %d: %d %s", i, status, body)
			}
			took[i] = time.Since(sent)
		})
	}
	wg.Wait()
	account := w.Info.Accounts[0].Host
	var s accountStats
	rig.Eventually(b, 8*time.Minute, "all firings are deals with their notes", func() bool {
		s = statsOf(w, account)
		return s.Leads == len(tickets) && s.Notes == len(tickets)
	})
	figure(name+"_drain_s", time.Since(start).Seconds(), "s")
	figure(name+"_calls_per_lead", float64(s.Total)/float64(len(tickets)), "calls")
	figure(name+"_max_per_sliding_second", float64(s.Max), "requests")
	slices.Sort(took)
	figure(name+"_accept_p50_ms", float64(took[len(took)/2].Microseconds())/1000, "ms")
	figure(name+"_accept_p99_ms", percentile(took), "ms")
}

// naive is what a straightforward client does: search by phone, search by e-mail, contact, deal, note, one after the
// other, a little slower than the seven requests a second that amoCRM allows.
func naive(b *testing.B, w *rig.World) {
	c := newCRM(w, 1)
	start := time.Now()
	for i := range naiveFirings {
		phone, mail := fmt.Sprintf("+7998%07d", i), fmt.Sprintf("naive%d@example.com", i)
		c.call("GET", "/contacts?query="+url.QueryEscape(phone), nil)
		c.call("GET", "/contacts?query="+url.QueryEscape(mail), nil)
		contact := embedded(c.call("POST", "/contacts", []any{map[string]any{"name": "Client", "custom_fields_values": []any{
			map[string]any{"field_code": "PHONE", "values": []any{map[string]any{"value": phone}}},
			map[string]any{"field_code": "EMAIL", "values": []any{map[string]any{"value": mail}}}}}}), "contacts")[0]
		lead := embedded(c.call("POST", "/leads", []any{map[string]any{"name": "gg", "price": 1,
			"_embedded": map[string]any{"contacts": []any{map[string]any{"id": id(contact)}}}}}), "leads")[0]
		c.call("POST", fmt.Sprintf("/leads/%d/notes", id(lead)), []any{map[string]any{"note_type": "common", "params": map[string]any{"text": "4444"}}})
	}
	figure("naive_drain_s", time.Since(start).Seconds(), fmt.Sprintf("s_for_%d", naiveFirings))
	figure("naive_calls_per_lead", float64(c.calls)/naiveFirings, "calls")
}

// crm talks to an account of the local amoCRM as a script would.
type crm struct {
	w     *rig.World
	base  string
	token string
	calls int
	last  time.Time
}

func newCRM(w *rig.World, account int) *crm {
	var grant struct {
		Token string `json:"access_token"`
	}
	status, body := w.Post(w.Amo+"/_sandbox/grant", map[string]any{"account": w.Info.Accounts[account].ID})
	if err := json.Unmarshal(body, &grant); err != nil || grant.Token == "" {
		w.T.Fatalf("grant: %d %v %s", status, err, body)
	}
	return &crm{w: w, base: w.Info.Accounts[account].BaseURL, token: grant.Token}
}

func (c *crm) call(method, path string, in any) map[string]any {
	if wait := time.Until(c.last.Add(time.Second * 2 / 13)); wait > 0 {
		<-time.After(wait)
	}
	c.last = time.Now()
	c.calls++
	raw, err := json.Marshal(in)
	if err != nil {
		c.w.T.Fatal(err)
	}
	req, err := http.NewRequest(method, c.base+"/api/v4"+path, bytes.NewReader(raw))
	if err != nil {
		c.w.T.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.w.T.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if res.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		c.w.T.Fatalf("%s %s: %d %v %v", method, path, res.StatusCode, err, out)
	}
	return out
}

func embedded(answer map[string]any, name string) []any {
	e, _ := answer["_embedded"].(map[string]any)
	list, _ := e[name].([]any)
	return list
}

func id(x any) int64 {
	m, _ := x.(map[string]any)
	n, _ := m["id"].(float64)
	return int64(n)
}

// accountStats are the counters of one account of the local amoCRM.
type accountStats struct {
	Total int `json:"total_requests"`
	Max   int `json:"max_in_sliding_second"`
	Leads int `json:"leads_created"`
	Notes int `json:"notes_created"`
}

func statsOf(w *rig.World, host string) accountStats {
	var s struct {
		Accounts map[string]accountStats `json:"accounts"`
	}
	w.GetJSON(w.Amo+"/_sandbox/stats", &s)
	return s.Accounts[host]
}
