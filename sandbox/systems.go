package sandbox

import (
	"context"
	"net"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm"
	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
	"github.com/sidecard/sidecard/sandbox/usedesk"
)

// Addresses are where the systems listen, one line for each; port 0 takes a free one. As flags of a command they have
// their default ports.
type Addresses struct {
	Amo  string `default:"127.0.0.1:8081" help:"Address of the local amoCRM."`
	Desk string `default:"127.0.0.1:8082" help:"Address of the local Usedesk."`
}

// systems is THE list of the local systems. Another one is a folder, a line here and one in Addresses.
var systems = []system{
	{"amoCRM", "amo.json", amocrm.CertificateNames, func(a *Addresses) *string { return &a.Amo }, (*Sandbox).listenAmo, (*Sandbox).buildAmo},
	{"Usedesk", "desk.json", nil, func(a *Addresses) *string { return &a.Desk }, (*Sandbox).listenDesk, (*Sandbox).buildDesk},
}

// system is how one of them is started. All listen before the first is built, so that each can be told of the others.
type system struct {
	name   string   // for people
	file   string   // of its state, in the data folder
	names  []string // in the certificate, beside those that it listens at
	addr   func(a *Addresses) *string
	listen func(s *Sandbox, ctx context.Context, addr string) (listeners []net.Listener, url string, err error)
	build  func(s *Sandbox, opts Options, world scenario.World, file string) (server, error)
}

// server is a system that was built.
type server interface {
	http.Handler
	Close(ctx context.Context) error
}

// Names lists the systems.
func Names() []string {
	return kit.Each(systems, func(_ int, x system) string { return x.name })
}

// Loopback returns addresses of 127.0.0.1 with a port for each system of the list.
func Loopback(ports []string) Addresses {
	var a Addresses
	for i, x := range systems {
		*x.addr(&a) = "127.0.0.1:" + ports[i]
	}
	return a
}

func (s *Sandbox) listenAmo(ctx context.Context, addr string) ([]net.Listener, string, error) {
	at, err := amocrm.Listen(ctx, addr)
	if err != nil {
		return nil, "", err
	}
	s.AmoHosts, s.AmoURL, s.APIHost, s.SpareHost = at.Hosts, "http://"+at.Hosts[0], at.APIHost, at.SpareHost
	return at.Listeners, s.AmoURL, nil
}

func (s *Sandbox) buildAmo(opts Options, world scenario.World, file string) (server, error) {
	o := amocrm.Options{
		Hosts: s.AmoHosts, APIHost: s.APIHost, SpareHosts: []string{s.SpareHost}, OtherHosts: append([]string{kit.HostName(opts.Amo)}, opts.OtherHosts...),
		AnyHost: opts.AnyHost, DisconnectURI: opts.DisconnectURI, StateFile: file, Info: func() map[string]any { return s.Desk.Info() },
	}
	if opts.SidecarURL != "" {
		o.RedirectURI = opts.SidecarURL + CallbackPath
	}
	var err error
	s.Amo, err = amocrm.New(world, o)
	return s.Amo, err
}

func (s *Sandbox) listenDesk(ctx context.Context, addr string) ([]net.Listener, string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, "", err
	}
	s.DeskURL = "http://" + kit.Reachable(ln.Addr())
	return []net.Listener{ln}, s.DeskURL, nil
}

func (s *Sandbox) buildDesk(opts Options, world scenario.World, file string) (server, error) {
	o := usedesk.Options{AmoBaseHost: s.AmoURL, StateFile: file, Logger: s.log, Info: s.info}
	if opts.SidecarURL != "" {
		o.BlockURL, o.RuleURL = opts.SidecarURL+"/api/", opts.SidecarURL+"/api/freeCreateLead"
	}
	var err error
	s.Desk, err = usedesk.New(world, o)
	return s.Desk, err
}
