package amocrm

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/connector/wire"
)

const (
	tokenOp       = "POST /oauth2/access_token"
	defaultExpiry = 86400
	maxToken      = 16 << 10
)

// TokenRequest asks for a token pair: for Code if it is set, else for RefreshToken. RedirectURI must equal the
// registered one in both cases (amocrm.md §1.3).
type TokenRequest struct {
	ClientID     string
	ClientSecret string
	RedirectURI  string
	Code         string
	RefreshToken string
}

// TokenPair is what Exchange brings. The refresh token is single-use: store the pair before using it. ExpiresIn is in
// seconds.
type TokenPair struct {
	Access    string
	Refresh   string
	ExpiresIn int
}

// Exchange makes one request to the token endpoint of the account at base; it never repeats it. Refusals are *Error with
// the endpoint's Hint (amocrm.md §1.4): ErrInvalid for a wrong configuration or code, ErrUnauthorized for a used or
// revoked token. After ErrUnknownOutcome (5xx, timeout, unreadable answer) the pair may have been changed already.
func Exchange(ctx context.Context, h *http.Client, base string, in TokenRequest) (TokenPair, error) {
	u, err := parseBase(base)
	if err != nil {
		return TokenPair{}, err
	}
	form := map[string]string{
		"client_id": in.ClientID, "client_secret": in.ClientSecret, "redirect_uri": in.RedirectURI,
		"grant_type": "refresh_token",
	}
	switch {
	case in.Code != "":
		form["grant_type"], form["code"] = "authorization_code", in.Code
	case in.RefreshToken != "":
		form["refresh_token"] = in.RefreshToken
	default:
		return TokenPair{}, refuse(tokenOp, "neither code nor refresh token given")
	}
	payload, err := json.Marshal(form)
	if err != nil {
		return TokenPair{}, refuse(tokenOp, "encode request: %v", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String()+"/oauth2/access_token", bytes.NewReader(payload))
	if err != nil {
		return TokenPair{}, fmt.Errorf("amocrm: %s: %w", tokenOp, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", transport.UserAgent())
	a, err := transport.DoTraced(transport.NoRedirects(h), req, "amocrm", tokenOp)
	if err != nil {
		e := &Error{Op: tokenOp, Kind: KindNetwork, cause: err}
		if f, ok := errors.AsType[*transport.Failure](err); ok && f.MaybeSent {
			e.Kind = KindUnknownOutcome
		}
		return TokenPair{}, e
	}
	if a.Status < 200 || a.Status > 299 {
		e := problem(tokenOp, a, in.ClientSecret, in.Code, in.RefreshToken)
		if a.Status >= 500 {
			e.Kind = KindUnknownOutcome
		}
		return TokenPair{}, e
	}
	return decodePair(a)
}

func decodePair(a transport.Answer) (TokenPair, error) {
	var body struct {
		Access    string `json:"access_token"`
		Refresh   string `json:"refresh_token"`
		ExpiresIn Number `json:"expires_in"`
	}
	if err := decode(a, &body); err != nil || body.Access == "" || body.Refresh == "" {
		return TokenPair{}, &Error{Op: tokenOp, Status: a.Status, Kind: KindUnknownOutcome,
			Detail: "the answer holds no token pair"}
	}
	if body.ExpiresIn <= 0 {
		body.ExpiresIn = defaultExpiry
	}
	return TokenPair{Access: body.Access, Refresh: body.Refresh, ExpiresIn: int(body.ExpiresIn)}, nil
}

// Claims are the useful parts of an access token (amocrm.md §1.7). They are information, never proof: the signature
// can't be checked. Subject is the user's id; ExpiresAt is in Unix seconds; APIDomain is empty in tokens before 2024.
type Claims struct {
	AccountID  ID     `json:"account_id"`
	Subject    string `json:"-"`
	ExpiresAt  int64  `json:"-"`
	APIDomain  string `json:"api_domain"`
	BaseDomain string `json:"base_domain"`
}

// ParseClaims reads the claims of an access token without checking its signature. Its errors don't show the token.
func ParseClaims(access string) (Claims, error) {
	parts := strings.Split(access, ".")
	if len(access) > maxToken || len(parts) != 3 {
		return Claims{}, errors.New("amocrm: access token is not a JWT")
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Claims{}, errors.New("amocrm: claims of the access token are not base64")
	}
	var body struct {
		Claims
		Subject wire.Text `json:"sub"`
		Expires Number    `json:"exp"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return Claims{}, errors.New("amocrm: claims of the access token can't be read")
	}
	body.Claims.Subject, body.Claims.ExpiresAt = string(body.Subject), int64(body.Expires)
	return body.Claims, nil
}

// AuthorizeURL is the page where a user of the account at base grants access: the product's own for its hosts, else
// base + "/oauth" (amocrm.md §1.1). mode is "popup" or "post_message"; anything else becomes "post_message".
func AuthorizeURL(base, clientID, state, mode string) string {
	page := strings.TrimSuffix(base, "/") + "/oauth"
	if u, err := url.Parse(base); err == nil {
		switch host := u.Hostname(); {
		case strings.HasSuffix(host, ".amocrm.ru"):
			page = "https://www.amocrm.ru/oauth"
		case strings.HasSuffix(host, ".kommo.com"), strings.HasSuffix(host, ".amocrm.com"):
			page = "https://www.kommo.com/oauth"
		}
	}
	if mode != "popup" {
		mode = "post_message"
	}
	return page + "?" + url.Values{"client_id": {clientID}, "state": {state}, "mode": {mode}}.Encode()
}

const homeOp = "GET /oauth2/account/current/subdomain"

// Home is where an account lives now. Domain is its host as amoCRM tells it: check it with Hosts.Base before use.
type Home struct {
	ID        ID     `json:"id"`
	Subdomain string `json:"subdomain"`
	Domain    string `json:"domain"`
}

// FindHome asks api, the host of an access token's api_domain claim as Hosts.API gave it, where the account of a refresh
// token lives (amocrm.md §1.6). The token is not used up by it. Refusals are *Error: ErrUnauthorized when amoCRM does not
// know the token (any more). An answer that names no account or no host is ErrUpstream.
func FindHome(ctx context.Context, h *http.Client, api, refresh string) (Home, error) {
	u, err := parseBase(api)
	if err != nil {
		return Home{}, err
	}
	if refresh == "" {
		return Home{}, refuse(homeOp, "no refresh token given")
	}
	h = transport.NoRedirects(h)
	a, err := transport.RetryRead(ctx, func(ctx context.Context) (transport.Answer, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String()+"/oauth2/account/current/subdomain", nil)
		if err != nil {
			return transport.Answer{}, err
		}
		req.Header.Set("X-Refresh-Token", refresh)
		req.Header.Set("Accept", "application/json")
		req.Header.Set("User-Agent", transport.UserAgent())
		return transport.Do(h, req)
	})
	if err != nil {
		return Home{}, &Error{Op: homeOp, Kind: KindNetwork, cause: err}
	}
	if a.Status < 200 || a.Status > 299 {
		return Home{}, problem(homeOp, a, refresh)
	}
	var home Home
	if err := decode(a, &home); err != nil || home.ID == 0 || home.Domain == "" || len(home.Domain) > maxText {
		return Home{}, &Error{Op: homeOp, Status: a.Status, Kind: KindUpstream, Detail: "the answer names no account's address"}
	}
	return home, nil
}

// goHome turns the client to the address where its account lives by now, and says whether that is another one.
func (c *core) goHome(ctx context.Context) (moved bool, err error) {
	homed, ok := c.auth.(Homed)
	if !ok {
		return false, nil
	}
	base, err := homed.Home(ctx)
	if err != nil {
		return false, authError{fmt.Errorf("find the account's address: %w", err)}
	}
	if base == c.Base() {
		return false, nil
	}
	u, err := parseBase(base)
	if err != nil {
		return false, authError{fmt.Errorf("find the account's address: %w", err)}
	}
	c.base.Store(u)
	return true, nil
}
