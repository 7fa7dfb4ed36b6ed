package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// exchangeTime bounds one request to the token endpoint.
const exchangeTime = 20 * time.Second

// provider is amoCRM as oauth sees it.
type provider struct {
	cfg     Config
	limiter func(amoBase string) amocrm.Limiter
	http    *http.Client
	api     *http.Client // for amoCRM's own hosts, which tell where an account lives
	log     *slog.Logger
	tenants *tenant.Directory
}

var _ oauth.Follower = (*provider)(nil)

// Refresh implements oauth.Provider. After an unknown outcome it tries the same token once more: when the first request did not
// arrive it still works, when it did nothing is worse than before (amocrm.md §1.4).
func (p *provider) Refresh(ctx context.Context, tenantID string, grant oauth.Grant) (*oauth2.Token, error) {
	id, secret, redirect := grant.ClientID, grant.ClientSecret, grant.RedirectURI
	if id == p.cfg.ClientID { // the operator may have changed the secret or moved the server
		secret, redirect = p.cfg.ClientSecret, p.cfg.redirectURI()
	}
	in := amocrm.TokenRequest{ClientID: id, ClientSecret: secret, RedirectURI: redirect, RefreshToken: grant.Refresh}
	pair, err := p.exchange(ctx, grant.Base, in)
	if errors.Is(err, amocrm.ErrUnknownOutcome) {
		p.log.WarnContext(ctx, "refresh with unknown outcome, trying once more", "tenant", tenantID, "error", err)
		pair, err = p.exchange(ctx, grant.Base, in)
	}
	return pair, err
}

// endWords are amoCRM's for a refresh token that is dead (amocrm.md §1.4), and those of the OAuth server beneath it.
var endWords = []string{"revoked", "invalid refresh token", "refresh token is invalid", "token has expired"}

// ended reports whether a refusal of the token endpoint says that the grant is no more.
func ended(refusal *amocrm.Error) bool {
	if refusal.Kind != amocrm.KindUnauthorized && refusal.Kind != amocrm.KindInvalid {
		return false
	}
	said := strings.ToLower(refusal.Hint + "\n" + refusal.Title + "\n" + refusal.Detail)
	return slices.ContainsFunc(endWords, func(words string) bool { return strings.Contains(said, words) })
}

// Classify implements oauth.Provider. What it leaves of the connector's errors can't be taken for the outcome of the request that
// wanted the token: "invalid" and "unknown outcome" are about the refresh, not about a lead.
func (p *provider) Classify(err error) oauth.Refusal {
	refusal, told := errors.AsType[*amocrm.Error](err)
	switch {
	case told && ended(refusal):
		return oauth.Refusal{Kind: oauth.Ended, Why: cmp.Or(refusal.Hint, refusal.Detail, refusal.Title)}
	case told && errors.Is(err, amocrm.ErrUnauthorized):
		return oauth.Refusal{Kind: oauth.Unexplained, Why: cmp.Or(refusal.Hint, "no reason given")}
	case told && errors.Is(err, amocrm.ErrInvalid):
		return oauth.Refusal{Kind: oauth.Misconfigured, Why: cmp.Or(refusal.Hint, err.Error())}
	}
	for _, kind := range []error{amocrm.ErrLimited, amocrm.ErrBlocked, amocrm.ErrNetwork} {
		if errors.Is(err, kind) {
			return oauth.Refusal{Err: kind}
		}
	}
	return oauth.Refusal{}
}

// exchange makes one request to the token endpoint, at the account's limiter.
func (p *provider) exchange(ctx context.Context, amoBase string, in amocrm.TokenRequest) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	base, err := p.cfg.Hosts.Base(amoBase)
	if err != nil {
		return nil, err // a host that was allowed once and is not any more gets no secret
	}
	limiter := p.limiter(base)
	if limiter != nil {
		done, err := limiter.Wait(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", amocrm.ErrNetwork, err)
		}
		defer done()
	}
	asked := p.cfg.now()
	pair, err := amocrm.Exchange(ctx, p.http, base, in)
	if err != nil {
		var limited *amocrm.Error
		if limiter != nil && errors.As(err, &limited) && limited.Kind == amocrm.KindLimited {
			limiter.Penalty(ctx, limited.RetryAfter)
		}
		return nil, err
	}
	return &oauth2.Token{AccessToken: pair.Access, RefreshToken: pair.Refresh, TokenType: "Bearer",
		Expiry: asked.Add(time.Duration(pair.ExpiresIn) * time.Second).UTC(), ExpiresIn: int64(pair.ExpiresIn)}, nil
}

// account is GET /account with the grant's token as it is: a 401 is final here.
func (p *provider) account(ctx context.Context, grant oauth.Grant) (amocrm.Account, error) {
	options := []amocrm.Option{amocrm.WithHTTP(p.http)}
	if limiter := p.limiter(grant.Base); limiter != nil {
		options = append(options, amocrm.WithLimiter(limiter))
	}
	client, err := amocrm.New(grant.Base, fixed(grant.Access), options...)
	if err != nil {
		return amocrm.Account{}, err
	}
	return client.Account(ctx)
}

// Probe asks amoCRM at an account's address whether it knows the configured integration, with its secret and our redirect
// URI, by way of a code that nobody has. nil: only the code is refused, or no integration is configured. *oauth.ConfigError names
// what is wrong; any other error says that amoCRM could not be asked.
func (g *Grants) Probe(ctx context.Context, amoBase string) error {
	if g.amo.cfg.ClientID == "" {
		return nil
	}
	_, err := g.amo.exchange(ctx, amoBase, amocrm.TokenRequest{
		ClientID: g.amo.cfg.ClientID, ClientSecret: g.amo.cfg.ClientSecret, RedirectURI: g.amo.cfg.redirectURI(), Code: "nobody-has-this-code",
	})
	refusal, told := errors.AsType[*amocrm.Error](err)
	if !told || !errors.Is(err, amocrm.ErrInvalid) && !errors.Is(err, amocrm.ErrUnauthorized) {
		return err
	}
	for _, about := range []string{"client_id", "client_secret", "redirect uri"} { // amocrm.md §1.4
		if strings.Contains(strings.ToLower(refusal.Hint), about) {
			return &oauth.ConfigError{Provider: "amoCRM", Hint: refusal.Hint}
		}
	}
	return nil
}

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
