package amocrm

import (
	"net/http"
	"regexp"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
)

// HostError is why an address was refused; it may be shown to the person who typed it.
type HostError = transport.HostError

// Hosts knows which hosts may be accounts: <name>.amocrm.ru, .amocrm.com, .kommo.com and what the server's
// configuration adds (amocrm.md §1.5).
type Hosts struct {
	*transport.AllowList
	api *transport.AllowList
}

// vendorHosts are first labels that belong to amoCRM itself.
var vendorHosts = regexp.MustCompile(`^(www|api[0-9]*|api-.*)$`)

// apiHosts are first labels of amoCRM's own hosts that tell where an account lives (amocrm.md §1.6).
var apiHosts = regexp.MustCompile(`^(api[0-9]*|api-.*)$`)

// NewHosts takes extra hosts of the configuration: "127.0.0.1:8081" or "http://127.0.0.1:8081". Without a scheme it is
// http for loopback and https otherwise.
func NewHosts(extra []string) (*Hosts, error) {
	domains := []string{"amocrm.ru", "amocrm.com", "kommo.com"}
	l, err := transport.NewAllowList(transport.HostRules{Accounts: domains, Reserved: vendorHosts, Extra: extra})
	if err != nil {
		return nil, err
	}
	api, err := transport.NewAllowList(transport.HostRules{Accounts: domains, Only: apiHosts, Extra: extra})
	if err != nil {
		return nil, err
	}
	return &Hosts{l, api}, nil
}

// API is Base for the host that an access token names as its api_domain: amoCRM's own api hosts, and what the
// configuration adds. No account is one of them, and none of them is an account.
func (h *Hosts) API(domain string) (string, error) { return h.api.Base(domain) }

// APIClient is HTTPClient for the hosts that API allows.
func (h *Hosts) APIClient(timeout time.Duration) *http.Client { return h.api.HTTPClient(timeout) }
