package transport

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// errResend ends a read that the transport would send again by itself.
var errResend = errors.New("the connection ended before the answer")

// sentKey is the context key of a read under which markSent notes that it was written to a connection.
type sentKey struct{}

// markSent notes for refuseResend when a read has been sent. net/http sends a read again, as often as kept connections end
// before the answer comes: requests that the vendor counts and that took no slot of our limiter. Writes it repeats only
// when nothing of them was sent.
func markSent(r *http.Request) *http.Request {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return r
	}
	sent := new(atomic.Bool)
	ctx := httptrace.WithClientTrace(context.WithValue(r.Context(), sentKey{}, sent), &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				sent.Store(true)
			}
		},
	})
	return r.WithContext(ctx)
}

// refuseResend is a Transport.Proxy, which the transport asks before each connection that it takes for a request.
func refuseResend(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if sent, ok := r.Context().Value(sentKey{}).(*atomic.Bool); ok && sent.Load() {
			return nil, errResend
		}
		return proxy(r)
	}
}
