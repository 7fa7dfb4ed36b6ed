package amocrm

import (
	"context"
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
