// Package block joins the parts of rules to a block of the service: what accepts requests, what works them off, their pages and the
// notices of those that need a person.
package block

import (
	"context"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/accept"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/pages"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Desks opens helpdesks.
type Desks interface {
	Desk(t tenant.Tenant) (*usedesk.API, error)
	// TicketURL returns where agents open a ticket, "" when that can't be told.
	TicketURL(t tenant.Tenant, ticketID int64) string
}

type Block struct {
	*rules.Service
	config  config
	desks   Desks
	pages   *pages.Handlers
	accept  *accept.Handlers
	watcher *notify.Watcher
}

// config is what the operator decides.
type config struct {
	OpenTriggers bool `env:"SIDECARD_OPEN_TRIGGERS" help:"Accept rules that name only amoClientId, without a key."`
}

func (*config) Check() []error { return nil }

var (
	_ blocks.Configured = (*Block)(nil)
	_ blocks.Worded     = (*Block)(nil)
	_ blocks.Paged      = (*Block)(nil)
	_ blocks.Mounter    = (*Block)(nil)
	_ blocks.Sectioned  = (*Block)(nil)
	_ blocks.Keeper     = (*Block)(nil)
	_ blocks.Waiter     = (*Block)(nil)
	_ blocks.Runner     = (*Block)(nil)
)

func New(desks Desks) *Block { return &Block{desks: desks} }

func (*Block) Name() string { return "rules" }

func (b *Block) Config() blocks.Config { return &b.config }

// OpenTriggers has rules accepted that name only amoClientId, whatever the configuration says.
func (b *Block) OpenTriggers() { b.config.OpenTriggers = true }

func (*Block) Texts() fs.FS { return texts.FS }

func (*Block) Pages() blocks.Pages {
	return blocks.Pages{Templates: []fs.FS{pages.Templates}, Problems: pages.Problems}
}

func (b *Block) Start(h *blocks.Host) error {
	b.Service = rules.NewService(rules.Deps{Metrics: h.Metrics, Deps: worker.Deps{
		DB: h.DB, Tenants: h.Tenants, Log: h.Log,
		Text:      func(lang, key string, args ...any) string { return h.Catalog.T(i18n.Lang(lang), key, args...) },
		Problem:   func(lang string, p request.Problem) string { return p.In(h.Catalog, i18n.Lang(lang)) },
		OnOutcome: func(e jobs.Job) { b.watcher.Settled(e.Tenant, e.State, e.Label) },
		Desk:      func(t tenant.Tenant) (worker.Desk, error) { return b.desks.Desk(t) },
		Account: func(ctx context.Context, tenantID string, p store.Priority) (bulk.Account, error) {
			return bulk.Open(ctx, h.Accounts, tenantID, p)
		},
		Connected: func(ctx context.Context, tenantID string) (bool, error) {
			status, err := h.Grants.Status(ctx, tenantID)
			return status.State == "connected", err
		},
	}})
	b.watcher = notify.New(notify.Deps{DB: h.DB, Tenants: h.Tenants, Jobs: b.Service, Sender: h.Notices, Log: h.Log})
	b.pages = &pages.Handlers{
		Kit: h.Kit, Rules: b.Service, Try: b.TryRule, NewKey: h.Tenants.NewTriggerKey, TicketURL: b.desks.TicketURL,
		Account: func(ctx context.Context, tenantID string) (pages.Account, error) {
			return h.Accounts.Open(ctx, tenantID, store.Interactive)
		},
	}
	b.accept = &accept.Handlers{
		Rules: b.Service, Tenants: h.Tenants, Open: b.config.OpenTriggers, PublicURL: h.PublicURL, Catalog: h.Catalog,
		Anonymous: h.Anonymous, Metrics: h.Metrics, Log: h.Log,
	}
	return nil
}

func (b *Block) Mount(r *route.Router) {
	b.pages.Mount(r)
	b.accept.Mount(r)
}

// Section implements blocks.Sectioned: whom a company has notices sent to.
func (*Block) Section() privacy.Section { return notify.Section{} }

func (b *Block) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.Service.Run(ctx) })
	g.Go(func() error { b.watcher.Run(ctx); return nil })
	return g.Wait()
}
