// Package newdeal is the form of a new deal: named after the ticket, with the fields that its stage requires, and a note that
// leads back to the ticket.
//
// It refuses to know what is shown after the deal was made.
//
// Invariants: a form sent twice makes one deal; what was typed survives an error; mapped fields that the form did not show are
// added, those that it showed are as the agent left them.
package newdeal

import (
	"context"
	"embed"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/people"
	"github.com/sidecard/sidecard/blocks/session"
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

func (h *Handlers) withAccount(next func(*request) error) echo.HandlerFunc {
	return ui.WithAccount(h.Kit, h.Account, func(page *ui.PageRequest, account CRM) error {
		return next(&request{PageRequest: page, h: h, crm: account})
	})
}

// Templates are those of the form.
//
//go:embed templates/*.html
var Templates embed.FS

// ticket returns the session's ticket with what has become known of it since the block was opened.
func (r *request) ticket(ctx context.Context) helpdesk.Ticket {
	t := r.Session.Ticket
	message, err := r.h.Sessions.Aside(ctx, r.Session, session.AsideMessage)
	if err != nil {
		r.LogError(err)
	}
	t.LastMessage = message
	return t
}

func (r *request) ticketURL() string {
	return r.h.TicketURL(r.crm.Tenant(), r.Session.Ticket.ID)
}

// note returns the note of a new deal: what the agent wrote, where the ticket is, and the client's words if the agent chose so.
func (r *request) note(ctx context.Context, written string, withMessage bool) string {
	parts := []string{written}
	if link := r.ticketURL(); link != "" {
		parts = append(parts, r.T("deal.note_ticket", "ID", r.Session.Ticket.ID, "URL", link))
	}
	if withMessage {
		if said := r.ticket(ctx).LastMessage; said != "" {
			parts = append(parts, r.T("deal.note_message", "Text", said))
		}
	}
	return strings.TrimSpace(strings.Join(parts, "\n\n"))
}
