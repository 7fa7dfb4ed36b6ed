package newdeal

import (
	"context"
	"strings"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

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
