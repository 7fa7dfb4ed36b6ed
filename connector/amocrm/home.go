package amocrm

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sidecard/sidecard/connector/transport"
)

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
