package amocrm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

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
	s := &Server{opts: opts, scenario: sc, stop: make(chan struct{})}
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
	s.startCourier()
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
	seed(w, s.scenario, s.hosts(), s.now())
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

// routes builds the whole surface once.
func (s *Server) routes() {
	s.mux, s.known = http.NewServeMux(), s.routeTable()
	s.apiRoutes(func(pattern string, h apiHandler) { s.mux.Handle(pattern, s.gate(h)) })
	unknown := s.gate(s.apiFallback)
	s.mux.Handle(apiRoot, unknown)
	s.mux.Handle(apiRoot+"/", unknown)
	s.driveRoutes()
	s.foreignRoutes()
	s.oauthRoutes()
	s.consentRoutes()
	s.webRoutes()
	s.controlRoutes()
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
	s.once.Do(func() {
		close(s.stop)
		s.courier.end()
	})
	ended := make(chan struct{})
	go func() {
		s.done.Wait()
		close(ended)
	}()
	var late error
	select {
	case <-ended:
	case <-ctx.Done():
		late = fmt.Errorf("stop local amoCRM: %w", ctx.Err())
	}
	return errors.Join(late, s.state.Close())
}
