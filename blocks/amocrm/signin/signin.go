package signin

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/login"
)

// buttonView is the page with amoCRM's own login button.
type buttonView struct{ ScriptURL, Name, Description, RedirectURI, SecretsURI, Scopes, State, Class ui.Plain }

// begin begins the login in a window of its own: GET …/login. amoCRM's page can't be framed. The binding goes into a
// cookie of this top-level page, so that only this browser can end what it began.
func (h *Handlers) begin(r *ui.PageRequest) error {
	start, err := h.Flow.Start(r.Ctx, r.Session.TenantID, r.Session.ID, string(r.Session.Lang))
	if err != nil {
		return r.Fail(err, r.Base()+"/login")
	}
	return h.leave(r, start)
}

// disconnect ends the connection after a fresh login to the same amoCRM account: GET …/disconnect leads there.
func (h *Handlers) disconnect(r *ui.PageRequest) error {
	start, err := h.Flow.StartDisconnect(r.Ctx, r.Session.TenantID, r.Session.ID, string(r.Session.Lang))
	if err != nil {
		return r.Fail(err, r.Base()+"/settings")
	}
	return h.leave(r, start)
}

// leave goes to amoCRM for a login that has begun.
func (h *Handlers) leave(r *ui.PageRequest, start login.Start) error {
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
