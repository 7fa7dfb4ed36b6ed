package pages

import "context"

// Failed returns how many runs of a tenant's rules need a person.
func (h *Handlers) Failed(ctx context.Context, tenantID string) (int, error) {
	c, err := h.Rules.Counts(ctx, tenantID)
	return c.Failed, err
}

// Latest returns a ticket's newest run and its state, as the texts inbox.state.… name it; id is "" for none.
func (h *Handlers) Latest(ctx context.Context, tenantID string, ticketID int64) (id, state string, err error) {
	found, err := h.Rules.OfTicket(ctx, tenantID, ticketID)
	if len(found) == 0 {
		return "", "", err
	}
	return found[0].ID, stateOf(found[0]), err
}
