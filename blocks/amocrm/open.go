package amocrm

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// maxShown is how much of a given value an error shows, in characters.
const maxShown = 80

// Open answers the helpdesk's block request: POST /api/. Whatever is wrong, the answer is 200 with HTML for the agent:
// the helpdesk shows nothing else (usedesk.md §1.4). No call to amoCRM is made in it, except for view=html, which is
// the first screen itself.
func (h *Handlers) Open(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(c.Request().Context(), h.Budget-ui.Margin)
	defer cancel()
	req, err := session.Bind(c.Request().Header.Get(echo.HeaderContentType), c.Request().Body)
	if err != nil {
		return h.refuse(c, req, err)
	}
	opened, err := h.admit(ctx, req, c.RealIP())
	if err != nil {
		return h.refuse(c, req, err)
	}
	r := h.InSession(ctx, c, opened)
	note := ""
	if req.UnknownLang != "" {
		note = r.T("open.unknown_lang", "Given", req.UnknownLang, "Names", i18n.LangNames())
	}
	h.Prefetch(ctx, func(ctx context.Context) { h.fetchMessage(ctx, opened) })
	if req.View == "html" {
		return h.staticCard(r, note)
	}
	h.Prefetch(ctx, func(ctx context.Context) { h.prefetchPanel(ctx, opened, req.Pressed) })
	envelope, err := session.FrameEnvelope(session.Frame{
		PanelURL: h.PublicURL + r.Base(), Origin: h.PublicURL, Title: r.T("title"), NewTab: r.T("frame.new_tab"), Note: note,
	})
	if err != nil {
		return h.refuse(c, req, err)
	}
	return c.JSON(http.StatusOK, envelope)
}

// refusedParam is a block parameter that does not pass the host rules.
type refusedParam struct {
	code  string
	given string
	err   error
}

func (e *refusedParam) Error() string { return "refused " + e.code + ": " + e.err.Error() }
func (e *refusedParam) Unwrap() error { return e.err }

var errNoHost = errors.New("no amo_base_host in the request")

// strangersError is a company never seen before, from an address that has brought too many of them.
type strangersError struct{ retry time.Duration }

func (e *strangersError) Error() string { return "too many new companies from one address" }

// stranger asks whether an address may bring one more company.
func (h *Handlers) stranger(address string) error {
	if h.Stranger == nil {
		return nil
	}
	if retry, ok := h.Stranger(address); !ok {
		return &strangersError{retry}
	}
	return nil
}

// admit checks the account that a block request names and opens a session for its tenant.
func (h *Handlers) admit(ctx context.Context, req session.Request, address string) (session.Session, error) {
	if req.AmoBaseHost == "" {
		return session.Session{}, errNoHost
	}
	credential := tenant.Credential{DeskToken: req.DeskToken, Secret: req.Secret}
	var err error
	if credential.AmoBase, err = h.AmoBase(req.AmoBaseHost); err != nil {
		return session.Session{}, &refusedParam{"bad_host", req.AmoBaseHost, err}
	}
	if req.DeskBase != "" {
		if h.DeskBase == nil {
			return session.Session{}, &refusedParam{"bad_desk", req.DeskBase, errors.New("no helpdesk address is allowed")}
		}
		if credential.DeskBase, err = h.DeskBase(req.DeskBase); err != nil {
			return session.Session{}, &refusedParam{"bad_desk", req.DeskBase, err}
		}
	}
	t, err := h.Tenants.FindOrCreate(ctx, credential, func() error { return h.stranger(address) })
	if err != nil {
		return session.Session{}, err
	}
	session, err := h.Sessions.Create(ctx, session.Session{TenantID: t.ID, Ticket: req.Ticket, Lang: req.Lang, CreatedAt: h.Now()})
	session.Lang = i18n.ChosenLang(t.Settings.Language, session.Lang) // the stored one stays: the company may choose otherwise
	return session, err
}

// refuse answers with an error the agent can do something about.
func (h *Handlers) refuse(c echo.Context, req session.Request, err error) error {
	code, args := "internal", []any(nil)
	var wrong *session.TypeError
	var param *refusedParam
	var many *strangersError
	switch {
	case errors.Is(err, session.ErrTooBig):
		code = "too_big"
	case errors.Is(err, session.ErrUnreadable):
		code = "unreadable"
	case errors.As(err, &wrong):
		code = "wrong_type"
		args = []any{"Key", wrong.Key, "Want", h.Catalog.T(req.Lang, "want."+wrong.Want)}
	case errors.Is(err, errNoHost):
		code = "no_host"
	case errors.As(err, &many):
		code = "limited"
		c.Response().Header().Set("Retry-After", strconv.Itoa(1+int(many.retry.Seconds())))
	case errors.As(err, &param):
		code, args = param.code, []any{"Given", runes.Shorten(param.given, maxShown)}
	case errors.Is(err, tenant.ErrNoCredential):
		code = "no_credential"
	case errors.Is(err, store.ErrTrouble):
		code = "store"
	}
	ctx := c.Request().Context()
	if code == "internal" {
		h.LogError(ctx, err, "")
	} else {
		h.LogKnown(ctx, err, "")
	}
	html, err := h.InSession(ctx, c, session.Session{Lang: req.Lang}).Render("static_problem", ui.ProblemView{
		Title: h.Catalog.T(req.Lang, "open."+code+".title"), Text: h.Catalog.T(req.Lang, "open."+code+".text", args...),
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, session.Envelope{HTML: strings.TrimSpace(string(html))})
}
