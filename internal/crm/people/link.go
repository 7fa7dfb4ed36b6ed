package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

// Link ties a client to one contact: from now on only that contact is shown for the client. ErrGone when the CRM has no such
// contact, ErrNoClient for client 0.
func (ps *People) Link(ctx context.Context, clientID, contactID int64) error {
	if clientID == 0 {
		return crm.ErrNoClient
	}
	c, err := ps.account.API().Contact(ctx, amocrm.ID(contactID))
	switch {
	case errors.Is(err, amocrm.ErrNotFound) || err == nil && c.IsDeleted:
		return fmt.Errorf("link contact %d: %w", contactID, crm.ErrGone)
	case err != nil:
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
