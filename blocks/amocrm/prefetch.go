package amocrm

import (
	"context"
	"sync"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// messageTimeout bounds the look for the client's last message: no page waits for it.
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

// prefetchPanel reads what the panel will ask for in a moment.
func (h *Handlers) prefetchPanel(ctx context.Context, session session.Session, pressed bool) {
	status, err := h.Grants.Status(ctx, session.TenantID)
	if err != nil || status.State != "connected" {
		return // the panel will show it
	}
	account, err := h.CRM(ctx, session.TenantID, "")
	if err != nil {
		return
	}
	if pressed {
		if err := account.ForgetData(ctx); err != nil {
			h.LogError(ctx, err, session.TenantID)
		}
	}
	// A failure is the panel's to show; it will ask the same. The forms' vocabulary comes second, and not with each ticket:
	// decoding it is most of an opening's work.
	if _, err := account.People(ctx, session.Ticket.Client); err == nil && h.vocab.first(session.TenantID, h.Now()) {
		_, _ = account.Meta(ctx)
	}
}

const (
	recentFor = time.Minute
	maxRecent = 4096 // tenants
)

// recent remembers for which tenants something was done within the last minute, in this process: doing it once more costs
// work and nothing else.
type recent struct {
	mu sync.Mutex
	at map[string]time.Time
}

// first reports whether it was not done for the tenant within the last minute, and takes it as done now.
func (r *recent) first(tenantID string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.at[tenantID]; ok && now.Sub(at) < recentFor {
		return false
	}
	if r.at == nil || len(r.at) >= maxRecent {
		r.at = map[string]time.Time{}
	}
	r.at[tenantID] = now
	return true
}
