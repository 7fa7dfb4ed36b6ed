// Package amocrm is a local amoCRM: it speaks the v4 API, OAuth and webhooks on the wire as amoCRM documents them, and
// shows its contacts and deals on plain web pages. It is an imitation, written from the reference, sharing no type
// with the connector; what the documentation leaves open is a switch.
//
// It knows nothing of Sidecard and nothing of the helpdesk. Invariants: all state is one World, read and changed only
// through its kit.State; no lock is held while talking to the network; everything that runs in the
// background is owned by the Server and has ended when Close returns.
package amocrm

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	v4 "github.com/sidecard/sidecard/sandbox/amocrm/api/v4"
	"github.com/sidecard/sidecard/sandbox/amocrm/control"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/hooks"
	"github.com/sidecard/sidecard/sandbox/amocrm/oauth"
	"github.com/sidecard/sidecard/sandbox/amocrm/seed"
	"github.com/sidecard/sidecard/sandbox/amocrm/stats"
	"github.com/sidecard/sidecard/sandbox/amocrm/web"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
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
	// SpareHosts are further hosts at which the server is reached, for accounts that get renamed; "" is none.
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

// Server is the local amoCRM. Make it with New, serve it with ServeHTTP, end it with Close.
type Server struct {
	opts     Options
	scenario scenario.World
	state    *kit.State[world.World]
	gate     *api.Gate
	api      v4.API
	courier  *hooks.Courier
	editor   edit.Editor
	mux      *http.ServeMux
}

// New makes a Server from its state file, or from the scenario where there is none yet. It fails on a scenario
// without accounts, on a host named twice and on a state file that can't be read.
func New(sc scenario.World, opts Options) (*Server, error) {
	if len(sc.Accounts) == 0 {
		return nil, errors.New("start local amoCRM: the scenario has no account")
	}
	seen := map[string]bool{}
	for _, h := range opts.Hosts {
		if h == "" || seen[strings.ToLower(h)] {
			return nil, fmt.Errorf("start local amoCRM: host %q is empty or named twice", h)
		}
		seen[strings.ToLower(h)] = true
	}
	if len(opts.Hosts) > len(sc.Accounts) {
		return nil, fmt.Errorf("start local amoCRM: %d hosts for %d accounts", len(opts.Hosts), len(sc.Accounts))
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{opts: opts, scenario: sc}
	state, err := world.Load(opts.StateFile)
	if err != nil {
		return nil, fmt.Errorf("start local amoCRM: %w", err)
	}
	if state == nil {
		state = s.fresh()
	} else {
		s.configure(state)
	}
	s.state = kit.NewState(state, opts.StateFile, nil)
	s.routes()
	return s, nil
}

// fresh is the scenario's world, configured, with no grant in it.
func (s *Server) fresh() *world.World {
	key := make([]byte, 32)
	rand.Read(key) // never fails: crypto/rand crashes the program instead
	w := &world.World{
		Integrations: map[string]*world.Integration{}, Codes: map[string]*world.Code{}, Refresh: map[string]*world.Refresh{},
		Access: map[string]*world.Access{}, SigningKey: key,
	}
	seed.Fill(w, s.scenario, s.hosts(), s.opts.Now())
	s.configure(w)
	return w
}

// hosts has one host for each account of the scenario.
func (s *Server) hosts() []string {
	hosts := slices.Clone(s.opts.Hosts)
	for _, a := range s.scenario.Accounts[len(hosts):] {
		hosts = append(hosts, a.Subdomain+".amocrm.test")
	}
	return hosts
}

// configure puts what the Options decide into a world, which may come from a file of an earlier start on other ports.
func (s *Server) configure(w *world.World) {
	hosts := s.hosts()
	for i, a := range w.Accounts {
		if i < len(hosts) && len(a.Former) == 0 { // a renamed one stays where it has gone
			a.Host = hosts[i]
		}
	}
	in := w.Integrations[scenario.IntegrationID]
	if in == nil {
		in = &world.Integration{ID: scenario.IntegrationID, Name: "Sidecard"}
		w.Integrations[in.ID] = in
	}
	in.Secret, in.RedirectURI, in.DisconnectURI = scenario.IntegrationSecret, s.opts.RedirectURI, s.opts.DisconnectURI
}

// routes builds the whole surface once, and starts the webhook deliveries.
func (s *Server) routes() {
	state, now, counts := s.state, s.opts.Now, &stats.Stats{}
	s.courier = hooks.NewCourier(state, now, counts, cmp.Or(s.opts.HookTimeScale, 1))
	s.editor = edit.Editor{Clock: now, Tell: s.courier.Changed}
	s.gate = &api.Gate{State: state, Now: now, Stats: counts, PerSecond: cmp.Or(s.opts.RatePerSecond, 7)}
	s.api = v4.New(s.gate, s.editor)
	s.gate.Known = s.api.Known
	grants := &oauth.Grants{State: state, Now: now, Stats: counts, Gate: s.gate, Courier: s.courier, APIHost: s.opts.APIHost}

	s.mux = http.NewServeMux()
	s.api.Mount(func(pattern string, h api.Handler) { s.mux.Handle(pattern, s.gate.Protect(h)) })
	unknown := s.gate.Protect(s.api.Fallback)
	s.mux.Handle(api.Root, unknown)
	s.mux.Handle(api.Root+"/", unknown)
	s.gate.DriveRoutes(s.mux)
	s.gate.ForeignRoutes(s.mux)
	grants.Routes(s.mux)
	(&web.Pages{State: state, Now: now, Editor: s.editor, Grants: grants, Sites: s.courier.Client.Transport}).Routes(s.mux)
	(&control.Control{
		State: state, Scenario: s.scenario, Now: now, Gate: s.gate, Stats: counts, Courier: s.courier, Grants: grants, Editor: s.editor,
		Hosts: slices.Concat(s.opts.SpareHosts, s.opts.Hosts), Named: s.controlHost, Info: s.opts.Info, Fresh: s.fresh,
	}).Routes(s.mux)
}

// ServeHTTP answers API, OAuth, web and control requests.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.nobodyAt(r) {
		nobody(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, api.MaxBody)
	s.mux.ServeHTTP(w, r)
}

// Close stops the webhook deliveries, waits for them no longer than the context allows and saves the state. Further calls
// save again and do nothing else.
func (s *Server) Close(ctx context.Context) error {
	err := s.courier.Close(ctx)
	if err != nil {
		err = fmt.Errorf("stop local amoCRM: %w", err)
	}
	return errors.Join(err, s.state.Close())
}
