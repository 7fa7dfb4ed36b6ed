package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"syscall"
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

// ErrPrivate is the error of a name that leads to an address that is no host of the public internet.
var ErrPrivate = errors.New("the address is not a public one")

// nonPublic are networks that are no host of the public internet, besides those that netip knows: this network, carriers'
// own, protocol assignments, examples, benchmarks, reserved (RFC 6890), and IPv6 forms that carry an IPv4 address.
var nonPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether an address is a host of the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	return !slices.ContainsFunc(nonPublic, func(p netip.Prefix) bool { return p.Contains(a) })
}

// OnlyPublic is a net.Dialer's Control that refuses a connection after the name was resolved and before the first packet,
// so that a name can't be resolved once for the check and once for the call. Its error is ErrPrivate.
func OnlyPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !Public(at.Addr()) {
		return ErrPrivate
	}
	return nil
}
