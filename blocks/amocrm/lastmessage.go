package amocrm

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// Desk reads tickets of a tenant's helpdesk; *usedesk.API is it.
type Desk interface {
	Ticket(ctx context.Context, id int64) (usedesk.Ticket, error)
}

var _ Desk = (*usedesk.API)(nil)

// deskPatience bounds the look for the client's last message: nobody waits for it.
const deskPatience = 2 * time.Second

// fetchMessage keeps the client's last message beside the session, so that the form of a new deal can offer it. Without
// a helpdesk token, or when the helpdesk does not answer, there is simply nothing to offer.
func (h *Handlers) fetchMessage(ctx context.Context, s session.Session) {
	if h.Desk == nil || s.Ticket.ID == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, deskPatience)
	defer cancel()
	desk, err := h.Desk(ctx, s.TenantID)
	if err == nil && desk == nil {
		return
	}
	var ticket usedesk.Ticket
	if err == nil {
		ticket, err = desk.Ticket(ctx, s.Ticket.ID)
	}
	if err == nil {
		err = h.Sessions.SetAside(ctx, s, session.AsideMessage, lastMessage(ticket))
	}
	if err != nil {
		h.Log.InfoContext(ctx, "last message not read", "error", err, "tenant", s.TenantID)
	}
}

// maxMessageRunes bounds what is taken over of a client's message.
const maxMessageRunes = 2000

// lastMessage returns what the client wrote last in a ticket, as plain text of at most maxMessageRunes; "" when there is
// nothing. Private comments and those of agents and rules do not count.
func lastMessage(t usedesk.Ticket) string {
	var last usedesk.Comment
	for _, c := range t.Comments {
		if c.From != "client" || c.Type == "private" || strings.TrimSpace(c.Message) == "" {
			continue
		}
		if !c.PublishedAt.Before(last.PublishedAt) {
			last = c
		}
	}
	return helpdesk.PlainText(last.Message, maxMessageRunes)
}

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

// ticketURL is where agents open a ticket, "" when that can't be told (usedesk.md §2.1). apiBase is the address of the
// helpdesk's API: the cloud has it on a host of its own, every other installation beside the pages.
func ticketURL(apiBase string, id int64) string {
	u, err := url.Parse(apiBase)
	if err != nil || u.Host == "" || id == 0 {
		return ""
	}
	host := u.Host
	if host == "api.usedesk.ru" {
		host = "secure.usedesk.ru"
	}
	return u.Scheme + "://" + host + "/tickets/" + strconv.FormatInt(id, 10)
}

func (r *pageRequest) ticketURL() string { return r.ticketURLOf(r.Session.Ticket.ID) }

// ticketURLOf is where agents open one of the tenant's tickets, "" when that can't be told.
func (r *pageRequest) ticketURLOf(id int64) string {
	base := r.crm.Tenant().DeskBase
	if base == "" {
		base = r.h.DeskAPI
	}
	if r.h.TicketURL != nil {
		return r.h.TicketURL(base, id)
	}
	return ticketURL(base, id)
}

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
