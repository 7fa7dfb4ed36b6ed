// Package amocrm is a local amoCRM: it speaks the v4 API, OAuth and webhooks on the wire as amoCRM documents them, and
// shows its contacts and deals on plain web pages. It is an imitation, written from the reference, sharing no type
// with the connector; what the documentation leaves open is a switch.
//
// It knows nothing of Sidecard and nothing of the helpdesk. Invariants: all state is one World, read and changed only
// through its kit.State; no lock is held while talking to the network; everything that runs in the
// background is owned by the Server and has ended when Close returns.
package amocrm

import (
	"net/http"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// Options configures a Server.
type Options struct {
	// Hosts are the Host headers of the accounts, in the scenario's order ("127.0.0.1:8081", "127.0.0.2:8081").
	// An account without one gets "{subdomain}.amocrm.test".
	Hosts []string
	// APIHost is what access tokens name as their api_domain: a host that stays when an account is renamed. Empty is the
	// account's own host at the time of issue.
	APIHost string
	// SpareHosts are further hosts at which the server is reached, for accounts that get renamed.
	SpareHosts []string
	// OtherHosts are further names, with or without a port, at which the first account answers. An account's own host, its
	// subdomain under any domain, localhost and loopback addresses are always known.
	OtherHosts []string
	// AnyHost makes every other name the first account's, instead of the 401 with which amoCRM answers for an unknown one.
	AnyHost bool
	// RedirectURI is the registered redirect URI of the configured integration.
	RedirectURI string
	// DisconnectURI is that integration's disconnect hook; may be empty.
	DisconnectURI string
	// StateFile keeps the state over restarts; empty keeps it in memory.
	StateFile string
	// Info adds what only the starter knows (desk token, demo rule, tickets) to GET /_sandbox/info.
	Info func() map[string]any
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// RatePerSecond is the 429 threshold per account and integration; 0 means amoCRM's 7.
	RatePerSecond int
	// HookTimeScale shortens the webhook retry table; 0 means 1 (5 min, 15 min, ...).
	HookTimeScale float64
}

// caller is who an API request acts for.
type caller struct {
	account  *Account
	user     int64
	clientID string
	external bool // of an integration made by the button with metadata
}

// Server is the local amoCRM. Make it with New, serve it with ServeHTTP, end it with Close.
type Server struct {
	opts     Options
	scenario scenario.World
	state    *kit.State[World]
	gate     *gate
	api      v4
	courier  *courier
	editor   editor
	mux      *http.ServeMux
}
