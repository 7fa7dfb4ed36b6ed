// Package oauth is the machine's side of OAuth in the local amoCRM: codes and refresh tokens are good once, a grant ends
// in all its tokens, and where an account lives can be asked.
//
// It refuses to know pages; a person grants in package web.
package oauth

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/hooks"
	"github.com/sidecard/sidecard/sandbox/amocrm/stats"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// Grants issues codes and tokens, exchanges and ends them.
type Grants struct {
	State   *kit.State[world.World]
	Now     func() time.Time
	Stats   *stats.Stats
	Gate    *api.Gate
	Courier *hooks.Courier
	APIHost string // what access tokens name as their api_domain; empty is the account's own host
}

// Routes are the machine's side of OAuth; the person's side is the consent page.
func (s *Grants) Routes(mux *http.ServeMux) {
	s.Gate.Open(mux, "POST /oauth2/access_token", s.token)
	s.Gate.Open(mux, "POST /oauth2/access_token/{$}", s.token)
	s.Gate.Open(mux, "GET /oauth2/account/current/subdomain", s.currentSubdomain)
	s.Gate.Open(mux, "GET /oauth2/account/subdomain", s.oldSubdomain)
	s.Gate.Open(mux, "GET /v3/user", s.resourceOwner)
}

// tokenRequest is the body of the token endpoint.
type tokenRequest struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	GrantType    string `json:"grant_type"`
	Code         string `json:"code"`
	RefreshToken string `json:"refresh_token"`
	RedirectURI  string `json:"redirect_uri"`
}

// oauthError is a refusal of the token endpoint (amocrm.md §1.4).
type oauthError struct {
	hint   string
	status int
}

func (e oauthError) Error() string { return e.hint }

// Hints with statuses as documented; the last three are deductions from the style of the others.
var (
	errCodeExpired  = oauthError{"Authorization code has expired", http.StatusBadRequest}
	errCodeUsed     = oauthError{"Authorization code has been revoked", http.StatusBadRequest}
	errCodeUnknown  = oauthError{"Cannot decrypt the authorization code", http.StatusBadRequest}
	errClientID     = oauthError{"Check the `client_id` parameter", http.StatusBadRequest}
	errClientSecret = oauthError{"Check the `client_secret` parameter", http.StatusBadRequest}
	errRedirectURI  = oauthError{"Redirect URI is not associated with client", http.StatusBadRequest}
	errAccount      = oauthError{"Invalid account", http.StatusBadRequest}
	errRevoked      = oauthError{"Token has been revoked", http.StatusUnauthorized}
	errRefresh      = oauthError{"Invalid refresh token", http.StatusUnauthorized}
	errGrantType    = oauthError{"Check the `grant_type` parameter", http.StatusBadRequest}
	errBody         = oauthError{"Check that all required parameters have been provided", http.StatusBadRequest}
)

// answerOAuthError sends the envelope of the token endpoint, which is not problem+json.
func answerOAuthError(w http.ResponseWriter, e oauthError) {
	api.WriteJSON(w, e.status, map[string]any{
		"hint": e.hint, "title": "Некорректный запрос", "type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
		"status": e.status, "detail": "В запросе отсутствует ряд параметров или параметры невалидны",
	})
}

// token exchanges a code or a refresh token for a new pair. The pair is on disk before the answer goes out.
func (s *Grants) token(w http.ResponseWriter, r *http.Request, a *world.Account) {
	req, err := readTokenRequest(r)
	var pair Tokens
	if err == nil {
		s.State.Write(func(state *world.World) { pair, err = s.exchange(state, req, a) })
	}
	if err == nil {
		err = s.State.Save()
	}
	var refusal oauthError
	switch {
	case err == nil:
		w.Header().Set("Cache-Control", "no-store")
		api.WriteJSON(w, http.StatusOK, pair)
	case errors.As(err, &refusal):
		answerOAuthError(w, refusal)
	default:
		api.Problem(w, http.StatusInternalServerError, "ErrInternalServer", err.Error())
	}
}

// readTokenRequest reads JSON, as documented, or a form of either kind, which is what many OAuth libraries send. Some
// of them put id and secret into the Authorization header instead.
func readTokenRequest(r *http.Request) (tokenRequest, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return tokenRequest{}, fmt.Errorf("read token request: %w", err)
	}
	var req tokenRequest
	if json.Unmarshal(raw, &req) != nil {
		form := readTokenForm(r, raw)
		if !form.Has("client_id") && !form.Has("grant_type") {
			return tokenRequest{}, errBody
		}
		req = tokenRequest{
			ClientID: form.Get("client_id"), ClientSecret: form.Get("client_secret"), GrantType: form.Get("grant_type"),
			Code: form.Get("code"), RefreshToken: form.Get("refresh_token"), RedirectURI: form.Get("redirect_uri"),
		}
	}
	if id, secret, ok := r.BasicAuth(); ok && req.ClientID == "" && req.ClientSecret == "" {
		req.ClientID, req.ClientSecret = id, secret
	}
	return req, nil
}

// readTokenForm decodes a body as the form that its header names; empty when it is none.
func readTokenForm(r *http.Request, raw []byte) url.Values {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		form, err := multipart.NewReader(bytes.NewReader(raw), params["boundary"]).ReadForm(api.MaxBody)
		if err != nil {
			return nil
		}
		defer form.RemoveAll() //nolint:errcheck // nothing is spilled to disk: the whole body is below the bound
		return form.Value
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil
	}
	return form
}

// exchange checks the client first, then the grant. The caller holds the write lock.
func (s *Grants) exchange(w *world.World, req tokenRequest, a *world.Account) (Tokens, error) {
	in := w.Integrations[req.ClientID]
	switch {
	case in == nil:
		return Tokens{}, errClientID
	case subtle.ConstantTimeCompare([]byte(in.Secret), []byte(req.ClientSecret)) != 1:
		return Tokens{}, errClientSecret
	case req.RedirectURI != in.RedirectURI:
		return Tokens{}, errRedirectURI
	case req.GrantType == "authorization_code":
		return s.exchangeCode(w, in, req.Code, a)
	case req.GrantType == "refresh_token":
		return s.exchangeRefresh(w, in, req.RefreshToken, a)
	}
	return Tokens{}, errGrantType
}

func (s *Grants) exchangeCode(w *world.World, in *world.Integration, value string, a *world.Account) (Tokens, error) {
	c := w.Codes[value]
	switch {
	case c == nil || c.ClientID != in.ID:
		return Tokens{}, errCodeUnknown
	case c.Account != a.ID:
		return Tokens{}, errAccount
	case c.Used:
		return Tokens{}, errCodeUsed
	case s.Now().Unix()-c.IssuedAt > int64(codeLife.Seconds()):
		return Tokens{}, errCodeExpired
	}
	c.Used = true
	return s.IssueTokens(w, in, a, c.User), nil
}

// exchangeRefresh rotates: the token is dead at once, without any grace.
func (s *Grants) exchangeRefresh(w *world.World, in *world.Integration, value string, a *world.Account) (Tokens, error) {
	r := w.Refresh[value]
	switch {
	case r == nil || r.ClientID != in.ID:
		return Tokens{}, errRefresh
	case r.Account != a.ID:
		return Tokens{}, errAccount
	case r.Used:
		s.Stats.Bump(a.Host, func(c *stats.Counters) { c.Reused++ })
		return Tokens{}, errRevoked
	case r.Revoked || s.Now().Unix()-r.IssuedAt > int64(refreshLife.Seconds()):
		return Tokens{}, errRevoked
	}
	r.Used = true
	s.Stats.Bump(a.Host, func(c *stats.Counters) { c.Refreshes++ })
	return s.IssueTokens(w, in, a, r.User), nil
}

// subdomainAnswer tells where an account lives (amocrm.md §1.6).
type subdomainAnswer struct {
	ID             int64  `json:"id"`
	Subdomain      string `json:"subdomain"`
	Domain         string `json:"domain"`
	TopLevelDomain string `json:"top_level_domain"`
}

// currentSubdomain answers to a live refresh token, on any host, and does not use it up.
func (s *Grants) currentSubdomain(w http.ResponseWriter, r *http.Request, _ *world.Account) {
	var found *world.Account
	s.State.Read(func(state *world.World) {
		t := state.Refresh[r.Header.Get("X-Refresh-Token")]
		if t != nil && !t.Used && !t.Revoked && s.Now().Unix()-t.IssuedAt <= int64(refreshLife.Seconds()) {
			found = state.AccountByID(t.Account)
		}
	})
	s.answerSubdomain(w, found)
}

// oldSubdomain is the deprecated variant, which takes the access token.
func (s *Grants) oldSubdomain(w http.ResponseWriter, r *http.Request, _ *world.Account) {
	var found *world.Account
	s.State.Read(func(state *world.World) {
		if g, ok := token.AccessOf(state, r); ok && !g.Revoked && g.ExpiresAt > s.Now().Unix() {
			found = state.AccountByID(g.Account)
		}
	})
	s.answerSubdomain(w, found)
}

// resourceOwner tells who granted: what the official PHP provider asks for after its first exchange, and reads id, name
// and email of.
func (s *Grants) resourceOwner(w http.ResponseWriter, r *http.Request, a *world.Account) {
	var owner map[string]any
	s.State.Read(func(state *world.World) {
		g, ok := token.AccessOf(state, r)
		if !ok || g.Account != a.ID || g.Revoked || g.ExpiresAt <= s.Now().Unix() {
			return
		}
		if u := world.UserOf(a, g.User); u != nil {
			owner = map[string]any{"id": u.ID, "name": u.Name, "email": u.Email}
		}
	})
	if owner == nil {
		api.Unauthorized(w)
		return
	}
	api.WriteJSON(w, http.StatusOK, owner)
}

func (s *Grants) answerSubdomain(w http.ResponseWriter, a *world.Account) {
	if a == nil {
		api.Unauthorized(w)
		return
	}
	var answer subdomainAnswer
	s.State.Read(func(*world.World) { answer = subdomainAnswer{a.ID, a.Subdomain, a.Host, "ru"} })
	api.WriteJSON(w, http.StatusOK, answer)
}
