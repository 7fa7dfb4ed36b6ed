package amocrm

import (
	"context"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// messageTimeout bounds the look for the client's last message: nobody waits for it.
const messageTimeout = 2 * time.Second

// fetchMessage keeps the client's last message beside the session, so that the form of a new deal can offer it. Without
// a helpdesk token, or when the helpdesk does not answer, there is simply nothing to offer.
func (h *Handlers) fetchMessage(ctx context.Context, s session.Session) {
	if h.LastMessage == nil || s.Ticket.ID == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, messageTimeout)
	defer cancel()
	message, err := h.LastMessage(ctx, s.TenantID, s.Ticket.ID)
	if err == nil && message != "" {
		err = h.Sessions.SetAside(ctx, s, session.AsideMessage, helpdesk.PlainText(message, maxMessageRunes))
	}
	if err != nil {
		h.Log.InfoContext(ctx, "last message not read", "error", err, "tenant", s.TenantID)
	}
}

// maxMessageRunes bounds what is taken over of a client's message.
const maxMessageRunes = 2000

// ticket is the session's ticket with what has become known of it since the block was opened.
func (r *pageRequest) ticket(ctx context.Context) helpdesk.Ticket {
	t := r.Session.Ticket
	message, err := r.h.Sessions.Aside(ctx, r.Session, session.AsideMessage)
	if err != nil {
		r.LogError(err)
	}
	t.LastMessage = message
	return t
}

func (r *pageRequest) ticketURL() string { return r.h.TicketURL(r.crm.Tenant(), r.Session.Ticket.ID) }

// dealNote is the note of a new deal: what the agent wrote, where the ticket is, and the client's words if he chose so.
func (r *pageRequest) dealNote(ctx context.Context, written string, withMessage bool) string {
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
