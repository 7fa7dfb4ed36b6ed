package signin

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/oauth"
)

// doneView is the end of a login that worked.
type doneView struct {
	Account string
	Panel   ui.Plain // "" when the session is not known
	Carried int      // jobs that were taken along from a connection that is replaced
}

// conflictView asks what to do with an amoCRM account that is connected already.
type conflictView struct {
	Ticket  ui.Plain
	Account string
	Others  int
}

// callback serves the address to which amoCRM sends the browser back: GET /oauth/callback (amocrm.md §1.2).
func (h *Handlers) callback(c echo.Context) error {
	r := h.WithoutSession(c)
	callback := login.Callback{
		Code: c.QueryParam("code"), Referer: c.QueryParam("referer"), State: c.QueryParam("state"),
		ClientID: c.QueryParam("client_id"), Platform: c.QueryParam("platform"), Error: c.QueryParam("error"),
	}
	name := bindingCookie(callback.State)
	if cookie, err := c.Cookie(name); err == nil {
		callback.Binding = cookie.Value
		c.SetCookie(&http.Cookie{Name: name, Path: "/oauth", MaxAge: -1, HttpOnly: true})
	}
	result, err := h.Flow.Finish(r.Ctx, callback)
	return h.ended(r, result, err)
}

// decide takes the answer to the conflict page: POST /oauth/decide.
func (h *Handlers) decide(c echo.Context) error {
	r := h.WithoutSession(c)
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, 64<<10)
	result, err := h.Flow.Decide(r.Ctx, c.FormValue("ticket"), c.FormValue("choice") == "replace")
	return h.ended(r, result, err)
}

// ended shows how a login ended, in the language of the block it began in.
func (h *Handlers) ended(r *ui.PageRequest, result login.Result, err error) error {
	if lang, known := i18n.ParseLang(result.Lang); known && result.Lang != "" {
		r.Session.Lang = lang
	}
	panel := ""
	if result.SessionID != "" {
		panel = h.Path + "/" + result.SessionID
	}
	if err != nil {
		return h.failed(r, panel, err)
	}
	if result.SessionID != "" && result.Conflict == nil {
		// The panel goes on in the tenant the login ended in. One that has expired meanwhile says so itself.
		err := h.Sessions.Move(r.Ctx, result.SessionID, result.TenantID)
		if err != nil && !errors.Is(err, session.ErrExpired) {
			h.LogError(r.Ctx, err, result.TenantID)
		}
	}
	name, act, data := "login_done", "done", any(doneView{Account: result.AccountName, Panel: ui.Plain(panel), Carried: result.Carried})
	if result.Ended {
		name = "login_ended"
	}
	if result.Conflict != nil {
		name, act = "login_conflict", ""
		data = conflictView{Ticket: ui.Plain(result.Conflict.Ticket), Account: result.AccountName, Others: result.Conflict.Others}
	}
	return r.ShowSheet(http.StatusOK, name, act, data)
}

// failed shows why and offers to try again. The status is for machines, the page for people.
func (h *Handlers) failed(r *ui.PageRequest, panel string, err error) error {
	code := loginCode(err)
	if code == "internal" {
		r.LogError(err)
	} else {
		h.LogKnown(r.Ctx, err, r.Session.TenantID)
	}
	p := ui.ProblemView{
		Title: r.T("login_failed." + code + ".title"), Text: r.T("login_failed."+code+".text", loginArgs(err)...),
	}
	if panel != "" {
		p.Action, p.URL = r.T("login.again"), ui.Plain(panel+"/login")
	}
	return r.ShowSheet(http.StatusBadRequest, "login_failed", "", p)
}

// secrets takes the keys of a private integration that amoCRM's button has made: POST /oauth/secrets (amocrm.md §1.9).
// amoCRM reads only the status.
func (h *Handlers) secrets(c echo.Context) error {
	var body struct {
		ClientID     string `json:"client_id" form:"client_id"`
		ClientSecret string `json:"client_secret" form:"client_secret"`
		State        string `json:"state" form:"state"`
	}
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, 64<<10)
	if err := c.Bind(&body); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "a JSON object with client_id, client_secret and state is expected")
	}
	if err := h.Flow.Secrets(c.Request().Context(), body.ClientID, body.ClientSecret, body.State); err != nil {
		return h.refuseHook(c.Request().Context(), err)
	}
	return c.NoContent(http.StatusOK)
}

// disconnected takes amoCRM's notice that the integration was switched off: GET /oauth/disconnected (amocrm.md §1.10).
func (h *Handlers) disconnected(c echo.Context) error {
	clientID := cmp.Or(c.QueryParam("client_uuid"), c.QueryParam("client_id"))
	err := h.Flow.Disconnected(c.Request().Context(), c.QueryParam("account_id"), clientID, c.QueryParam("signature"))
	if err != nil {
		return h.refuseHook(c.Request().Context(), err)
	}
	return c.NoContent(http.StatusOK)
}

// refuseHook answers a hook that was refused; the reason stays in the log.
func (h *Handlers) refuseHook(ctx context.Context, err error) error {
	h.LogKnown(ctx, err, "")
	return echo.NewHTTPError(http.StatusBadRequest, "refused")
}

// loginCode sorts a failed login for a person; each code has texts login_failed.{code}.title and .text.
func loginCode(err error) string {
	var config *oauth.ConfigError
	switch {
	case errors.Is(err, login.ErrDenied):
		return "denied"
	case errors.Is(err, oauth.ErrState), errors.Is(err, login.ErrTicket), errors.Is(err, login.ErrCode):
		return "state"
	case errors.Is(err, login.ErrSecrets):
		return "secrets"
	case len(loginArgs(err)) > 0:
		return "account"
	case errors.As(err, &config): // before ErrUpstream, which it also is
		return "config"
	case errors.Is(err, amoapi.ErrUpstream), errors.Is(err, amoapi.ErrNetwork), errors.Is(err, amoapi.ErrLimited),
		errors.Is(err, amoapi.ErrUnknownOutcome):
		return "upstream"
	}
	return "internal"
}

// loginArgs returns the placeholders of those texts: which account was meant and which came.
func loginArgs(err error) []any {
	var referer login.ErrReferer
	var account login.ErrAccount
	switch {
	case errors.As(err, &referer):
		return []any{"Got", runes.Shorten(referer.Got, maxShown), "Want", referer.Want}
	case errors.As(err, &account):
		return []any{"Got", runes.Shorten(account.Got, maxShown), "Want", account.Want}
	}
	return nil
}
