package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/internal/turn"
)

// newHost makes the ground that the blocks stand on. hooks are called when a login changes.
func newHost(c *config, db *store.DB, metrics prometheus.Registerer, log *slog.Logger, hooks login.Hooks) (*blocks.Host, error) {
	catalog, err := i18n.NewCatalog(append(c.blocks.Texts(), ui.Texts)...)
	if err != nil {
		return nil, err
	}
	kit, err := newKit(c, catalog, db, log)
	if err != nil {
		return nil, err
	}
	h := &blocks.Host{DB: db, Tenants: tenant.NewDirectory(db), AmoBase: c.amoHosts.Typed, Changes: webhooks.NewHub(db, log), Kit: kit,
		Catalog: catalog, PublicURL: c.PublicURL, Anonymous: ratelimit.New(c.RatePerIP), Metrics: metrics, Log: log}
	notices := c.notices
	notices.PublicURL, notices.Metrics = c.PublicURL, metrics
	notices.Text = func(lang, key string, args ...any) string { return catalog.T(i18n.Lang(lang), key, args...) }
	h.Notices = notify.NewSender(db, notices)
	limiter := func(amoBase string) amocrm.Limiter { return crm.Limiter(db, amoBase, store.Interactive) }
	h.Grants = login.NewGrants(db, login.Config{ClientID: c.AmoClientID, ClientSecret: c.AmoClientSecret, PublicURL: c.PublicURL,
		Hosts: c.amoHosts, LongLivedToken: c.AmoToken, Metrics: metrics, Hooks: hooks}, limiter, log)
	h.Logins = login.NewFlow(db, h.Tenants, h.Grants, c.blocks.Move)
	unread, client := newUnreadLog(log), turn.Client(c.amoHosts.HTTPClient(20*time.Second)) // one for all accounts: each has connections of its own to keep
	h.Accounts = crm.New(crm.Deps{DB: db, Cache: store.NewCache(db), Tenants: h.Tenants, Grants: h.Grants, Log: log, Metrics: metrics, Indexed: c.indexed,
		Unread: unread.crm, HTTP: func(string) *http.Client { return client }})
	c.unread = unread.desk
	return h, nil
}

// newKit returns what serves the pages of an opened card, whatever blocks they come from.
func newKit(c *config, catalog *i18n.Catalog, db *store.DB, log *slog.Logger) (*ui.Kit, error) {
	pages := c.blocks.Pages()
	parsed, err := ui.NewPages(catalog, pages.Templates...)
	if err != nil {
		return nil, err
	}
	return ui.New(ui.Options{Pages: parsed, Sessions: session.NewSessions(db), Path: "/blocks/" + blocks.Panel, PublicURL: c.PublicURL,
		FrameAncestors: c.HelpdeskOrigins, Sections: pages.Sections, Problems: pages.Problems, Log: log}), nil
}

// loginHooks returns what follows the change of a tenant's login.
func (s *service) loginHooks() login.Hooks {
	return login.Hooks{
		Connected: func(ctx context.Context, tenantID string) {
			s.connected(ctx, tenantID)
			s.webhooks.Connected(ctx, tenantID)
			s.indexer.Connected(ctx, tenantID)
		},
		Ending: func(ctx context.Context, tenantID string) { s.webhooks.Disconnected(ctx, tenantID) },
		Moved: func(ctx context.Context, tenantID string) {
			s.moved(ctx, tenantID)
			s.webhooks.Connected(ctx, tenantID)
		},
	}
}

// connected is what a fresh login sets free: work that waited for it, and caches of what could not be read.
func (s *service) connected(ctx context.Context, tenantID string) {
	a, err := s.Accounts.Open(ctx, tenantID, store.Interactive)
	if err == nil {
		err = a.Forget(ctx)
	}
	n, rerr := s.blocks.Resume(ctx, tenantID)
	if err = errors.Join(err, rerr); err != nil {
		s.Log.Error("after login", "tenant", tenantID, "error", err)
		return
	}
	s.Log.Info("connected", "tenant", tenantID, "released", n)
}

// moved drops what was cached with addresses of the account's former host.
func (s *service) moved(ctx context.Context, tenantID string) {
	a, err := s.Accounts.Open(ctx, tenantID, store.Interactive)
	if err == nil {
		err = a.ForgetData(ctx)
	}
	if err != nil {
		s.Log.Error("after the account was renamed", "tenant", tenantID, "error", err)
	}
}

// newWebhooks returns what has amoCRM tell what changes there.
func newWebhooks(c *config, h *blocks.Host) *webhooks.Service {
	return webhooks.NewService(webhooks.Deps{
		DB: h.DB, Tenants: h.Tenants, Grants: h.Grants, PublicURL: h.PublicURL, Local: c.amoHosts.Extra, Log: h.Log, Metrics: h.Metrics,
		Open: func(ctx context.Context, tenantID string) (webhooks.Account, error) {
			a, err := h.Accounts.Open(ctx, tenantID, store.Background)
			if err != nil {
				return webhooks.Account{}, err
			}
			return webhooks.Account{CRM: a.API(), Reads: a}, nil
		},
	})
}

// maxUnread bounds the kinds of unreadable elements that are remembered. Beyond it nothing further is logged: then
// an outside system has changed as a whole, and the log says so already.
const maxUnread = 500

// unreadLog logs every kind of element that was left out of an answer once: lists are read again and again.
type unreadLog struct {
	log  *slog.Logger
	mu   sync.Mutex
	said map[[4]string]bool
}

func newUnreadLog(log *slog.Logger) *unreadLog {
	return &unreadLog{log: log, said: map[[4]string]bool{}}
}

func (u *unreadLog) crm(ctx context.Context, x amocrm.Unread) {
	u.say(ctx, "amoCRM", x.Op, x.Path, x.Reason)
}
func (u *unreadLog) desk(ctx context.Context, x usedesk.Unread) {
	u.say(ctx, "Usedesk", x.Op, x.Path, x.Reason)
}

var index = regexp.MustCompile(`[0-9]+`)

func (u *unreadLog) say(ctx context.Context, system, op, path, reason string) {
	kind := [4]string{system, op, index.ReplaceAllString(path, "N"), reason}
	u.mu.Lock()
	known := u.said[kind] || len(u.said) >= maxUnread
	if !known {
		u.said[kind] = true
	}
	u.mu.Unlock()
	if !known {
		u.log.WarnContext(ctx, "an element of an answer can't be read and is left out", "system", system, "call", op, "path", path, "reason", reason)
	}
}
