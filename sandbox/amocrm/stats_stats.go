package amocrm

import (
	"maps"
	"sync"
	"time"
)

// counters is what was counted, of one account or of all.
type counters struct {
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
	counters
	Integrations map[string]*integrationCounters `json:"integrations"`
	window       window
}

// integrationCounters is the share of one integration; "" is a request without a usable token.
type integrationCounters struct {
	Total  int `json:"total_requests"`
	Max    int `json:"max_in_sliding_second"`
	window window
}

// stats counts requests and what they made. The control routes, the web pages and the seed are not counted; OAuth
// requests are, but they take no part in the sliding second, as amoCRM's limit is one of the API.
type stats struct {
	mu       sync.Mutex
	all      counters
	accounts map[string]*accountCounters // by host
}

// window holds the arrivals of the last second. Its memory is bounded by what can arrive within one.
type window struct{ at []time.Time }

// windowCap bounds a window whose clock stands still.
const windowCap = 1 << 16

// count forgets what is a second old or older and says how many are left.
func (v *window) count(now time.Time) int {
	old := 0
	for old < len(v.at) && now.Sub(v.at[old]) >= time.Second {
		old++
	}
	v.at = v.at[old:]
	return len(v.at)
}

// add counts the arrival at now and says how many the second that ends with it holds.
func (v *window) add(now time.Time) int {
	n := v.count(now)
	if n < windowCap {
		v.at = append(v.at, now)
		n++
	}
	return n
}

// account finds or makes the counters of a host. The caller holds the lock.
func (t *stats) account(host string) *accountCounters {
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

// arrived counts an API request at the moment of its arrival. It reads the clock under the lock, so that the windows
// are in order.
func (t *stats) arrived(host, clientID string, clock func() time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := clock()
	a := t.account(host)
	a.Max = max(a.Max, a.window.add(now))
	t.all.Max = max(t.all.Max, a.Max)
	in := a.Integrations[clientID]
	if in == nil {
		in = &integrationCounters{}
		a.Integrations[clientID] = in
	}
	in.Total++
	in.Max = max(in.Max, in.window.add(now))
}

// answered counts a request by its outcome: the status, or "dropped" for a connection that was cut.
func (t *stats) answered(host, route, outcome string) {
	t.bump(host, func(c *counters) {
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

// bump changes the counters of an account and of all in the same way.
func (t *stats) bump(host string, f func(c *counters)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.all)
	f(&t.account(host).counters)
}

// made counts what an API request created.
func (t *stats) made(host string, c change) {
	t.bump(host, func(n *counters) {
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

// reset starts from nothing.
func (t *stats) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all, t.accounts = counters{}, nil
}

// statsView is the answer of GET /_sandbox/stats.
type statsView struct {
	counters
	MaxPerSecond map[string]int              `json:"max_per_second"` // by host
	Accounts     map[string]*accountCounters `json:"accounts"`       // by host
}

// view copies the counters; every host is there, used or not.
func (t *stats) view(hosts []string) statsView {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := statsView{counters: t.all.copied(), MaxPerSecond: map[string]int{}, Accounts: map[string]*accountCounters{}}
	for _, h := range hosts {
		a := t.account(h)
		c := &accountCounters{counters: a.copied(), Integrations: map[string]*integrationCounters{}}
		for id, in := range a.Integrations {
			c.Integrations[id] = &integrationCounters{Total: in.Total, Max: in.Max}
		}
		v.Accounts[h], v.MaxPerSecond[h] = c, a.Max
	}
	return v
}

func (c counters) copied() counters {
	requests := make(map[string]map[string]int, len(c.Requests))
	for route, byStatus := range c.Requests {
		requests[route] = maps.Clone(byStatus)
	}
	c.Requests = requests
	return c
}
