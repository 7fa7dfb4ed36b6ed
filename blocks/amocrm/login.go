package amocrm

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/login"
)

// buttonView is the page with amoCRM's own login button.
type buttonView struct{ ScriptURL, Name, Description, RedirectURI, SecretsURI, Scopes, State, Class ui.Plain }

// login begins the login in a window of its own: GET …/login. amoCRM's page can't be framed. The binding goes into a
// cookie of this top-level page, so that only this browser can end what it began.
func (h *Handlers) login(r *pageRequest) error {
	start, err := h.Flow.Start(r.Ctx, r.Session.TenantID, r.Session.ID, string(r.Session.Lang))
	if err != nil {
		return r.Fail(err, r.Base()+"/login")
	}
	return r.leave(start)
}

// leave goes to amoCRM for a login that has begun.
func (r *pageRequest) leave(start login.Start) error {
	h := r.h
	r.SetCookie(&http.Cookie{
		Name: bindingCookie(start.State), Value: start.Binding, Path: "/oauth", MaxAge: 15 * 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(h.PublicURL, "https://"),
	})
	if start.Button == nil {
		ui.Secure(r.Response().Header(), ui.Policy{})
		return r.Redirect(http.StatusFound, start.URL)
	}
	ui.Secure(r.Response().Header(), ui.Policy{ScriptHost: originOf(start.Button.ScriptURL)})
	b := start.Button
	return r.ShowSheet(http.StatusOK, "login_button", "", buttonView{
		ScriptURL: ui.Plain(b.ScriptURL), Name: ui.Plain(b.Name), Description: ui.Plain(b.Description), RedirectURI: ui.Plain(b.RedirectURI),
		SecretsURI: ui.Plain(b.SecretsURI), Scopes: ui.Plain(b.Scopes), State: ui.Plain(b.State), Class: ui.Plain(b.Class),
	})
}

// bindingCookie names one login's cookie, so that two logins of one browser don't take each other's.
func bindingCookie(state string) string {
	sum := sha256.Sum256([]byte(state))
	return "sidecard_login_" + hex.EncodeToString(sum[:6])
}

func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// outside prepares a page of the login, which no other page may frame.
func (h *Handlers) outside(c echo.Context) *pageRequest {
	return &pageRequest{PageRequest: h.WithoutSession(c), h: h}
}
