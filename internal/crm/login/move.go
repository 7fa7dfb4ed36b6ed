package login

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// OnMove has call called when a tenant's account was found at another address, and tenant and grant are stored there: to drop
// what was cached. A refresh waits for it, at most ten seconds; it must not ask for a token itself.
func (g *Grants) OnMove(call func(ctx context.Context, tenantID string)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.onMove = append(g.onMove, call)
}

// leftAddress says whether a refusal may mean that the account does not live at the grant's address any more: nobody does
// (401, 404), or by now another account (amocrm.md §1.4, §1.6).
func leftAddress(err error) bool {
	if errors.Is(err, errFresh) || errors.Is(err, amocrm.ErrUnauthorized) || errors.Is(err, amocrm.ErrNotFound) {
		return true
	}
	refusal, ok := errors.AsType[*amocrm.Error](err)
	return ok && refusal.Kind == amocrm.KindInvalid && strings.EqualFold(refusal.Hint, "Invalid account")
}

// home asks amoCRM where the account of a refused grant lives now. It is "" when the refusal stands: the account is where the
// grant has it, amoCRM does not know the refresh token, or there is nobody to ask. An error means that nobody knows.
//
// The host to ask is a claim of the access token, whose signature we can't check, and gets the refresh token: it must pass the
// host rules first, as must the address that it answers with. The refresh token is not used up by asking.
func (g *Grants) home(ctx context.Context, tenantID string, grant Grant) (string, error) {
	claims, err := amocrm.ParseClaims(grant.Access)
	if err != nil || claims.APIDomain == "" || grant.Refresh == "" {
		return "", nil // a token from before amoCRM named such a host
	}
	api, err := g.cfg.Hosts.API(claims.APIDomain)
	if err != nil {
		g.log.Warn("the access token names a host that is not asked", "tenant", tenantID, "error", err)
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	home, err := amocrm.FindHome(ctx, g.api, api, grant.Refresh)
	for _, definite := range []error{amocrm.ErrUnauthorized, amocrm.ErrNotFound, amocrm.ErrInvalid} {
		if errors.Is(err, definite) {
			return "", nil
		}
	}
	if err != nil {
		return "", err
	}
	base, err := g.cfg.Hosts.Base(home.Domain)
	switch {
	case err != nil:
		g.log.Error("the account has moved to a host that is not allowed", "tenant", tenantID, "host", home.Domain, "error", err)
		return "", nil
	case int64(home.ID) != grant.AccountID:
		g.log.Error("amoCRM gives the address of another account", "tenant", tenantID, "account", int64(home.ID), "wanted", grant.AccountID)
		return "", nil
	case base == grant.AmoBase:
		return "", nil
	}
	return base, nil
}

// move brings tenant and grant to the account's new address. ours is false when another grant has come between: that one is
// the good one, or its error is returned.
//
// The tenant goes first. Cut off between the two, its calls go to the new address with the tokens it has, and the next refresh
// finds the new address again; the other way round they would be refused at the old address until the grant counts as lost.
func (g *Grants) move(ctx context.Context, tenantID string, grant Grant, base string) (moved Grant, ours bool, err error) {
	if err := g.tenants.Move(ctx, tenantID, base); err != nil {
		return Grant{}, false, fmt.Errorf("follow the renamed account: %w", err)
	}
	from := grant.AmoBase
	grant.AmoBase = base
	moved, ours, err = g.save(ctx, tenantID, grant)
	if err == nil && !ours {
		moved, err = g.other(ctx, tenantID)
	}
	if err != nil {
		return Grant{}, false, fmt.Errorf("follow the renamed account: %w", err)
	}
	g.tell(ctx, tenantID, &g.onMove)
	g.log.Info("the amoCRM account was renamed", "tenant", tenantID, "account", grant.AccountID, "from", from, "to", base)
	return moved, ours, nil
}
