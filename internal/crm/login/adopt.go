package login

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Adopt gives a tenant the living grant of another one of the same account, unless it has a living one itself; the other's
// is lost from then on. A refresh token is single-use, so the other must not refresh it any more: it is taken away first,
// and an end between the two steps costs a login.
func (g *Grants) Adopt(ctx context.Context, from, into string) error {
	unlock, err := g.db.Lock(ctx, refreshLockKey(from), time.Minute)
	if err != nil {
		return fmt.Errorf("take over the grant: %w", err)
	}
	defer unlock()
	grant, err := g.load(ctx, from)
	if errors.Is(err, ErrNoGrant) || err == nil && grant.lost() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take over the grant: %w", err)
	}
	own, err := g.load(ctx, into)
	if err == nil && own.lost() == nil {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNoGrant) {
		return fmt.Errorf("take over the grant: %w", err)
	}
	if err == nil && own.AccountID != grant.AccountID {
		return mismatch(grant.AccountID, own.AccountID)
	}
	taken := grant
	taken.Access, taken.Refresh = "", ""
	_, ok, err := g.lose(ctx, from, taken, "taken over by another tenant of the account")
	if err != nil {
		return fmt.Errorf("take over the grant: %w", err)
	}
	if !ok {
		return errors.New("take over the grant: it was changed meanwhile, try again")
	}
	if _, err := g.replace(ctx, into, grant); err != nil {
		return fmt.Errorf("take over the grant: %w", err)
	}
	g.announce(ctx, into)
	return nil
}
