package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/blocks"
	rules "github.com/sidecard/sidecard/blocks/rules/block"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/telemetry/traces"
	"github.com/sidecard/sidecard/internal/tenant"
)

const (
	stopWithin  = 10 * time.Second // of a graceful stop: requests first, then the jobs under way
	flushWithin = time.Second      // for the last spans
)

// service is one replica: the ground, the blocks and the HTTP surface joined, nothing decided here.
type service struct {
	*blocks.Host
	blocks   blocks.Set
	rules    *rules.Block // one of blocks
	webhooks *webhooks.Service
	indexer  *crm.Indexer
	mounted  []route.Route
	routes   *echo.Echo
	http     *http.Server
	metrics  *prometheus.Registry
	traces   *traces.Traces // nil: off
	inner    []inner
}

func newService(ctx context.Context, c *config, log *slog.Logger) (*service, error) {
	var tr *traces.Traces
	if c.spans.URL != "" {
		var err error
		if tr, err = traces.Start(ctx, c.spans, version, log); err != nil {
			return nil, err
		}
		log = traces.Log(log)
	}
	registry := telemetry.NewRegistry(version)
	db, err := store.Open(ctx, store.Options{URL: c.RedisURL, Patient: true, DataDir: c.DataDir, Ring: c.ring, Log: log, Metrics: registry})
	if err != nil {
		flush(tr)
		return nil, err
	}
	s, err := assemble(c, db, registry, tr, log)
	if err == nil && c.AmoToken != "" {
		err = s.installLongLived(ctx, tenant.Credential{AmoBase: c.AmoHost, DeskToken: c.DeskToken})
	}
	if err == nil {
		err = s.listen(c)
	}
	if err != nil {
		flush(tr)
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// installLongLived connects the one company of a single-tenant install, once Redis takes writes.
func (s *service) installLongLived(ctx context.Context, credential tenant.Credential) error {
	if err := awaitStore(ctx, s.DB); err != nil {
		return err
	}
	_, err := s.Logins.InstallLongLived(ctx, credential)
	return err
}

// awaitStore waits until Redis takes writes.
func awaitStore(ctx context.Context, db *store.DB) error {
	for {
		err := db.Ready(ctx)
		if !errors.Is(err, store.ErrTrouble) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// assemble joins the parts of a service. Nothing of it runs yet.
func assemble(c *config, db *store.DB, registry *prometheus.Registry, tr *traces.Traces, log *slog.Logger) (*service, error) {
	s := &service{blocks: c.blocks, rules: c.rules, metrics: registry, traces: tr}
	var err error
	if s.Host, err = newHost(c, db, registry, log, s.loginHooks()); err != nil {
		return nil, err
	}
	s.webhooks = newWebhooks(c, s.Host)
	s.indexer = crm.NewIndexer(s.Accounts)
	if err := s.blocks.Start(s.Host); err != nil {
		return nil, err
	}
	s.mounted = append(s.blocks.Routes(), route.Of(blocks.Panel, s.webhooks)...)
	s.routes = api.New(api.Options{Log: log, Ready: db.Ready, Proxies: c.proxies, Anonymous: s.Anonymous, Metrics: registry, Routes: s.mounted})
	s.http = api.Server(s.routes)
	return s, nil
}

// run serves on ln until ctx ends, then stops within stopWithin.
func (s *service) run(ctx context.Context, ln net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	for _, in := range s.inner {
		g.Go(in.serve)
	}
	g.Go(func() error { return s.blocks.Run(ctx, s.Host) })
	g.Go(func() error { s.Grants.KeepAlive(ctx); return nil })
	g.Go(func() error { s.webhooks.Run(ctx); return nil })
	g.Go(func() error { s.indexer.Run(ctx); return nil })
	g.Go(func() error {
		<-ctx.Done()
		if err := errors.Join(closeWithin(stopWithin, s.http.Shutdown), s.closeInner()); err != nil {
			return fmt.Errorf("stop: %w", err)
		}
		return nil
	})
	return g.Wait()
}

// rest waits for what outlives requests: a refresh that is cut off costs a login.
func (s *service) rest() error {
	s.blocks.Close()
	s.Changes.Close()
	return errors.Join(s.closeInner(), closeWithin(stopWithin, s.Grants.Wait))
}

// close comes to rest, then leaves Redis.
func (s *service) close() error {
	err := errors.Join(s.rest(), s.DB.Close())
	flush(s.traces)
	return err
}

// flush sends the spans that are left.
func flush(tr *traces.Traces) {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	tr.Stop(ctx)
}

// inner is a listener for the operator, apart from the public one.
type inner struct {
	name string // of the variable with its address
	ln   net.Listener
	http *http.Server
}

// listen opens the inner addresses that are configured: metrics and profiles. run serves them, or closeInner closes what run has
// not begun.
func (s *service) listen(set *config) error {
	metrics, profiles := http.NewServeMux(), http.NewServeMux()
	metrics.Handle("GET /metrics", telemetry.Handler(s.metrics))
	profiles.HandleFunc("GET /debug/pprof/", pprof.Index)
	profiles.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	profiles.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	profiles.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	profiles.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	for _, in := range []struct {
		name, addr string
		handler    http.Handler
	}{{"SIDECARD_METRICS_ADDR", set.MetricsAddr, metrics}, {"SIDECARD_PPROF_ADDR", set.PprofAddr, profiles}} {
		if in.addr == "" {
			continue
		}
		ln, err := net.Listen("tcp", in.addr)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", in.name, err), s.closeInner())
		}
		s.inner = append(s.inner, inner{in.name, ln, &http.Server{
			Handler: in.handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute,
			WriteTimeout: 2 * time.Minute, // a profile of its usual 30 s, and longer ones
		}})
	}
	return nil
}

func (i inner) serve() error {
	if err := i.http.Serve(i.ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s: %w", i.name, err)
	}
	return nil
}

// closeInner ends open connections: there is nothing to lose.
func (s *service) closeInner() error {
	var all []error
	for _, in := range s.inner {
		if err := errors.Join(in.http.Close(), in.ln.Close()); err != nil && !errors.Is(err, net.ErrClosed) {
			all = append(all, fmt.Errorf("%s: %w", in.name, err))
		}
	}
	return errors.Join(all...)
}
