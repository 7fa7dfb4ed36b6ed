package people

import (
	"context"
	"fmt"

	"github.com/sidecard/sidecard/internal/crm"
)

// Link ties a client to one contact: from now on only that contact is shown for the client. ErrGone when the CRM has no such
// contact, ErrNoClient for client 0.
func (ps *People) Link(ctx context.Context, clientID, contactID int64) error {
	if clientID == 0 {
		return crm.ErrNoClient
	}
	if _, err := ps.account.Contact(ctx, contactID); err != nil {
		return fmt.Errorf("link contact %d: %w", contactID, err)
	}
	return ps.account.Memory().Link(ctx, clientID, contactID)
}

// Unlink removes a client's link, if there is one.
func (ps *People) Unlink(ctx context.Context, clientID int64) error {
	if clientID == 0 {
		return crm.ErrNoClient
	}
	return ps.account.Memory().Unlink(ctx, clientID)
}
