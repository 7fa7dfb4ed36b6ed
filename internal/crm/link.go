package crm

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// Link ties a client to one contact: from now on only that contact is shown for the client. ErrGone when the CRM has no such
// contact, ErrNoClient for client 0.
func (a *Account) Link(ctx context.Context, clientID, contactID int64) error {
	if clientID == 0 {
		return ErrNoClient
	}
	c, err := a.API().Contact(ctx, amocrm.ID(contactID))
	switch {
	case errors.Is(err, amocrm.ErrNotFound) || err == nil && c.IsDeleted:
		return fmt.Errorf("link contact %d: %w", contactID, ErrGone)
	case err != nil:
		return fmt.Errorf("link contact %d: %w", contactID, err)
	}
	return a.Memory().Link(ctx, clientID, contactID)
}

// Unlink removes a client's link, if there is one.
func (a *Account) Unlink(ctx context.Context, clientID int64) error {
	if clientID == 0 {
		return ErrNoClient
	}
	return a.Memory().Unlink(ctx, clientID)
}
