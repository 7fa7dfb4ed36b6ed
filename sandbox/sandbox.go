// Package sandbox starts the local outside systems side by side and joins them: the helpdesk's block and rule point at
// the service under trial, and the control info of either side tells a test all it needs. systems.go is the list of them.
//
// It knows nothing of that service but its URL. Everything it starts has ended when Close returns.
package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm"
	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
	"github.com/sidecard/sidecard/sandbox/usedesk"
)

// Options configures a Sandbox. Only the addresses are needed.
type Options struct {
	// Addresses are where the systems listen. amoCRM's accounts are told apart by host: the second one is at the same port
	// of 127.0.0.2.
	Addresses
	// OtherHosts and AnyHost are amocrm.Options' own; the host in the address of amoCRM is one of them.
	OtherHosts []string
	AnyHost    bool
	// SidecarURL is the service's base URL, without a slash at the end. The block posts to its /api/, amoCRM sends people
	// back to its CallbackPath.
	SidecarURL string
	// DataDir keeps the state over restarts; empty keeps it in memory.
	DataDir string
	// DisconnectURI is the integration's disconnect hook; may be empty.
	DisconnectURI string
	// TLSDir makes all speak https besides http, at the same addresses, with a certificate that is kept in this folder;
	// clients have to trust the authority in its ca.pem. Empty is http only.
	TLSDir string
	// Logger tells about what fails in the background; nil is silent.
	Logger *slog.Logger
}

// CallbackPath is the path of the service that amoCRM sends people back to.
const CallbackPath = "/oauth/callback"

// Sandbox is all systems, running.
type Sandbox struct {
	Amo  *amocrm.Server
	Desk *usedesk.Server
	// Systems names all of them in the order of the list.
	Systems []Running
	// AmoURL and DeskURL are base URLs, AmoURL the first account's.
	AmoURL, DeskURL string
	// AmoHosts are the host:port of the accounts, in the scenario's order.
	AmoHosts []string
	// APIHost is amoCRM's own host, which tells where an account lives; SpareHost is for an account that gets renamed. Both
	// are empty on a system that answers on one loopback address only.
	APIHost, SpareHost string
	// CAFile is the authority that clients have to trust for https; empty without.
	CAFile string

	log *slog.Logger
}

// Running is one system with its base URL.
type Running struct {
	Name, URL string
	listeners []net.Listener
	server    server
	service   *kit.Service
}

// Start listens and serves. It fails when an address is taken or a state file can't be read; then nothing is left
// running. The context bounds the start only.
func Start(ctx context.Context, opts Options) (*Sandbox, error) {
	s := &Sandbox{log: opts.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.start(ctx, opts); err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

func (s *Sandbox) start(ctx context.Context, opts Options) error {
	for _, x := range systems {
		listeners, url, err := x.listen(s, ctx, *x.addr(&opts.Addresses))
		if err != nil {
			return fmt.Errorf("listen for the local %s: %w", x.name, err)
		}
		s.Systems = append(s.Systems, Running{Name: x.name, URL: url, listeners: listeners})
	}
	config, err := s.tlsConfig(opts)
	if err != nil {
		return err
	}
	if opts.DataDir != "" {
		if err := os.MkdirAll(opts.DataDir, 0o700); err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
	}
	world := scenario.Build()
	for i, x := range systems {
		file := ""
		if opts.DataDir != "" {
			file = filepath.Join(opts.DataDir, x.file)
		}
		if s.Systems[i].server, err = x.build(s, opts, world, file); err != nil {
			s.Systems[i].server = nil
			return err
		}
	}
	for i, x := range s.Systems {
		s.Systems[i].service = kit.Serve(x.server, config, s.log, x.listeners...)
	}
	return nil
}

// tlsConfig is nil for http only.
func (s *Sandbox) tlsConfig(opts Options) (*tls.Config, error) {
	if opts.TLSDir == "" {
		return nil, nil
	}
	names := []string{"localhost", "127.0.0.1", "::1"}
	hosts := slices.Clone(opts.OtherHosts)
	for i, x := range systems {
		names = append(names, x.names...)
		hosts = append(hosts, *x.addr(&opts.Addresses))
		for _, ln := range s.Systems[i].listeners {
			hosts = append(hosts, kit.Reachable(ln.Addr()))
		}
	}
	for _, host := range hosts {
		if name := kit.HostName(host); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	pair, err := kit.Certificate(opts.TLSDir, names, time.Now())
	if err != nil {
		return nil, err
	}
	s.CAFile = filepath.Join(opts.TLSDir, kit.CAFile)
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// info is what either side's control info tells of where the others are.
func (s *Sandbox) info() map[string]any {
	return map[string]any{"usedesk_url": s.DeskURL, "amo_url": s.AmoURL, "amo_hosts": s.AmoHosts,
		"amo_api_host": s.APIHost, "amo_spare_host": s.SpareHost, "ca_file": s.CAFile}
}

// ExtraHosts are all hosts of the local amoCRM, for a service's list of allowed ones.
func (s *Sandbox) ExtraHosts() []string {
	hosts := append(slices.Clone(s.AmoHosts), s.SpareHost, s.APIHost)
	return slices.DeleteFunc(hosts, func(host string) bool { return host == "" })
}

// Close stops serving, waits for what runs as long as the context allows, cuts the rest and saves the states.
func (s *Sandbox) Close(ctx context.Context) error {
	var errs []error
	for _, x := range s.Systems {
		if x.service != nil {
			errs = append(errs, x.service.Close(ctx))
			continue
		}
		for _, ln := range x.listeners {
			errs = append(errs, ln.Close())
		}
	}
	for _, x := range s.Systems {
		if x.server != nil {
			errs = append(errs, x.server.Close(ctx))
		}
	}
	return errors.Join(errs...)
}
