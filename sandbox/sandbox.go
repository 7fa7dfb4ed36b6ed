// Package sandbox starts the local amoCRM and the local Usedesk side by side and joins them: the helpdesk's block and
// rule point at the service under trial, and the control info of either side tells a test all it needs.
//
// It knows nothing of that service but its URL. Everything it starts has ended when Close returns.
package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm"
	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
	"github.com/sidecard/sidecard/sandbox/usedesk"
)

// Options configures a Sandbox. Only the addresses are needed.
type Options struct {
	// AmoAddr is where the local amoCRM listens. Its accounts are told apart by host: the second one is at the same
	// port of 127.0.0.2. Port 0 takes a free one.
	AmoAddr string
	// DeskAddr is where the local Usedesk listens.
	DeskAddr string
	// OtherHosts and AnyHost are amocrm.Options' own; the host in AmoAddr is one of them.
	OtherHosts []string
	AnyHost    bool
	// SidecarURL is the service's base URL, without a slash at the end. The block posts to its /api/.
	SidecarURL string
	// DataDir keeps the state over restarts; empty keeps it in memory.
	DataDir string
	// RedirectURI is the registered redirect URI of the integration; empty is SidecarURL + CallbackPath.
	RedirectURI string
	// DisconnectURI is that integration's disconnect hook; may be empty.
	DisconnectURI string
	// TLSDir makes both speak https besides http, at the same addresses, with a certificate that is kept in this folder;
	// clients have to trust the authority in its ca.pem. Empty is http only.
	TLSDir string
	// Rule is the data of the default rule; nil is the published example's.
	Rule func() map[string]any
	// DeskErrorStatus is the HTTP status of the helpdesk's API errors; 0 is 200.
	DeskErrorStatus int
	// RatePerSecond and HookTimeScale are amocrm.Options' own; 0 is what amoCRM does.
	RatePerSecond int
	HookTimeScale float64
	// Now is the clock of both; nil is time.Now.
	Now func() time.Time
	// Logger tells about what fails in the background; nil is silent.
	Logger *slog.Logger
}

// CallbackPath is the path of the service that amoCRM sends people back to.
const CallbackPath = "/oauth/callback"

// Sandbox is both systems, running.
type Sandbox struct {
	Amo  *amocrm.Server
	Desk *usedesk.Server
	// AmoURL and DeskURL are base URLs, AmoURL the first account's.
	AmoURL, DeskURL string
	// AmoHosts are the host:port of the accounts, in the scenario's order.
	AmoHosts []string
	// APIHost is amoCRM's own host, which tells where an account lives; SpareHost is for an account that gets renamed. Both
	// are empty on a system that answers on one loopback address only.
	APIHost, SpareHost string
	// CAFile is the authority that clients have to trust for https; empty without.
	CAFile string

	services []*kit.Service
	log      *slog.Logger
}

// Start listens and serves. It fails when an address is taken or a state file can't be read; then nothing is left
// running. The context bounds the start only.
func Start(ctx context.Context, opts Options) (*Sandbox, error) {
	s := &Sandbox{log: opts.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	at, err := amocrm.Listen(ctx, opts.AmoAddr)
	if err != nil {
		return nil, fmt.Errorf("listen for the local amoCRM: %w", err)
	}
	s.APIHost, s.SpareHost = at.APIHost, at.SpareHost
	deskListener, err := kit.Listen(ctx, opts.DeskAddr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for the local Usedesk: %w", err), kit.CloseAll(at.Listeners))
	}
	s.AmoHosts, s.AmoURL = at.Hosts, "http://"+at.Hosts[0]
	s.DeskURL = "http://" + kit.Reachable(deskListener.Addr())
	config, err := s.tlsConfig(opts)
	if err == nil {
		err = s.build(opts)
	}
	if err != nil {
		return nil, errors.Join(err, kit.CloseAll(append(at.Listeners, deskListener)))
	}
	s.services = append(s.services, kit.Serve(s.Amo, config, s.log, at.Listeners...), kit.Serve(s.Desk, config, s.log, deskListener))
	return s, nil
}

// tlsConfig is nil for http only.
func (s *Sandbox) tlsConfig(opts Options) (*tls.Config, error) {
	if opts.TLSDir == "" {
		return nil, nil
	}
	names := append([]string{"localhost", "127.0.0.1", "::1"}, amocrm.CertificateNames...)
	for _, host := range slices.Concat(s.AmoHosts, opts.OtherHosts, []string{opts.AmoAddr, opts.DeskAddr, strings.TrimPrefix(s.DeskURL, "http://")}) {
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

// build makes both servers.
func (s *Sandbox) build(opts Options) error {
	var amoFile, deskFile string
	if opts.DataDir != "" {
		if err := os.MkdirAll(opts.DataDir, 0o700); err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
		amoFile, deskFile = filepath.Join(opts.DataDir, "amo.json"), filepath.Join(opts.DataDir, "desk.json")
	}
	if opts.RedirectURI == "" && opts.SidecarURL != "" {
		opts.RedirectURI = opts.SidecarURL + CallbackPath
	}
	world := scenario.Build()
	deskOptions := usedesk.Options{
		AmoBaseHost: s.AmoURL, RuleBody: opts.Rule, StateFile: deskFile, ErrorStatus: opts.DeskErrorStatus, Now: opts.Now, Logger: s.log,
		Info: func() map[string]any {
			return map[string]any{"usedesk_url": s.DeskURL, "amo_url": s.AmoURL, "amo_hosts": s.AmoHosts,
				"amo_api_host": s.APIHost, "amo_spare_host": s.SpareHost, "ca_file": s.CAFile}
		},
	}
	if opts.SidecarURL != "" {
		deskOptions.BlockURL, deskOptions.RuleURL = opts.SidecarURL+"/api/", opts.SidecarURL+"/api/freeCreateLead"
	}
	var err error
	if s.Desk, err = usedesk.New(world, deskOptions); err != nil {
		return err
	}
	s.Amo, err = amocrm.New(world, amocrm.Options{
		Hosts: s.AmoHosts, APIHost: s.APIHost, SpareHosts: s.spareHosts(), OtherHosts: append(slices.Clone(opts.OtherHosts), kit.HostName(opts.AmoAddr)),
		AnyHost: opts.AnyHost, RedirectURI: opts.RedirectURI, DisconnectURI: opts.DisconnectURI, StateFile: amoFile,
		Info: s.Desk.Info, Now: opts.Now, RatePerSecond: opts.RatePerSecond, HookTimeScale: opts.HookTimeScale,
	})
	if err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return errors.Join(err, s.Desk.Close(ctx))
	}
	return nil
}

func (s *Sandbox) spareHosts() []string {
	if s.SpareHost == "" {
		return nil
	}
	return []string{s.SpareHost}
}

// ExtraHosts are all hosts of the local amoCRM, for a service's list of allowed ones.
func (s *Sandbox) ExtraHosts() []string {
	hosts := append(slices.Clone(s.AmoHosts), s.spareHosts()...)
	if s.APIHost != "" {
		hosts = append(hosts, s.APIHost)
	}
	return hosts
}

// SetRule gives the helpdesk's default rule its URL, which may carry a key that is known only after the service has
// started. A rule that a person has pointed elsewhere stays as it is.
func (s *Sandbox) SetRule(url string) { s.Desk.SetRule(url) }

// Close stops serving, waits for what runs as long as the context allows, cuts the rest and saves both states.
func (s *Sandbox) Close(ctx context.Context) error {
	var errs []error
	for _, service := range s.services {
		errs = append(errs, service.Close(ctx))
	}
	return errors.Join(append(errs, s.Desk.Close(ctx), s.Amo.Close(ctx))...)
}
