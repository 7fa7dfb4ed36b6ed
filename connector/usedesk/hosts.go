package usedesk

import (
	"net/http"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
)

// HostError is why an address was refused; it may be shown to the person who typed it.
type HostError = transport.HostError

// Hosts knows which hosts may be Usedesk's API: the two clouds and what the server's configuration adds for
// installations on own machines (usedesk.md §2.1).
type Hosts struct{ list *transport.AllowList }

// NewHosts takes extra hosts of the configuration: "127.0.0.1:8082" or "https://desk.example.com". Without a scheme it
// is http for loopback and https otherwise.
func NewHosts(extra []string) (*Hosts, error) {
	l, err := transport.NewAllowList(transport.HostRules{
		Exact: map[string]string{"api.usedesk.ru": "/", "secure.usedesk.com": "/uapi/", "secure.usedesk.ru": "/uapi/"},
		Extra: extra,
		Paths: true,
	})
	if err != nil {
		return nil, err
	}
	return &Hosts{list: l}, nil
}

// Base turns "https://secure.usedesk.com/uapi" into "https://secure.usedesk.com/uapi/": the path is kept and ends with a
// slash; without one the cloud's own is taken. Anything else gives *HostError.
func (h *Hosts) Base(raw string) (string, error) { return h.list.Base(raw) }

// Typed is Base for an address that a person has pasted. A cloud's path is always its own; a configured host keeps the path.
func (h *Hosts) Typed(raw string) (string, error) { return h.list.Typed(raw) }

// HTTPClient returns a client that reaches allowed hosts only: 5 s to connect, timeout for the whole exchange, 20 s when
// it is 0.
func (h *Hosts) HTTPClient(timeout time.Duration) *http.Client { return h.list.HTTPClient(timeout) }
