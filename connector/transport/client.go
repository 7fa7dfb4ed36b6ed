package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

const (
	connectTimeout = 5 * time.Second
	defaultTimeout = 20 * time.Second
	maxRedirects   = 3
)

// HTTPClient returns a client that sends requests to allowed hosts only and follows redirects on the same host only. timeout is
// for the whole exchange; 0 means 20 s. Connecting may take 5 s of it. A vendor's name that resolves into a private
// network is not dialled (ErrPrivate); hosts that the configuration adds may stand anywhere. A request is sent at most once:
// repeating a read is the caller's decision, which counts it.
func (l *AllowList) HTTPClient(timeout time.Duration) *http.Client {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = refuseResend(t.Proxy)
	t.DialContext = l.dial(nil)
	t.TLSHandshakeTimeout = connectTimeout
	t.MaxIdleConnsPerHost = 16
	return &http.Client{Transport: guard{l, t}, Timeout: timeout, CheckRedirect: sameHost}
}

// dial connects to what the transport asks for: a host of the list or the operator's HTTP proxy. resolver may be nil.
func (l *AllowList) dial(resolver *net.Resolver) func(ctx context.Context, network, address string) (net.Conn, error) {
	anywhere := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, Resolver: resolver}
	public := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, Resolver: resolver, Control: OnlyPublic}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if l.vendor(address) {
			return public.DialContext(ctx, network, address)
		}
		return anywhere.DialContext(ctx, network, address)
	}
}

// guard refuses requests to hosts that are not on the list, wherever they were built.
type guard struct {
	list *AllowList
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if !g.list.Allows(r.URL) {
		if r.Body != nil {
			if err := r.Body.Close(); err != nil {
				return nil, err
			}
		}
		return nil, &HostError{r.URL.Host, "not one of the allowed hosts"}
	}
	return g.next.RoundTrip(markSent(r))
}

// CloseIdleConnections passes http.Client.CloseIdleConnections on.
func (g guard) CloseIdleConnections() {
	if c, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
		return &HostError{r.URL.Host, "redirects to another host are not followed"}
	}
	if len(via) >= maxRedirects {
		return errors.New("too many redirects")
	}
	return nil
}
