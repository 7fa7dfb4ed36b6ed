package crm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const (
	tripAfter = 5                // failures in a row
	restFor   = 15 * time.Second // before one request is tried again

	// breakerFor is how long an unused breaker is kept. It is longer than a rest and than any request that holds one: what a
	// forgotten breaker knew would not matter any more.
	breakerFor = 10 * time.Minute
)

// breaker leaves a failing CRM alone: after five failures in a row, or one page that says that the account is blocked
// (every further call makes that worse). It stands at two places: before the slot of the limiter, where refusing is
// known to have sent nothing, and in the transport, where the outcome is seen.
type breaker struct {
	used    time.Time // guarded by the lock of Accounts
	cb      *gobreaker.TwoStepCircuitBreaker[struct{}]
	blocked atomic.Bool
	page    atomic.Bool // the last answer was the page of a blocked account: that is why the CRM is left alone
}

// breaker returns the breaker of an account's address, and forgets those that nobody has asked for lately: accounts leave
// and are renamed.
func (b *Accounts) breaker(base string, now time.Time) *breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.swept) >= breakerFor {
		maps.DeleteFunc(b.breakers, func(_ string, g *breaker) bool { return now.Sub(g.used) >= breakerFor })
		b.swept = now
	}
	g := b.breakers[base]
	if g == nil {
		g = newBreaker(base, restFor)
		b.breakers[base] = g
	}
	g.used = now
	return g
}

func newBreaker(name string, rest time.Duration) *breaker {
	g := &breaker{}
	g.cb = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        name,
		MaxRequests: 1,
		Timeout:     rest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return g.blocked.Load() || c.ConsecutiveFailures >= tripAfter },
		OnStateChange: func(string, gobreaker.State, gobreaker.State) {
			g.blocked.Store(false)
		},
	})
	return g
}

func (g *breaker) limiter(p amocrm.Limiter) amocrm.Limiter { return restingLimiter{g, p} }

type restingLimiter struct {
	g *breaker
	amocrm.Limiter
}

func (p restingLimiter) Wait(ctx context.Context) (func(), error) {
	if p.g.cb.State() == gobreaker.StateOpen {
		if p.g.page.Load() {
			return nil, errors.Join(ErrResting, amocrm.ErrBlocked)
		}
		return nil, ErrResting
	}
	return p.Limiter.Wait(ctx)
}

func (g *breaker) client(h *http.Client) *http.Client {
	if h == nil {
		h = &http.Client{Timeout: 20 * time.Second}
	}
	watched := *h
	next := h.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	watched.Transport = watcher{g, next}
	return &watched
}

// watcher reports outcomes and refuses nothing: a refusal here would look like a lost answer.
type watcher struct {
	g    *breaker
	next http.RoundTripper
}

func (w watcher) RoundTrip(req *http.Request) (*http.Response, error) {
	done, err := w.g.cb.Allow()
	if err != nil {
		return w.next.RoundTrip(req)
	}
	resp, err := w.next.RoundTrip(req)
	switch {
	case err != nil && errors.Is(req.Context().Err(), context.Canceled):
		done(nil) // the caller gave up: says nothing about the CRM
	case err != nil:
		done(err)
	case isBlockedPage(resp):
		w.g.page.Store(true)
		w.g.blocked.Store(true)
		done(amocrm.ErrBlocked)
	case resp.StatusCode >= http.StatusInternalServerError:
		done(fmt.Errorf("status %d", resp.StatusCode))
	default:
		w.g.page.Store(false)
		done(nil)
	}
	return resp, err
}

// isBlockedPage tells amoCRM's block page from a missing right, which is told in JSON (amocrm.md §8.2).
func isBlockedPage(resp *http.Response) bool {
	return resp.StatusCode == http.StatusForbidden && strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "html")
}
