// Package signin is the front side of the login to amoCRM: the page that asks for it, the way there and back, what is shown
// at its end, and the two addresses that amoCRM itself calls.
//
// It refuses to know how a login is proven and where tokens live: that is internal/crm/login.
//
// Invariants: only the browser that began a login can end it; no page of a login can be framed; a failed one says what to do.
package signin

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
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

// View is the state before anything else: there is no login, or it was lost.
type View struct {
	Lost    bool
	Since   string   // when the login was lost
	Waiting int      // deals of rules that wait
	Host    ui.Plain // of the amoCRM account named in the block
	URL     ui.Plain
}

// State asks how the tenant's login stands. ok is true when it works.
func (h *Handlers) State(ctx context.Context, r *ui.PageRequest) (view View, ok bool, err error) {
	status, err := h.Grants.Status(ctx, r.Session.TenantID)
	if err != nil {
		return View{}, false, err
	}
	view = View{Lost: status.State == "lost" && status.Why != login.WhyEnded, URL: ui.Plain(r.Base() + "/login")}
	view.Host = ui.Plain(tenant.Host(r.Tenant().AmoBase))
	if view.Lost && !status.Since.IsZero() {
		view.Since = r.Format().DateTime(status.Since)
	}
	if status.State != "connected" {
		if view.Waiting, err = h.Waiting(ctx, r.Session.TenantID); err != nil {
			return View{}, false, err
		}
	}
	return view, status.State == "connected", nil
}

// missing shows the login with its one button, on whatever page it is missing.
func (h *Handlers) missing(r *ui.PageRequest) error {
	view, _, err := h.State(r.Ctx, r)
	if err != nil {
		r.LogError(err)
		view = View{URL: ui.Plain(r.Base() + "/login")}
	}
	return r.Show(http.StatusOK, "login", view)
}

// poll reports to the panel's script whether a login that is under way has ended: GET …/state.
func (h *Handlers) poll(r *ui.PageRequest) error {
	status, err := h.Grants.Status(r.Ctx, r.Session.TenantID)
	if err != nil {
		return err
	}
	return r.JSON(http.StatusOK, map[string]string{"state": status.State})
}

// Templates are those of the login's pages.
//
//go:embed templates/*.html
var Templates embed.FS

// maxShown is how much of a foreign name an error shows, in characters.
const maxShown = 80

// Grants reports whether a tenant is logged in; *login.Grants is it.
type Grants interface {
	Status(ctx context.Context, tenantID string) (oauth.Status, error)
}

// Flow is the login to amoCRM; *login.Flow is it.
type Flow interface {
	Start(ctx context.Context, tenantID, sessionID, lang string) (login.Start, error)
	StartDisconnect(ctx context.Context, tenantID, sessionID, lang string) (login.Start, error)
	Secrets(ctx context.Context, clientID, clientSecret, state string) error
	Finish(ctx context.Context, c login.Callback) (login.Result, error)
	Decide(ctx context.Context, ticket string, replace bool) (login.Result, error)
	Disconnected(ctx context.Context, accountID, clientID, signature string) error
}

// Handlers serve the login's pages. All members are needed.
type Handlers struct {
	*ui.Kit
	Grants Grants
	Flow   Flow
	// Open takes over what the company of a session has chosen.
	Open func(*ui.PageRequest) error
	// Waiting counts the deals of rules that wait for a login.
	Waiting func(ctx context.Context, tenantID string) (int, error)
}

// New returns the handlers. From then on the kit shows the login on every page on which one is missing.
func New(h Handlers) *Handlers {
	h.Handle(oauth.ErrNeedsLogin, h.missing)
	return &h
}

func (h *Handlers) Mount(r *route.Router) {
	r.Panel().Limited().GET("/login", h.withTenant(h.begin))
	r.Panel().GET("/state", h.withTenant(h.poll))
	r.Panel().Limited().GET("/disconnect", h.withTenant(h.disconnect))
	r.Public().Limited().GET("/oauth/callback", h.callback)
	r.Public().Limited().POST("/oauth/decide", h.decide)
	r.Webhook().Limited().POST("/oauth/secrets", h.secrets)
	r.Webhook().Limited().GET("/oauth/disconnected", h.disconnected)
}

// withTenant takes over what the company of a session has chosen.
func (h *Handlers) withTenant(next func(*ui.PageRequest) error) echo.HandlerFunc {
	return h.WithSession(func(r *ui.PageRequest) error {
		if err := h.Open(r); err != nil {
			return r.Fail(err, r.Base())
		}
		return next(r)
	})
}
