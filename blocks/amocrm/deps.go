package amocrm

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"github.com/sidecard/sidecard/blocks/amocrm/live"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/deal"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/newdeal"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/numbers"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/people"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/settings"
	"github.com/sidecard/sidecard/blocks/amocrm/signin"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// CRM is what the block asks of a connected account; *subjects.Account is it.
type CRM interface {
	settings.CRM
	deal.CRM
	newdeal.CRM
	numbers.CRM
	Locale(ctx context.Context) (country, timezone string, err error)
}

// Tenants finds the tenant that a block's credential opens; *tenant.Directory is it.
type Tenants interface {
	settings.Tenants
	FindOrCreate(ctx context.Context, c tenant.Credential, allow func() error) (tenant.Tenant, error)
}

// Deps is what the block works with. All are needed except those that may be nil, and DeskBase.
type Deps struct {
	*ui.Kit
	Tenants Tenants
	Grants  signin.Grants
	Flow    signin.Flow
	CRM     func(ctx context.Context, tenantID, writer string) (CRM, error) // writer names the writes of a panel, "" for none
	// Notices sends word of trouble with rules to a company's people; nil leaves its section out of the settings.
	Notices settings.Notices
	// AmoBase and DeskBase check an address as typed and bring it to its one form. Without DeskBase every given
	// helpdesk address is refused.
	AmoBase  func(raw string) (string, error)
	DeskBase func(raw string) (string, error)

	// LastMessage reads what the client wrote last in a ticket, "" when it can't be read; nil offers no message. TicketURL
	// returns the page of a ticket, "" when that can't be told.
	LastMessage func(ctx context.Context, tenantID string, ticketID int64) (string, error)
	TicketURL   func(t tenant.Tenant, ticketID int64) string

	Rules Rules
	// Links lead from the settings to pages of other blocks, in groups.
	Links [][]ui.Link

	// Stranger counts a company never seen before against the address it came from; not ok is enough of them. Nil counts
	// nothing.
	Stranger func(address string) (retry time.Duration, ok bool)

	// Changes reports to open panels that something has changed in amoCRM; nil leaves them as they are until asked.
	Changes live.Changes
}

//go:embed templates/*.html
var templates embed.FS

// Templates are those of the block's pages.
var Templates = []fs.FS{
	templates, deal.Templates, feed.Templates, forms.Templates, newdeal.Templates, numbers.Templates, people.Templates, rows.Templates, settings.Templates,
	signin.Templates,
}

// Handlers serve the block. Close waits for reads and streams that outlive their request.
type Handlers struct {
	Deps
	vocab    recent // whose vocabulary was prefetched
	live     *live.Streams
	signin   *signin.Handlers
	people   *people.Handlers
	deal     *deal.Handlers
	newDeal  *newdeal.Handlers
	numbers  *numbers.Handlers
	settings *settings.Handlers
}

func New(d Deps) *Handlers {
	h := &Handlers{Deps: d, live: live.New(d.Kit, d.Grants, d.Changes)}
	h.signin = signin.New(signin.Handlers{Kit: d.Kit, Grants: d.Grants, Flow: d.Flow, Open: h.opened, Waiting: d.Rules.Waiting})
	h.people = &people.Handlers{
		Kit: d.Kit, Login: h.signin.State, Runs: d.Rules,
		Account: func(r *ui.PageRequest) (people.CRM, error) { return h.account(r) },
	}
	h.deal = &deal.Handlers{
		Kit:     d.Kit,
		Account: func(r *ui.PageRequest) (deal.CRM, error) { return h.account(r) },
	}
	h.newDeal = &newdeal.Handlers{
		Kit: d.Kit, After: h.people.After, TicketURL: d.TicketURL,
		Account: func(r *ui.PageRequest) (newdeal.CRM, error) { return h.account(r) },
	}
	h.numbers = &numbers.Handlers{Kit: d.Kit, Account: func(r *ui.PageRequest) (numbers.CRM, error) { return h.account(r) }}
	h.settings = &settings.Handlers{
		Kit: d.Kit, Tenants: d.Tenants, Grants: d.Grants, Notices: d.Notices, Links: d.Links,
		Account: func(r *ui.PageRequest) (settings.CRM, error) { return h.account(r) },
	}
	return h
}

// EndStreams ends all streams: a server that stops does not wait for them.
func (h *Handlers) EndStreams() { h.live.End() }

// Close stops background reads and waits for them.
func (h *Handlers) Close() {
	h.EndStreams()
	h.Kit.Close()
	h.live.Wait()
}

// Mount names all addresses of the block. Paths with a session answer 200 or 410 with a page, never a bare error.
func (h *Handlers) Mount(r *route.Router) {
	r.Machine().POST("/api/", h.Open)
	r.Machine().POST("/api", h.Open)
	g := r.Panel()
	h.people.Mount(g)
	h.deal.Mount(g)
	h.newDeal.Mount(g)
	h.numbers.Mount(g)
	h.settings.Mount(g)
	h.live.Mount(r)
	h.signin.Mount(r)
	r.Public().GET("/assets/:name", ui.Assets)
}

// account opens the account of the tenant that a page is for.
func (h *Handlers) account(page *ui.PageRequest) (CRM, error) {
	// Its own writes are known again by the print: the id opens the panel.
	opened, err := h.CRM(page.Ctx, page.Session.TenantID, session.SessionPrint(page.Session.ID))
	if err != nil {
		return nil, err
	}
	page.For(opened.Tenant(), opened.Locale)
	return opened, nil
}

// opened takes over what the company of a page has chosen.
func (h *Handlers) opened(page *ui.PageRequest) error {
	_, err := h.account(page)
	return err
}
