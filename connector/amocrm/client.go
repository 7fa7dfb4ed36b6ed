// Package amocrm is a thin typed client of the amoCRM (Kommo) API v4. It knows the wire and nothing of ours: who the
// tenant is, where tokens live and how fast to go are handed in as functions.
//
// Invariants: only GET is retried; 204 is "nothing found", never an error of decoding; every body is bounded; no token
// appears in an error; redirects to other hosts are not followed.
package amocrm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
)

// Auth hands out access tokens. Token returns the current one; when rejected is not empty the server has answered 401 to
// it and Token must return a different one or an error. An error that is ErrUnauthorized makes the call unauthorized;
// any other makes it ErrNetwork, as nothing was done. Both keep the cause.
type Auth interface {
	Token(ctx context.Context, rejected string) (string, error)
}

// Homed is an Auth that knows where its account lives: accounts can be renamed (amocrm.md §1.6). Home is asked when a token
// was rejected, before Token is told so: it may have been rejected for the address. It is asked again after Token has given
// another one, which may be good at another address only. base must have passed Hosts.Base.
type Homed interface {
	Home(ctx context.Context) (base string, err error)
}

// Limiter decides when the next request may go. Wait blocks until a slot is free or ctx ends; done must be called when the
// answer has arrived (or the request failed). Penalty tells it that the server asked for a pause (429, Retry-After);
// 0 seconds means that the server did not say how long.
type Limiter interface {
	Wait(ctx context.Context) (done func(), err error)
	Penalty(ctx context.Context, retryAfterSeconds int)
}

// Seen is one HTTP exchange, for logs and metrics. Status is 0 when no answer came; RequestID is amoCRM's.
type Seen struct {
	Op        string
	Status    int
	RequestID string
	Took      time.Duration
}

// Unread is what of an answer was left out because it can't be decoded: an element of a list. Reason holds no value.
type Unread struct{ Op, Path, Reason string }

// Client talks to one account. It is safe for concurrent use.
type Client struct {
	*core
	ContactAPI
	LeadAPI
	FeedAPI
	AccountAPI
}

// Areas of the API.
type (
	ContactAPI struct{ *core } // contacts and companies
	LeadAPI    struct{ *core } // leads
	FeedAPI    struct{ *core } // notes, events, tasks
	AccountAPI struct{ *core } // the account, its users, pipelines, fields and webhooks
)

// core exchanges requests and answers.
type core struct {
	base    atomic.Pointer[url.URL]
	http    *http.Client
	auth    Auth
	limiter Limiter
	see     func(context.Context, Seen)
	miss    func(context.Context, Unread)
	clock   atomic.Pointer[reading]
}

// reading is what the server's clock said, and when.
type reading struct{ said, at time.Time }

// Clock is the server's clock, in whole seconds, as its last answer told it; ok is false before that.
func (c *core) Clock() (now time.Time, ok bool) {
	r := c.clock.Load()
	if r == nil {
		return time.Time{}, false
	}
	return r.said.Add(time.Since(r.at)), true
}

// Option changes a Client.
type Option func(*core)

// WithHTTP sets the HTTP client; its Transport is used as given, its CheckRedirect is replaced.
func WithHTTP(h *http.Client) Option { return func(c *core) { c.http = h } }

// WithLimiter sets the limiter; without it requests go at once.
func WithLimiter(l Limiter) Option { return func(c *core) { c.limiter = l } }

// WithObserver has see called after every HTTP exchange, repeats included.
func WithObserver(see func(context.Context, Seen)) Option { return func(c *core) { c.see = see } }

// WithUnread has miss called for every element of a list that was left out of an answer.
func WithUnread(miss func(context.Context, Unread)) Option { return func(c *core) { c.miss = miss } }

// New returns a client of the account at base ("https://x.amocrm.ru", "http://127.0.0.1:8081"). base must have passed
// Hosts.Base: New checks its form, not whether it is trusted.
func New(base string, auth Auth, opts ...Option) (*Client, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	if auth == nil {
		return nil, errors.New("amocrm: no source of access tokens")
	}
	c := &core{auth: auth, see: func(context.Context, Seen) {}, miss: func(context.Context, Unread) {}}
	c.base.Store(u)
	for _, o := range opts {
		o(c)
	}
	c.http = transport.NoRedirects(c.http)
	return &Client{c, ContactAPI{c}, LeadAPI{c}, FeedAPI{c}, AccountAPI{c}}, nil
}

// Base is the account's address without a trailing slash, the new one once a call has found out that it was renamed.
func (c *core) Base() string { return c.base.Load().String() }

func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Path != "" ||
		u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("amocrm: base address %q: expected https://<account host>", strings.SplitN(base, "?", 2)[0])
	}
	return u, nil
}
