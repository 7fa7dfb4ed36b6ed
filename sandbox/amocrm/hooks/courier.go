// Package hooks tells other people's servers of changes, as amoCRM's webhooks do: the old form bodies, two seconds to
// answer, repeated after 5 minutes to an hour, switched off after a hundred bad answers within two hours.
//
// It refuses to know what changes mean; it is called under the write lock and sends later.
package hooks

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/stats"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// Facts of the delivery (amocrm.md §7.2).
const (
	hookTimeout   = 2 * time.Second
	badWindow     = 2 * time.Hour
	badToDisable  = 100 // more bad answers than this within the window disable the hook
	queueCap      = 10_000
	hooksInFlight = 4
)

// retryAfter is how long after attempt n the next one comes. Attempts from the fourth on are for 499 and 5xx only.
var retryAfter = []time.Duration{5 * time.Minute, 15 * time.Minute, 15 * time.Minute, time.Hour}

// Delivery is one request to somebody's server.
type Delivery struct {
	Epoch   int64
	Host    string // of the account, for the counters
	account int64
	hook    int64 // 0 is not a webhook: one attempt, nobody counts
	Method  string
	URL     string
	body    string
	Attempt int // from 1
	due     time.Time
}

// Courier carries webhooks and disconnect hooks. Deliveries run a few at a time and in no promised order, as
// amoCRM's do. What waits is lost when it is closed.
type Courier struct {
	state *kit.State[world.World]
	now   func() time.Time
	stats *stats.Stats
	scale float64 // shortens the retry table

	mu      sync.Mutex
	waiting []Delivery
	wake    chan struct{} // capacity 1
	slots   chan struct{}
	ctx     context.Context
	cancel  context.CancelFunc
	Client  *http.Client
	done    sync.WaitGroup
}

// Send takes a delivery, which is lost when too many wait already.
func (c *Courier) Send(d Delivery) {
	c.mu.Lock()
	full := len(c.waiting) >= queueCap
	if !full {
		c.waiting = append(c.waiting, d)
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
	if full {
		c.stats.Bump(d.Host, func(n *stats.Counters) { n.HooksLost++ })
	}
}

// next takes a delivery that is due. If there is none it says how long to wait, unless woken.
func (c *Courier) next(now time.Time) (d Delivery, ok bool, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := -1
	for i := range c.waiting {
		if first < 0 || c.waiting[i].due.Before(c.waiting[first].due) {
			first = i
		}
	}
	if first < 0 {
		return Delivery{}, false, time.Hour
	}
	if wait = c.waiting[first].due.Sub(now); wait > 0 {
		return Delivery{}, false, wait
	}
	d = c.waiting[first]
	c.waiting = slices.Delete(c.waiting, first, first+1)
	return d, true, 0
}

// Forget drops everything that waits.
func (c *Courier) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = nil
}

// Pending is how many deliveries wait.
func (c *Courier) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

// NewCourier runs the deliveries until close.
func NewCourier(state *kit.State[world.World], now func() time.Time, counts *stats.Stats, scale float64) *Courier {
	c := &Courier{state: state, now: now, stats: counts, scale: scale,
		wake: make(chan struct{}, 1), slots: make(chan struct{}, hooksInFlight)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.Client = &http.Client{
		Timeout:       hookTimeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: hooksInFlight, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // 3xx is a bad answer
	}
	c.done.Go(c.run)
	return c
}

// Close aborts what is on its way and waits for it no longer than the context allows.
func (c *Courier) Close(ctx context.Context) error {
	c.cancel()
	c.Client.CloseIdleConnections()
	return kit.Await(ctx, &c.done)
}

func (c *Courier) run() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case c.slots <- struct{}{}:
		}
		d, ok := c.waitDue()
		if !ok {
			return
		}
		c.done.Go(func() {
			defer func() { <-c.slots }()
			c.deliver(d)
		})
	}
}

// waitDue blocks until a delivery is due; false when the courier is closed.
func (c *Courier) waitDue() (Delivery, bool) {
	for {
		d, ok, wait := c.next(time.Now())
		if ok {
			return d, true
		}
		select {
		case <-c.ctx.Done():
			return Delivery{}, false
		case <-c.wake:
		case <-time.After(wait):
		}
	}
}

// deliver makes one attempt and plans the next.
func (c *Courier) deliver(d Delivery) {
	if d.hook != 0 && !c.hookLives(d) {
		return
	}
	code := c.attempt(d)
	if c.ctx.Err() != nil {
		return
	}
	good := code >= 100 && code <= 299
	disabled := !good && d.hook != 0 && c.failed(d) // before it is counted: who sees the number finds the hook off
	c.stats.Bump(d.Host, func(n *stats.Counters) {
		n.HooksSent++
		if !good {
			n.HooksBad++
		}
	})
	if good || d.hook == 0 || disabled {
		return
	}
	wait, again := nextAttempt(d.Attempt, code)
	if !again {
		return
	}
	d.Attempt++
	d.due = time.Now().Add(time.Duration(float64(wait) * c.scale))
	c.Send(d)
}

// nextAttempt applies the retry table; code 0 is no answer within the limit.
func nextAttempt(attempt, code int) (time.Duration, bool) {
	if attempt > len(retryAfter) || attempt >= 3 && code != 499 && (code < 500 || code > 599) {
		return 0, false
	}
	return retryAfter[attempt-1], true
}

// attempt sends, and returns the status of the answer or 0.
func (c *Courier) attempt(d Delivery) int {
	req, err := http.NewRequestWithContext(c.ctx, d.Method, d.URL, strings.NewReader(d.body))
	if err != nil {
		return 0 // an address that can't be called is an answer that never comes
	}
	if d.body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()                                         //nolint:errcheck // only read
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	if err != nil {
		return 0
	}
	return res.StatusCode
}

// hookLives reports whether the subscription of a delivery is still there and enabled.
func (c *Courier) hookLives(d Delivery) (lives bool) {
	c.state.Read(func(w *world.World) {
		h := c.hookOf(w, d)
		lives = h != nil && !h.Disabled
	})
	return lives
}

// hookOf finds the subscription of a delivery; nil after an unsubscribe and after a reset. The caller holds a lock.
func (c *Courier) hookOf(w *world.World, d Delivery) *world.Hook {
	a := w.AccountByID(d.account)
	if a == nil || d.Epoch != w.Epoch {
		return nil
	}
	return kit.First(a.Hooks, func(h *world.Hook) bool { return h.ID == d.hook && h.Destination == d.URL })
}

// failed notes a bad answer, and is true when it disabled the hook.
func (c *Courier) failed(d Delivery) (disabled bool) {
	c.state.Write(func(w *world.World) {
		h := c.hookOf(w, d)
		if h == nil {
			return
		}
		now := c.now().Unix()
		h.Failures = slices.DeleteFunc(h.Failures, func(t int64) bool { return now-t >= int64(badWindow.Seconds()) })
		h.Failures = append(h.Failures, now)
		h.Disabled = len(h.Failures) > badToDisable
		disabled = h.Disabled
	})
	return disabled
}

// newHookDelivery is the first attempt of a webhook, due at once.
func newHookDelivery(epoch int64, a *world.Account, h *world.Hook, body string) Delivery {
	return Delivery{
		Epoch: epoch, Host: a.Host, account: a.ID, hook: h.ID, Method: http.MethodPost, URL: h.Destination, body: body, Attempt: 1,
	}
}
