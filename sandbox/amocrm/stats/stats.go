// Package stats counts what the local amoCRM was asked and what became of it, by account, integration and route, with the
// largest number of requests that a sliding second held.
package stats

import (
	"maps"
	"sync"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Counters is what was counted, of one account or of all.
type Counters struct {
	Requests  map[string]map[string]int `json:"requests"` // "GET /api/v4/contacts" -> status, or "dropped" -> times
	Total     int                       `json:"total_requests"`
	Max       int                       `json:"max_in_sliding_second"` // API requests of one account, refused ones too
	Refreshes int                       `json:"refreshes"`
	Reused    int                       `json:"reused_refresh_tokens"`
	Contacts  int                       `json:"contacts_created"`
	Companies int                       `json:"companies_created"`
	Leads     int                       `json:"leads_created"`
	Notes     int                       `json:"notes_created"`
	Tasks     int                       `json:"tasks_created"`
	Limited   int                       `json:"rate_limited"`
	HooksSent int                       `json:"hooks_sent"`
	HooksBad  int                       `json:"hooks_failed"`
	HooksLost int                       `json:"hooks_dropped"` // the queue was full
}

// accountCounters adds the windows that the maxima come from.
type accountCounters struct {
	Counters
	Integrations map[string]*integrationCounters `json:"integrations"`
	window       Window
}

// integrationCounters is the share of one integration; "" is a request without a usable token.
type integrationCounters struct {
	Total  int `json:"total_requests"`
	Max    int `json:"max_in_sliding_second"`
	window Window
}

// Stats counts requests and what they made. The control routes, the web pages and the seed are not counted; OAuth
// requests are, but they take no part in the sliding second, as amoCRM's limit is one of the API.
type Stats struct {
	mu       sync.Mutex
	all      Counters
	accounts map[string]*accountCounters // by host
}

// Window holds the arrivals of the last second. Its memory is bounded by what can arrive within one.
type Window struct{ at []time.Time }

// windowCap bounds a window whose clock stands still.
const windowCap = 1 << 16

// Count forgets what is a second old or older and says how many are left.
func (v *Window) Count(now time.Time) int {
	old := 0
	for old < len(v.at) && now.Sub(v.at[old]) >= time.Second {
		old++
	}
	v.at = v.at[old:]
	return len(v.at)
}

// Add counts the arrival at now and says how many the second that ends with it holds.
func (v *Window) Add(now time.Time) int {
	n := v.Count(now)
	if n < windowCap {
		v.at = append(v.at, now)
		n++
	}
	return n
}

// account finds or makes the counters of a host. The caller holds the lock.
func (t *Stats) account(host string) *accountCounters {
	a := t.accounts[host]
	if a == nil {
		a = &accountCounters{Integrations: map[string]*integrationCounters{}}
		if t.accounts == nil {
			t.accounts = map[string]*accountCounters{}
		}
		t.accounts[host] = a
	}
	return a
}

// Arrived counts an API request at the moment of its arrival. It reads the clock under the lock, so that the windows
// are in order.
func (t *Stats) Arrived(host, clientID string, clock func() time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := clock()
	a := t.account(host)
	a.Max = max(a.Max, a.window.Add(now))
	t.all.Max = max(t.all.Max, a.Max)
	in := a.Integrations[clientID]
	if in == nil {
		in = &integrationCounters{}
		a.Integrations[clientID] = in
	}
	in.Total++
	in.Max = max(in.Max, in.window.Add(now))
}

// Answered counts a request by its outcome: the status, or "dropped" for a connection that was cut.
func (t *Stats) Answered(host, route, outcome string) {
	t.Bump(host, func(c *Counters) {
		c.Total++
		if c.Requests == nil {
			c.Requests = map[string]map[string]int{}
		}
		if c.Requests[route] == nil {
			c.Requests[route] = map[string]int{}
		}
		c.Requests[route][outcome]++
	})
}

// Bump changes the counters of an account and of all in the same way.
func (t *Stats) Bump(host string, f func(c *Counters)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.all)
	f(&t.account(host).Counters)
}

// Made counts what an API request created.
func (t *Stats) Made(host string, c world.Change) {
	t.Bump(host, func(n *Counters) {
		switch {
		case c.Action == "note":
			n.Notes++
		case c.Action != "add":
		case c.Entity == "contacts":
			n.Contacts++
		case c.Entity == "companies":
			n.Companies++
		case c.Entity == "leads":
			n.Leads++
		case c.Entity == "tasks":
			n.Tasks++
		}
	})
}

// Reset starts from nothing.
func (t *Stats) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all, t.accounts = Counters{}, nil
}

// statsView is the answer of GET /_sandbox/stats.
type statsView struct {
	Counters
	MaxPerSecond map[string]int              `json:"max_per_second"` // by host
	Accounts     map[string]*accountCounters `json:"accounts"`       // by host
}

// View copies the counters; every host is there, used or not.
func (t *Stats) View(hosts []string) statsView {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := statsView{Counters: t.all.copied(), MaxPerSecond: map[string]int{}, Accounts: map[string]*accountCounters{}}
	for _, h := range hosts {
		a := t.account(h)
		c := &accountCounters{Counters: a.copied(), Integrations: map[string]*integrationCounters{}}
		for id, in := range a.Integrations {
			c.Integrations[id] = &integrationCounters{Total: in.Total, Max: in.Max}
		}
		v.Accounts[h], v.MaxPerSecond[h] = c, a.Max
	}
	return v
}

func (c Counters) copied() Counters {
	requests := make(map[string]map[string]int, len(c.Requests))
	for route, byStatus := range c.Requests {
		requests[route] = maps.Clone(byStatus)
	}
	c.Requests = requests
	return c
}
