// Package people is the first screen of an opened card, the client's contacts with their deals, and what leads on from it: the
// search by hand, the link of a client to a contact, the form of a new contact, the keys that a contact lacks.
//
// It refuses to know how people are matched, and what a page of one deal shows.
//
// Invariants: every state shows exactly one next step; duplicates are shown before a contact is made; a form sent twice acts once.
package people

import (
	"context"
	"embed"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/amocrm/signin"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// CRM is what the first screen and what leads on from it ask of an account.
type CRM interface {
	rows.CRM
	Tenant() tenant.Tenant
	People(ctx context.Context, client helpdesk.Client) (people.Found, error)
	Matches(ctx context.Context, client helpdesk.Client) (people.Found, error)
	Search(ctx context.Context, text string) ([]people.Person, error)
	SearchDeals(ctx context.Context, text string) ([]deals.Deal, error)
	Link(ctx context.Context, clientID, contactID int64) error
	Unlink(ctx context.Context, clientID int64) error
	ContactForm(ctx context.Context, client helpdesk.Client) people.Draft
	Mapped(ctx context.Context, entity string, ticket helpdesk.Ticket) (map[int64][]string, error)
	Duplicates(ctx context.Context, draft people.Draft) ([]people.Person, error)
	CreateContact(ctx context.Context, clientID int64, draft people.Draft) (int64, error)
	AddMissing(ctx context.Context, client helpdesk.Client, contactID int64) ([]people.Match, error)
	ForgetData(ctx context.Context) error
}

// Runs is what rules have done.
type Runs interface {
	// Failed returns how many runs need a person.
	Failed(ctx context.Context, tenantID string) (int, error)
	// Latest returns a ticket's newest run and the word key of its state; id is "" for none.
	Latest(ctx context.Context, tenantID string, ticketID int64) (id, state string, err error)
}

// Handlers serve the pages. All members are needed except Runs.
type Handlers struct {
	*ui.Kit
	Account func(*ui.PageRequest) (CRM, error)
	// Login returns how the tenant's login stands; ok is true when it works.
	Login func(context.Context, *ui.PageRequest) (view signin.View, ok bool, err error)
	Runs  Runs // nil shows none
}

func (h *Handlers) Mount(g route.Group) {
	g.GET("", h.withAccount(h.panel))
	g.GET("/people", h.withAccount(h.list))
	g.GET("/search", h.withAccount(h.search))
	g.POST("/search", h.withAccount(h.search))
	g.POST("/link", h.withAccount(h.link))
	g.POST("/unlink", h.withAccount(h.unlink))
	g.GET("/contacts/new", h.withAccount(h.newContact))
	g.POST("/contacts", h.withAccount(h.createContact))
	g.POST("/contacts/:id/missing", h.withAccount(h.addMissing))
}

type request struct {
	*ui.PageRequest
	h     *Handlers
	crm   CRM
	query query
}

func (h *Handlers) withAccount(next func(*request) error) echo.HandlerFunc {
	return ui.WithAccount(h.Kit, h.Account, func(page *ui.PageRequest, account CRM) error {
		return next(&request{PageRequest: page, h: h, crm: account})
	})
}

// First returns the first screen, with its links under base.
func (h *Handlers) First(ctx context.Context, page *ui.PageRequest, account CRM, base string) (View, error) {
	return (&request{PageRequest: page, h: h, crm: account}).view(ctx, base)
}

// After shows the first screen after a write of another page, with the confirmation of what was done.
func (h *Handlers) After(page *ui.PageRequest, account CRM, done string) error {
	return (&request{PageRequest: page, h: h, crm: account}).after(done)
}

// Templates are those of the pages.
//
//go:embed templates/*.html
var Templates embed.FS
