package login

import (
	"context"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// InstallLongLived connects the tenant of the operator's own credential with the configured long-lived token (amocrm.md
// §1.8), for single-tenant installs; call it at the start. It asks for a credential, not a host alone: everybody may know a
// host, and a tenant of that host must not get the operator's token for it. The account is asked who it is unless the same
// token is already in use. Errors: ErrAccount, tenant.ErrNoCredential, the connector's.
func (f *Flow) InstallLongLived(ctx context.Context, c tenant.Credential) (tenantID string, err error) {
	base, err := f.cfg.Hosts.Base(c.AmoBase)
	if err != nil {
		return "", fmt.Errorf("install the long-lived token: %w", err)
	}
	c.AmoBase = base
	t, err := f.dir.Open(ctx, c)
	if err != nil {
		return "", fmt.Errorf("install the long-lived token: %w", err)
	}
	if old, err := f.grants.Grant(ctx, t.ID); err == nil && !old.Lost() && old.Access == f.cfg.LongLivedToken {
		return t.ID, nil
	}
	now := f.cfg.now()
	grant := oauth.Grant{Base: t.AmoBase, Access: f.cfg.LongLivedToken, GrantedAt: now, RefreshedAt: now}
	if claims, err := amocrm.ParseClaims(grant.Access); err == nil && claims.ExpiresAt > 0 {
		grant.ExpiresAt = time.Unix(claims.ExpiresAt, 0).UTC()
	}
	if grant, err = f.verify(ctx, grant, t); err != nil {
		return "", fmt.Errorf("install the long-lived token: %w", err)
	}
	return t.ID, f.connect(ctx, t.ID, grant)
}
