package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/api"
	block "github.com/sidecard/sidecard/blocks/amocrm"
	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/accept"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/telemetry/traces"
	"github.com/sidecard/sidecard/internal/tenant"
)

const (
	stopWithin  = 10 * time.Second // of a graceful stop: requests first, then the firings under way
	flushWithin = time.Second      // for the last spans
)

// service is one replica: every part made and joined, nothing decided here.
type service struct {
	db       *store.DB
	tenants  *tenant.Directory
	grants   *login.Grants
	triggers *rules.Service
	block    *block.Handlers
	notices  *notify.Watcher
	hooks    *webhooks.Service
	changes  *webhooks.Hub
	mounted  []route.Route
	routes   *echo.Echo
	http     *http.Server
	metrics  *prometheus.Registry
	traces   *traces.Traces // nil: off
	inner    []*innerServer
	install  func(context.Context) error
}

func newService(ctx context.Context, set *config, log *slog.Logger) (*service, error) {
	var tr *traces.Traces
	if set.spans.URL != "" {
		var err error
		if tr, err = traces.Start(ctx, set.spans, version, log); err != nil {
			return nil, err
		}
		log = traces.Log(log)
	}
	registry := telemetry.NewRegistry(version)
	db, err := store.Open(ctx, store.Options{URL: set.RedisURL, Patient: true, DataDir: set.DataDir, Ring: set.ring, Log: log, Metrics: registry})
	if err != nil {
		flush(tr)
		return nil, err
	}
	s, err := assemble(set, db, registry, tr, log)
	if err == nil && set.AmoToken != "" {
		err = awaitStore(ctx, db)
	}
	if err == nil {
		err = s.install(ctx)
	}
	if err == nil {
		err = s.listen(s.inners(set))
	}
	if err != nil {
		flush(tr)
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
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

// helpdesk opens a tenant's helpdesk API, at the usual address when his block names none.
func helpdesk(set *config, miss func(context.Context, usedesk.Unread)) func(tenant.Tenant) (*usedesk.API, error) {
	client := set.deskHosts.HTTPClient(20 * time.Second)
	return func(t tenant.Tenant) (*usedesk.API, error) {
		base := t.DeskBase
		if base == "" {
			base = set.deskBase
		}
		return usedesk.New(base, t.DeskToken, usedesk.WithHTTP(client), usedesk.WithUnread(miss))
	}
}

// installLongLived connects the one company of a single-tenant install, when it is configured so.
func installLongLived(ctx context.Context, set *config, flow *login.Flow) error {
	if set.AmoToken == "" {
		return nil
	}
	_, err := flow.InstallLongLived(ctx, tenant.Credential{AmoBase: set.AmoHost, DeskToken: set.DeskToken})
	return err
}

func assemble(set *config, db *store.DB, registry *prometheus.Registry, tr *traces.Traces, log *slog.Logger) (*service, error) {
	catalog, err := i18n.NewCatalog(ui.Texts, block.Texts, texts.FS)
	if err != nil {
		return nil, err
	}
	s := &service{db: db, tenants: tenant.NewDirectory(db), metrics: registry, traces: tr}
	unread := newUnreadLog(log)
	var b *crm.Accounts
	pace := func(amoBase string) amocrm.Pace { return crm.Pace(db, amoBase, store.Interactive) }
	s.grants = login.NewGrants(db, login.Config{
		ClientID: set.AmoClientID, ClientSecret: set.AmoClientSecret, PublicURL: set.PublicURL, Hosts: set.amoHosts,
		LongLivedToken: set.AmoToken, Metrics: registry,
		Hooks: login.Hooks{
			Connected: func(ctx context.Context, tenantID string) {
				connected(ctx, b, s.triggers, tenantID, log)
				s.hooks.Connected(ctx, tenantID)
			},
			Ending: func(ctx context.Context, tenantID string) { s.hooks.Disconnected(ctx, tenantID) },
			Moved: func(ctx context.Context, tenantID string) {
				moved(ctx, b, tenantID, log)
				s.hooks.Connected(ctx, tenantID)
			},
		},
	}, pace, log)
	client := set.amoHosts.HTTPClient(20 * time.Second) // one for all accounts: each has connections of its own to keep
	b = crm.New(crm.Deps{
		DB: db, Cache: store.NewCache(db), Tenants: s.tenants, Grants: s.grants, Log: log, Metrics: registry, Unread: unread.crm,
		HTTP: func(string) *http.Client { return client },
	})
	desk := helpdesk(set, unread.desk)
	text := func(lang, key string, args ...any) string { return catalog.T(i18n.Lang(lang), key, args...) }
	set.notices.PublicURL, set.notices.Text, set.notices.Metrics = set.PublicURL, text, registry
	sender := notify.NewSender(db, set.notices)
	s.triggers = rules.NewService(rules.Deps{Metrics: registry, Deps: worker.Deps{
		DB: db, Tenants: s.tenants, Log: log, Text: text,
		Problem:   func(lang string, p request.Problem) string { return p.In(catalog, i18n.Lang(lang)) },
		OnOutcome: func(e jobs.Job) { s.notices.Settled(e.Tenant, e.State, e.Label) },
		Desk:      func(t tenant.Tenant) (worker.Desk, error) { return desk(t) },
		Account: func(ctx context.Context, tenantID string, p store.Priority) (worker.Account, error) {
			return bulk.Open(ctx, b, tenantID, p)
		},
		Connected: func(ctx context.Context, tenantID string) (bool, error) {
			status, err := s.grants.Status(ctx, tenantID)
			return status.State == "connected", err
		},
	}})
	s.notices = notify.New(notify.Deps{DB: db, Tenants: s.tenants, Jobs: s.triggers, Sender: sender, Log: log})
	s.hooks, s.changes = changeHooks(set, s, b, log), webhooks.NewHub(db, log)
	flow := login.NewFlow(db, s.tenants, s.grants, s.triggers.Move)
	s.install = func(ctx context.Context) error { return installLongLived(ctx, set, flow) }
	anonymous := ratelimit.New(set.RatePerIP)
	card, rulePages, err := panel(set, s, b, sender, flow, desk, catalog, anonymous, log)
	if err != nil {
		return nil, err
	}
	s.block = card
	s.mounted = slices.Concat(route.Of("amocrm", s.block), route.Of("amocrm", rulePages), route.Of("hooks", s.hooks), route.Of("rules", &accept.Handlers{
		Rules: s.triggers, Tenants: s.tenants, Open: set.OpenTriggers, PublicURL: set.PublicURL, Catalog: catalog,
		Anonymous: anonymous, Metrics: registry, Log: log,
	}))
	s.routes = api.New(api.Options{
		Log:     log,
		Ready:   db.Ready,
		Proxies: set.proxies, Anonymous: anonymous,
		Metrics: registry,
		Routes:  s.mounted,
	})
	s.http = api.Server(s.routes)
	s.http.RegisterOnShutdown(s.block.EndStreams)
	return s, nil
}

// changeHooks has amoCRM tell what changes there.
func changeHooks(set *config, s *service, b *crm.Accounts, log *slog.Logger) *webhooks.Service {
	return webhooks.NewService(webhooks.Deps{
		DB: s.db, Tenants: s.tenants, Grants: s.grants, PublicURL: set.PublicURL, Local: set.amoHosts.Extra, Log: log,
		Metrics: s.metrics,
		Open: func(ctx context.Context, tenantID string) (webhooks.Account, error) {
			a, err := b.Open(ctx, tenantID, store.Background)
			if err != nil {
				return webhooks.Account{}, err
			}
			return webhooks.Account{CRM: a.API(), Reads: a}, nil
		},
	})
}

// connected is what a fresh login sets free: firings that waited for it, and caches of what could not be read.
func connected(ctx context.Context, b *crm.Accounts, t *rules.Service, tenantID string, log *slog.Logger) {
	a, err := b.Open(ctx, tenantID, store.Interactive)
	if err == nil {
		err = a.Forget(ctx)
	}
	n, rerr := t.Resume(ctx, tenantID)
	if err = errors.Join(err, rerr); err != nil {
		log.Error("after login", "tenant", tenantID, "error", err)
		return
	}
	log.Info("connected", "tenant", tenantID, "released", n)
}

// moved drops what was cached with addresses of the account's former host.
func moved(ctx context.Context, b *crm.Accounts, tenantID string, log *slog.Logger) {
	a, err := b.Open(ctx, tenantID, store.Interactive)
	if err == nil {
		err = a.ForgetData(ctx)
	}
	if err != nil {
		log.Error("after the account was renamed", "tenant", tenantID, "error", err)
	}
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
	g.Go(func() error { return s.triggers.Run(ctx) })
	g.Go(func() error { s.notices.Run(ctx); return nil })
	g.Go(func() error { s.grants.KeepAlive(ctx); return nil })
	g.Go(func() error { s.hooks.Run(ctx); return nil })
	g.Go(func() error {
		<-ctx.Done()
		if err := errors.Join(closeWithin(stopWithin, s.http.Shutdown), s.closeInner()); err != nil {
			return fmt.Errorf("stop: %w", err)
		}
		return nil
	})
	return g.Wait()
}

// close waits for what outlives requests (a refresh that is cut off costs a login), then leaves Redis.
func (s *service) close() error {
	s.block.Close()
	s.changes.Close()
	err := errors.Join(s.closeInner(), closeWithin(stopWithin, s.grants.Wait), s.db.Close())
	flush(s.traces)
	return err
}

// flush sends the spans that are left.
func flush(tr *traces.Traces) {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	tr.Stop(ctx)
}
