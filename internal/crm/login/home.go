package login

import (
	"context"
	"errors"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/oauth"
)

// leftAddress reports whether a refusal may mean that the account does not live at the grant's address any more: nobody does
// (401, 404), or by now another account (amocrm.md §1.4, §1.6).
func leftAddress(err error) bool {
	if err == nil || errors.Is(err, amocrm.ErrUnauthorized) || errors.Is(err, amocrm.ErrNotFound) {
		return true
	}
	refusal, ok := errors.AsType[*amocrm.Error](err)
	return ok && refusal.Kind == amocrm.KindInvalid && strings.EqualFold(refusal.Hint, "Invalid account")
}

// Home implements oauth.Follower: it asks amoCRM where the account of a refused grant lives now. It is "" when the refusal
// stands: the account is where the grant has it, amoCRM does not know the refresh token, or there is nobody to ask.
//
// The host to ask is a claim of the access token, whose signature we can't check, and gets the refresh token: it must pass the
// host rules first, as must the address that it answers with. The refresh token is not used up by asking.
func (p *provider) Home(ctx context.Context, tenantID string, grant oauth.Grant, refusal error) (string, error) {
	if !leftAddress(refusal) {
		return "", nil
	}
	claims, err := amocrm.ParseClaims(grant.Access)
	if err != nil || claims.APIDomain == "" || grant.Refresh == "" {
		return "", nil // a token from before amoCRM named such a host
	}
	api, err := p.cfg.Hosts.API(claims.APIDomain)
	if err != nil {
		p.log.Warn("the access token names a host that is not asked", "tenant", tenantID, "error", err)
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	home, err := amocrm.FindHome(ctx, p.api, api, grant.Refresh)
	for _, definite := range []error{amocrm.ErrUnauthorized, amocrm.ErrNotFound, amocrm.ErrInvalid} {
		if errors.Is(err, definite) {
			return "", nil
		}
	}
	if err != nil {
		return "", err
	}
	base, err := p.cfg.Hosts.Base(home.Domain)
	switch {
	case err != nil:
		p.log.Error("the account has moved to a host that is not allowed", "tenant", tenantID, "host", home.Domain, "error", err)
		return "", nil
	case int64(home.ID) != grant.AccountID:
		p.log.Error("amoCRM gives the address of another account", "tenant", tenantID, "account", int64(home.ID), "wanted", grant.AccountID)
		return "", nil
	case base == grant.Base:
		return "", nil
	}
	return base, nil
}

// Move implements oauth.Follower.
func (p *provider) Move(ctx context.Context, tenantID, base string) error {
	return p.tenants.Move(ctx, tenantID, base)
}

// Moved implements oauth.Follower.
func (p *provider) Moved(ctx context.Context, tenantID string) {
	call(p.cfg.Hooks.Moved, ctx, tenantID)
}
