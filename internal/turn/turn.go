// Package turn lets requests go before work that nobody waits for. Go's scheduler gives everybody an equal part of a core, and looks
// for what has come over the network only when nobody wants to run: beside a batch of fifty deals, an answer that costs 2 ms took 30.
// So while requests come, the work of the whole process takes one short step at a time, with a gap before the next.
//
// It refuses to know what is worked on.
package turn

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	busyFor = 100 * time.Millisecond // after a request
	gap     = time.Millisecond       // between the beginnings of two steps, which take about a third of it
	longest = 20 * time.Millisecond  // that a step waits, however many do
)

var (
	request atomic.Int64 // when the last one came, in Unix nanoseconds
	next    atomic.Int64 // when the next step may begin
)

// Request says that a request has come.
func Request() { request.Store(time.Now().UnixNano()) }

type background struct{}

// Background marks the context of work that nobody waits for.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, background{}, true)
}

// Wait waits until the next step of such work may begin, and not at all when ctx is another's or no request has come lately.
func Wait(ctx context.Context) {
	now := time.Now().UnixNano()
	if ctx.Value(background{}) == nil || now-request.Load() > int64(busyFor) {
		return
	}
	for {
		last := next.Load()
		begin := max(last, now)
		if begin-now > int64(longest) {
			time.Sleep(longest)
			return
		}
		if next.CompareAndSwap(last, begin+int64(gap)) {
			time.Sleep(time.Duration(begin - now))
			return
		}
	}
}

// Client has work wait before it makes something of the client's answers.
func Client(c *http.Client) *http.Client {
	c.Transport = transport{c.Transport}
	return c
}

type transport struct{ next http.RoundTripper }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.next.RoundTrip(r)
	Wait(r.Context())
	return answer, err
}
