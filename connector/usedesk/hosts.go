package usedesk

import "github.com/sidecard/sidecard/connector/transport"

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
