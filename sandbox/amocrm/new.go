package amocrm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

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
	world, err := loadWorld(opts.StateFile)
	if err != nil {
		return nil, fmt.Errorf("start local amoCRM: %w", err)
	}
	if world == nil {
		world = s.fresh()
	}
	s.configure(world)
	s.state = kit.NewState(world, opts.StateFile, nil)
	s.routes()
	return s, nil
}

// fresh is the scenario's world, with no grant in it.
func (s *Server) fresh() *World {
	key := make([]byte, 32)
	rand.Read(key) // never fails: crypto/rand crashes the program instead
	w := &World{
		Integrations: map[string]*Integration{}, Codes: map[string]*Code{}, Refresh: map[string]*Refresh{},
		Access: map[string]*Access{}, SigningKey: key,
	}
	seed(w, s.scenario, s.hosts(), s.opts.Now())
	return w
}

// hosts has one host for each account of the scenario.
func (s *Server) hosts() []string {
	hosts := append([]string(nil), s.opts.Hosts...)
	for i := len(hosts); i < len(s.scenario.Accounts); i++ {
		hosts = append(hosts, s.scenario.Accounts[i].Subdomain+".amocrm.test")
	}
	return hosts
}

// configure puts what the Options decide into a world, which may come from a file of an earlier start on other ports.
func (s *Server) configure(w *World) {
	hosts := s.hosts()
	for i, a := range w.Accounts {
		if i < len(hosts) && len(a.Former) == 0 { // a renamed one stays where it has gone
			a.Host = hosts[i]
		}
	}
	in := w.Integrations[scenario.IntegrationID]
	if in == nil {
		in = &Integration{ID: scenario.IntegrationID, Name: "Sidecard"}
		w.Integrations[in.ID] = in
	}
	in.Secret, in.RedirectURI, in.DisconnectURI = scenario.IntegrationSecret, s.opts.RedirectURI, s.opts.DisconnectURI
}

// accountByID is nil for an unknown id.
func (w *World) accountByID(id int64) *Account {
	for _, a := range w.Accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// routes builds the whole surface once, and starts the webhook deliveries.
func (s *Server) routes() {
	state, now, counts := s.state, s.opts.Now, &stats{}
	scale, perSecond := 1.0, 7
	if s.opts.HookTimeScale > 0 {
		scale = s.opts.HookTimeScale
	}
	if s.opts.RatePerSecond > 0 {
		perSecond = s.opts.RatePerSecond
	}
	s.courier = newCourier(state, now, counts, scale)
	s.editor = editor{now, s.courier.changed}
	s.gate = &gate{state: state, now: now, stats: counts, perSecond: perSecond}
	s.api = newV4(deps{s.gate, state, now, s.editor})
	s.gate.known = s.api.table
	grants := &grants{state: state, now: now, stats: counts, gate: s.gate, courier: s.courier, apiHost: s.opts.APIHost}

	s.mux = http.NewServeMux()
	s.api.apiRoutes(func(pattern string, h apiHandler) { s.mux.Handle(pattern, s.gate.protect(h)) })
	unknown := s.gate.protect(s.api.apiFallback)
	s.mux.Handle(apiRoot, unknown)
	s.mux.Handle(apiRoot+"/", unknown)
	s.gate.driveRoutes(s.mux)
	s.gate.foreignRoutes(s.mux)
	grants.oauthRoutes(s.mux)
	(&consents{state, grants, s.courier.client.Transport}).consentRoutes(s.mux)
	(&pages{state, now, s.editor, grants}).webRoutes(s.mux)
	(&control{
		state: state, scenario: s.scenario, now: now, gate: s.gate, stats: counts, courier: s.courier, grants: grants, editor: s.editor,
		hosts: slices.Concat(s.opts.SpareHosts, s.opts.Hosts), named: s.controlHost, info: s.opts.Info,
		fresh: func() *World {
			w := s.fresh()
			s.configure(w)
			return w
		},
	}).controlRoutes(s.mux)
}

// ServeHTTP answers API, OAuth, web and control requests.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.nobodyAt(r) {
		nobody(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// maxBody bounds request bodies, in bytes: 250 leads with many fields stay far below.
const maxBody = 16 << 20

// Close stops the webhook deliveries, waits for them no longer than the context allows and saves the state. Further calls
// save again and do nothing else.
func (s *Server) Close(ctx context.Context) error {
	err := s.courier.close(ctx)
	if err != nil {
		err = fmt.Errorf("stop local amoCRM: %w", err)
	}
	return errors.Join(err, s.state.Close())
}
