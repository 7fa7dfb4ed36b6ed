package newdeal

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/people"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// CRM is what the form of a new deal asks of an account.
type CRM interface {
	people.CRM
	DealForm(ctx context.Context, ticket helpdesk.Ticket) (deals.Form, error)
	Required(ctx context.Context, pipelineID, statusID int64) ([]amoapi.Field, error)
	MoreFields(ctx context.Context, pipelineID, statusID int64) ([]amoapi.Field, error)
	CreateDeal(ctx context.Context, clientID int64, draft deals.Draft) (int64, error)
}

// Handlers serve the form.
type Handlers struct {
	*ui.Kit
	Account func(*ui.PageRequest) (CRM, error)
	// After shows the first screen after the deal was made, with the confirmation of what was done.
	After func(page *ui.PageRequest, account people.CRM, done string) error
	// TicketURL returns the page of a ticket, "" when that can't be told.
	TicketURL func(t tenant.Tenant, ticketID int64) string
}

// Mount names the addresses.
func (h *Handlers) Mount(g route.Group) {
	g.GET("/deals/new", h.withAccount(h.show))
	g.POST("/deals/new/stage", h.withAccount(h.stage))
	g.POST("/deals", h.withAccount(h.create))
}

// request is one request for the form or a part of it.
type request struct {
	*ui.PageRequest
	h       *Handlers
	crm     CRM
	message bool // the client's last message goes into the note
}

// withAccount opens the account behind a session.
func (h *Handlers) withAccount(next func(*request) error) echo.HandlerFunc {
	return h.WithSession(func(page *ui.PageRequest) error {
		account, err := h.Account(page)
		if err != nil {
			return page.Fail(err, page.Base())
		}
		return next(&request{PageRequest: page, h: h, crm: account})
	})
}
