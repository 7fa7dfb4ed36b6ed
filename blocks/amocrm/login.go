package amocrm

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
)

// buttonView is the page with amoCRM's own login button.
type buttonView struct{ ScriptURL, Name, Description, RedirectURI, SecretsURI, Scopes, State, Class ui.Plain }

// login begins the login in a window of its own: GET …/login. amoCRM's page can't be framed. The binding goes into a
// cookie of this top-level page, so that only this browser can end what it began.
func (h *Handlers) login(v *visit) error {
	start, err := h.Flow.Start(v.ctx, v.session.TenantID, v.session.ID, string(v.session.Lang))
	if err != nil {
		return v.fail(err, v.base()+"/login")
	}
	return v.leave(start)
}

// leave goes to amoCRM for a login that has begun.
func (v *visit) leave(start oauth.Start) error {
	h := v.h
	v.SetCookie(&http.Cookie{
		Name: bindingCookie(start.State), Value: start.Binding, Path: "/oauth", MaxAge: 15 * 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(h.PublicURL, "https://"),
	})
	if start.Button == nil {
		ui.Secure(v.Response().Header(), ui.Policy{})
		return v.Redirect(http.StatusFound, start.URL)
	}
	ui.Secure(v.Response().Header(), ui.Policy{ScriptHost: originOf(start.Button.ScriptURL)})
	b := start.Button
	html, err := v.render("login_button", buttonView{
		ScriptURL: ui.Plain(b.ScriptURL), Name: ui.Plain(b.Name), Description: ui.Plain(b.Description), RedirectURI: ui.Plain(b.RedirectURI),
		SecretsURI: ui.Plain(b.SecretsURI), Scopes: ui.Plain(b.Scopes), State: ui.Plain(b.State), Class: ui.Plain(b.Class),
	})
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, layout{Kind: "page", Content: html})
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
func (h *Handlers) outside(c echo.Context) *visit {
	ui.Secure(c.Response().Header(), ui.Policy{})
	return &visit{Context: c, h: h, ctx: c.Request().Context(), session: session.Session{Lang: browserLang(c.Request())}}
}
