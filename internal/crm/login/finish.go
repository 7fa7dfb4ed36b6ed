package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// finishTime bounds the part of a login that goes on when the browser leaves.
const finishTime = 60 * time.Second

// Finish ends a login with amoCRM's redirect: it checks that the login was started here by this browser, that access was
// granted in the tenant's own account, exchanges the code, and asks the account who it is. Until those checks have passed
// nothing is sent anywhere, until the last one nothing is stored. Errors: oauth.ErrState, ErrDenied, ErrReferer, ErrSecrets,
// ErrCode, ErrAccount, *oauth.ConfigError, the connector's; the Result holds what is known by then.
func (f *Flow) Finish(ctx context.Context, c Callback) (Result, error) {
	var l login
	if err := f.states.Take(ctx, "login", c.State, &l); err != nil {
		return Result{}, fmt.Errorf("finish login: %w", err)
	}
	r := Result{TenantID: l.TenantID, SessionID: l.SessionID, Lang: l.Lang}
	if subtle.ConstantTimeCompare([]byte(c.Binding), []byte(l.Binding)) != 1 {
		return Result{}, fmt.Errorf("finish login: %w", oauth.ErrState)
	}
	if c.Error != "" || c.Code == "" {
		if c.Error == "access_denied" {
			return r, ErrDenied
		}
		return r, fmt.Errorf("finish login: %w: %s", ErrCode, refusedAs(c.Error))
	}
	t, err := f.dir.Get(ctx, l.TenantID)
	if err != nil {
		return r, fmt.Errorf("finish login: %w", err)
	}
	if err := f.checkReferer(c.Referer, t.AmoBase); err != nil {
		return r, err
	}
	grant, err := f.integration(ctx, c, l)
	if err != nil {
		return r, err
	}
	grant.Base = t.AmoBase
	// From here on the browser may leave: a spent code does not come back.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if grant, err = f.exchange(ctx, grant, c.Code); err != nil {
		return r, err
	}
	if grant, err = f.verify(ctx, grant, t); err != nil {
		return r, err
	}
	r.AccountName = grant.AccountName
	if l.Ends {
		r.Ended = true
		return r, f.end(ctx, l.TenantID, grant)
	}
	others, err := f.others(ctx, t, grant.AccountID)
	if err != nil {
		return r, err
	}
	if len(others) > 0 {
		r.Conflict, err = f.ask(ctx, r, grant, others)
		return r, err
	}
	return r, f.connect(ctx, l.TenantID, grant)
}

// authorizeErrors are the refusals of an authorise page (RFC 6749 §4.1.2.1).
var authorizeErrors = []string{"invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope",
	"server_error", "temporarily_unavailable"}

// refusedAs names a callback's error for the log: anybody can write one.
func refusedAs(code string) string {
	switch {
	case code == "":
		return "there is none"
	case slices.Contains(authorizeErrors, code):
		return "amoCRM answered " + code
	}
	return "amoCRM answered with an unknown error"
}

// checkReferer lets pass only the bare host of the tenant's account: the parameter can be written by anybody, and the host
// gets the client secret (amocrm.md §1.5).
func (f *Flow) checkReferer(referer, amoBase string) error {
	base, err := f.cfg.Hosts.Base(amoBase)
	if err != nil {
		return fmt.Errorf("finish login: %w", err)
	}
	if want := tenant.Host(base); !strings.EqualFold(referer, want) || want == "" {
		return ErrReferer{Got: referer, Want: want}
	}
	return nil
}

// integration gives a grant that knows its integration: the configured one, or the one that the button has just made.
func (f *Flow) integration(ctx context.Context, c Callback, l login) (oauth.Grant, error) {
	grant := oauth.Grant{ClientID: f.cfg.ClientID, ClientSecret: f.cfg.ClientSecret, RedirectURI: f.cfg.redirectURI()}
	if l.Ends && !l.Button {
		stored, err := f.grants.Grant(ctx, l.TenantID)
		if err != nil {
			return oauth.Grant{}, fmt.Errorf("finish login: %w", err)
		}
		if stored.ClientID != f.cfg.ClientID { // the operator may have changed the secret of the own integration
			grant.ClientID, grant.ClientSecret, grant.RedirectURI = stored.ClientID, stored.ClientSecret, stored.RedirectURI
		}
	}
	if l.Button {
		var s secrets
		err := f.states.Take(ctx, "login-secrets", c.State, &s)
		if errors.Is(err, oauth.ErrState) {
			return oauth.Grant{}, ErrSecrets
		}
		if err != nil {
			return oauth.Grant{}, fmt.Errorf("finish login: %w", err)
		}
		grant.ClientID, grant.ClientSecret = s.ClientID, s.ClientSecret
	}
	if c.ClientID != "" && c.ClientID != grant.ClientID {
		return oauth.Grant{}, fmt.Errorf("finish login: %w: it answers another integration", oauth.ErrState)
	}
	return grant, nil
}

// exchange spends the code.
func (f *Flow) exchange(ctx context.Context, grant oauth.Grant, code string) (oauth.Grant, error) {
	pair, err := f.grants.amo.exchange(ctx, grant.Base, amocrm.TokenRequest{ClientID: grant.ClientID,
		ClientSecret: grant.ClientSecret, RedirectURI: grant.RedirectURI, Code: code})
	var refusal *amocrm.Error
	switch {
	case err == nil:
		now := f.cfg.now()
		grant.GrantedAt = now
		return grant.With(pair, now), nil
	case !errors.As(err, &refusal) || refusal.Kind != amocrm.KindInvalid:
		return oauth.Grant{}, fmt.Errorf("exchange the code: %w", err)
	case strings.Contains(strings.ToLower(refusal.Hint), "authorization code"):
		return oauth.Grant{}, fmt.Errorf("%w: %s", ErrCode, refusal.Hint)
	}
	return oauth.Grant{}, &oauth.ConfigError{Provider: "amoCRM", Hint: refusal.Hint}
}

// verify asks the account behind the new token who it is: it must be the one in the token, the tenant's host and, when the
// tenant was connected before, the same as then.
func (f *Flow) verify(ctx context.Context, grant oauth.Grant, t tenant.Tenant) (oauth.Grant, error) {
	account, err := f.grants.amo.account(ctx, grant)
	if err != nil {
		return oauth.Grant{}, fmt.Errorf("ask for the account: %w", err)
	}
	got := int64(account.ID)
	claims, err := amocrm.ParseClaims(grant.Access)
	if err != nil {
		// amoCRM promises no form of its tokens; the account's own answer is the stronger check and stays.
		f.log.WarnContext(ctx, "the access token's claims can't be read", "tenant", t.ID, "error", err)
	} else if claims.AccountID != 0 && claims.AccountID != account.ID {
		return oauth.Grant{}, mismatch(int64(claims.AccountID), got)
	}
	if t.AccountID != 0 && t.AccountID != got {
		return oauth.Grant{}, mismatch(got, t.AccountID)
	}
	if want, ok := subdomain(grant.Base); ok && !strings.EqualFold(account.Subdomain, want) {
		return oauth.Grant{}, ErrAccount{Got: account.Subdomain, Want: want}
	}
	grant.AccountID, grant.AccountName, grant.UserID = got, account.Name, int64(account.CurrentUserID)
	if id, err := strconv.ParseInt(claims.Subject, 10, 64); err == nil {
		grant.UserID = id
	}
	return grant, nil
}

func mismatch(got, want int64) error {
	return ErrAccount{Got: strconv.FormatInt(got, 10), Want: strconv.FormatInt(want, 10)}
}

// subdomain is the account's name in amoCRM's own hosts; hosts that the configuration adds need not follow that form.
func subdomain(base string) (string, bool) {
	name, domain, _ := strings.Cut(tenant.Host(base), ".")
	return name, slices.Contains([]string{"amocrm.ru", "amocrm.com", "kommo.com"}, domain)
}

// fixed is a token without a second one.
type fixed string

func (f fixed) Token(_ context.Context, rejected string) (string, error) {
	if rejected != "" {
		return "", errors.New("the new token is refused")
	}
	return string(f), nil
}

// connect stores the grant and everything that follows from it.
func (f *Flow) connect(ctx context.Context, tenantID string, grant oauth.Grant) error {
	saved, err := f.grants.Store(ctx, tenantID, grant)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := f.dir.Connected(ctx, tenantID, grant.ClientID, grant.AccountID, grant.AccountName); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	f.log.InfoContext(ctx, "connected to amoCRM", "tenant", tenantID, "account", saved.AccountID, "user", saved.UserID)
	call(f.cfg.Hooks.Connected, ctx, tenantID)
	return nil
}

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
