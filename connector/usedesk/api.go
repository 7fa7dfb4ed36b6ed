// Package usedesk is a thin typed client of the Usedesk REST API: the ticket, its client, a comment. It
// knows the wire and nothing of ours.
//
// Invariants: the token travels in the JSON body, never in an address, a log or an error; redirects are not followed;
// bodies are bounded; reads are repeated, writes are not; ids, flags and "none" are accepted in every spelling that
// the API has been seen to use, and an error inside a 200 is an error.
package usedesk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/connector/wire"
)

// API talks to one Usedesk account. It is safe for concurrent use.
type API struct {
	base  *url.URL
	token string
	http  *http.Client
	miss  func(context.Context, Unread)
}

// Unread is what of an answer was left out because it can't be decoded: an element of a list. Reason holds no value.
type Unread struct{ Op, Path, Reason string }

// Option changes an API.
type Option func(*API)

// WithHTTP sets the HTTP client; its Transport is used as given, its CheckRedirect is replaced.
func WithHTTP(h *http.Client) Option { return func(c *API) { c.http = h } }

// WithUnread has miss called for every element of a list that was left out of an answer.
func WithUnread(miss func(context.Context, Unread)) Option { return func(c *API) { c.miss = miss } }

// New returns a client of the API at base ("https://api.usedesk.ru/", "https://secure.usedesk.com/uapi/"), which must
// have passed Hosts.Base, with the api_token of an API channel (usedesk.md §2.1).
func New(base, token string, opts ...Option) (*API, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "" {
		return nil, fmt.Errorf("usedesk: base address %q: expected https://<host>/<path>/", strings.SplitN(base, "?", 2)[0])
	}
	if strings.TrimSpace(token) == "" {
		return nil, errors.New("usedesk: the API token is empty")
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/"
	c := &API{base: u, token: strings.TrimSpace(token), miss: func(context.Context, Unread) {}}
	for _, o := range opts {
		o(c)
	}
	c.http = transport.NoRedirects(c.http)
	return c, nil
}

// Base is the API's address with its trailing slash.
func (c *API) Base() string { return c.base.String() }

// read calls a method that changes nothing and decodes its answer.
func (c *API) read(ctx context.Context, method string, params map[string]any, out any) error {
	a, err := transport.RetryRead(ctx, func(ctx context.Context) (transport.Answer, error) { return c.post(ctx, method, params) })
	if err != nil {
		return c.failure(method, err, true)
	}
	if e := c.refusal(method, a); e != nil {
		return e
	}
	unread, err := wire.Unmarshal(a.Body, out)
	if err != nil {
		return &Error{Op: method, Status: a.Status, Kind: KindUpstream, Detail: "the answer can't be read"}
	}
	for _, u := range unread {
		c.miss(ctx, Unread{Op: method, Path: u.Path, Reason: u.Reason()})
	}
	return nil
}

// write calls a method that changes something, once, and gives the members of its answer.
func (c *API) write(ctx context.Context, method string, params map[string]any) (map[string]json.RawMessage, error) {
	a, err := c.post(ctx, method, params)
	if err != nil {
		return nil, c.failure(method, err, false)
	}
	if e := c.refusal(method, a); e != nil {
		switch a.Status {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			e.Kind = KindUnknownOutcome
		}
		if a.Status < 300 && e.Kind == KindUpstream {
			e.Kind = KindUnknownOutcome
		}
		return nil, e
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(a.Body, &members) != nil || len(members) == 0 {
		return nil, &Error{Op: method, Status: a.Status, Kind: KindUnknownOutcome, Detail: "the answer can't be read"}
	}
	return members, nil
}

func (c *API) post(ctx context.Context, method string, params map[string]any) (transport.Answer, error) {
	body := map[string]any{"api_token": c.token}
	for k, v := range params {
		body[k] = v
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return transport.Answer{}, fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.String()+method, bytes.NewReader(payload))
	if err != nil {
		return transport.Answer{}, fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", transport.UserAgent())
	return transport.DoTraced(c.http, req, "usedesk", "POST /"+method)
}

// failure sorts an attempt that brought no answer.
func (c *API) failure(method string, err error, read bool) error {
	e := &Error{Op: method, Kind: KindNetwork, cause: err}
	if f, ok := errors.AsType[*transport.Failure](err); ok && f.MaybeSent {
		if !read {
			e.Kind = KindUnknownOutcome
		} else if errors.Is(f, transport.ErrTooLarge) {
			e.Kind = KindUpstream
		}
	}
	return e
}

// Hosts knows which hosts may be Usedesk's API: the two clouds and what the server's configuration adds for installations on
// own machines (usedesk.md §2.1). Its Base keeps a path, and takes the cloud's own without one; Typed takes that always.
type Hosts = transport.AllowList

// NewHosts takes extra hosts of the configuration: "127.0.0.1:8082" or "https://desk.example.com". Without a scheme it
// is http for loopback and https otherwise.
func NewHosts(extra []string) (*Hosts, error) {
	return transport.NewAllowList(transport.HostRules{
		Exact: map[string]string{"api.usedesk.ru": "/", "secure.usedesk.com": "/uapi/", "secure.usedesk.ru": "/uapi/"},
		Extra: extra,
		Paths: true,
	})
}
