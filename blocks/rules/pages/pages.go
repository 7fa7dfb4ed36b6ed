// Package pages are the rules' pages beside a ticket: the inbox of what rules asked for, the ready-made rule with its key, and
// the check of a rule.
//
// It refuses to know how a rule is worked out and how deals are shown: that is the package above and the CRM's block.
//
// Invariants: what people search for and decide stands in a form, never in an address; a form sent twice acts once; a phone
// that a page hides is put back before anything is stored.
package pages

import (
	"context"
	"embed"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Templates are those of the pages.
//
//go:embed templates/*.html
var Templates embed.FS

// Problems are the errors that only these pages show.
var Problems = []ui.Problem{{Is: ledger.ErrNotFound, Code: "no_firing", Status: http.StatusNotFound}}

// Links lead from the settings to the pages, in groups.
var Links = [][]ui.Link{
	{{Path: "/rule", Icon: "bolt", Text: "rule.link"}, {Path: "/inbox", Icon: "inbox", Text: "inbox.link"}},
	{{Path: "/rule/check", Icon: "check", Text: "rule.check_link"}},
}

// Account is what the pages ask of a connected account; *crm.Account is it.
type Account interface {
	Tenant() tenant.Tenant
	Meta(ctx context.Context) (crm.Meta, error)
	Locale(ctx context.Context) (country, timezone string, err error)
}

// Handlers serve the pages. All members are needed.
type Handlers struct {
	*ui.Kit
	Rules     *rules.Service
	Try       func(ctx context.Context, tenantID string, ticketID int64, rule string) (rules.Trial, error) // makes nothing
	Account   func(ctx context.Context, tenantID string) (Account, error)
	NewKey    func(ctx context.Context, tenantID string) (tenant.Tenant, error)
	TicketURL func(t tenant.Tenant, ticketID int64) string // where agents open a ticket, "" when that can't be told
}

func (h *Handlers) Mount(r *route.Router) {
	g := r.Panel()
	g.GET("/inbox", h.inside(h.inbox))
	g.POST("/inbox", h.inside(h.retryAll))
	g.POST("/inbox/search", h.inside(h.inboxSearch))
	g.POST("/inbox.csv", h.inside(h.inboxFile))
	g.GET("/inbox/:id", h.inside(h.job))
	g.POST("/inbox/:id", h.inside(h.changeJob))
	g.GET("/rule", h.inside(h.rule))
	g.POST("/rule/key", h.inside(h.newKey))
	g.GET("/rule/check", h.inside(h.ruleCheck))
	g.POST("/rule/check", h.inside(h.checkRule))
}

type pageRequest struct {
	*ui.PageRequest
	h   *Handlers
	crm Account
}

// inside opens the account behind a session.
func (h *Handlers) inside(next func(*pageRequest) error) echo.HandlerFunc {
	return h.WithSession(func(page *ui.PageRequest) error {
		account, err := h.Account(page.Ctx, page.Session.TenantID)
		if err != nil {
			return page.Fail(err, page.Base())
		}
		page.For(account.Tenant(), account.Locale)
		return next(&pageRequest{PageRequest: page, h: h, crm: account})
	})
}
