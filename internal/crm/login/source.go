package login

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// Auth is the tenant's source of access tokens. Errors match ErrNeedsLogin when only a login helps, ErrUpstream when waiting
// may; they never match the connector's errors about a request's own outcome.
func (g *Grants) Auth(tenantID string) amocrm.Auth { return source{g, tenantID} }

type source struct {
	grants   *Grants
	tenantID string
}

// Token implements amocrm.Auth.
func (s source) Token(ctx context.Context, rejected string) (string, error) {
	grant, err := s.current(ctx, rejected)
	return grant.Access, err
}

// Home implements amocrm.Homed.
func (s source) Home(ctx context.Context) (string, error) {
	grant, err := s.grants.load(ctx, s.tenantID)
	return grant.AmoBase, err
}

// current returns a grant whose access token is worth trying.
func (s source) current(ctx context.Context, rejected string) (Grant, error) {
	grant, err := s.grants.load(ctx, s.tenantID)
	if err == nil {
		err = grant.lost()
	}
	if err != nil {
		return Grant{}, err
	}
	now := s.grants.now()
	refused := rejected != "" && rejected == grant.Access
	switch usable := !refused && !grant.expired(now); {
	case grant.Refresh == "" && !usable:
		return s.final(ctx, grant, refused)
	case usable && grant.Refresh != "" && grant.due(now):
		// Good for a while still: nobody needs to wait for the refresh.
		s.grants.renew(ctx, s.tenantID, grant.Generation, false)
		return grant, nil
	case usable: // or another process has refreshed since the refused request was made
		return grant, nil
	}
	select {
	case r := <-s.grants.renew(ctx, s.tenantID, grant.Generation, refused):
		if r.Err != nil {
			return Grant{}, r.Err
		}
		return r.Val.(Grant), nil
	case <-ctx.Done():
		return Grant{}, ctx.Err()
	}
}

// final is about a long-lived token that does not work, which has no refresh (amocrm.md §1.8): its end loses it, a refusal
// only when it goes on for hours.
func (s source) final(ctx context.Context, grant Grant, refused bool) (Grant, error) {
	if !refused {
		return s.grants.giveUp(ctx, s.tenantID, grant, "the long-lived token has expired")
	}
	now, r := s.grants.now(), grant.refusals
	if now.Before(r.until()) {
		return Grant{}, &RefusedError{Since: r.Since, Next: r.until(), Why: r.Why}
	}
	return s.grants.refused(ctx, s.tenantID, grant, r.next(now, "amoCRM refuses the long-lived token", true))
}

var _ amocrm.Homed = source{}

// outward turns an error of the token endpoint into one that can't be taken for the outcome of the request that wanted the
// token: "invalid" and "unknown outcome" are about the refresh, not about a lead.
func outward(err error) error {
	for _, kind := range []error{amocrm.ErrLimited, amocrm.ErrBlocked, amocrm.ErrNetwork} {
		if errors.Is(err, kind) {
			return fmt.Errorf("refresh: %w: %s", kind, err.Error())
		}
	}
	return fmt.Errorf("refresh: %w: %s", ErrUpstream, err.Error())
}
