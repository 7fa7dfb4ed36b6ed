package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/tenant"
	"github.com/sidecard/sidecard/triggers"
)

// Triggers is what the rule endpoints need of the work behind them; *triggers.Service is one.
type Triggers interface {
	Check(ctx context.Context, t tenant.Tenant, r triggers.Request) error
	Accept(ctx context.Context, t tenant.Tenant, r triggers.Request, idemKey string) (triggers.Entry, bool, error)
	Get(ctx context.Context, tenantID, id string) (triggers.Entry, error)
	Wait(ctx context.Context, tenantID, id string) (triggers.Entry, error)
	DryRun(ctx context.Context, t tenant.Tenant, r triggers.Request) (triggers.Trial, error)
}

// TriggerHandlers are the endpoints that helpdesk rules call.
type TriggerHandlers struct {
	Triggers Triggers
	Tenants  TriggerTenants
	// Open lets rules without a key in when their amoClientId names exactly one tenant.
	Open bool
	// PublicURL is put before the path of status_url; may be empty.
	PublicURL string
	// Catalog has the words for mistakes in the caller's language; nil says all in English.
	Catalog *blocks.Catalog
	Log     *slog.Logger
}

// Routes mounts POST /api/freeCreateLead and GET /api/triggers/:id.
func (h *TriggerHandlers) Routes(e *echo.Echo) {
	e.POST("/api/freeCreateLead", h.create)
	e.GET("/api/triggers/:id", h.show)
}

// longestKey is the longest Idempotency-Key that is taken, in bytes.
const longestKey = 255

// create accepts a firing: 202 once it is stored, or its end if the caller asked to wait for it.
func (h *TriggerHandlers) create(c echo.Context) error {
	ctx := c.Request().Context()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, triggers.MaxBody))
	if err != nil {
		return h.unread(c, err)
	}
	req, bodyKey, bindErr := triggers.Bind(c.Request().Header.Get(echo.HeaderContentType), body)
	var mistakes *triggers.Problems
	if bindErr != nil && !errors.As(bindErr, &mistakes) && givenKey(c, bodyKey) == "" {
		return h.refuse(c, bindErr)
	}
	t, err := h.caller(c, bodyKey, req.AmoClientID)
	if err != nil {
		return h.refuse(c, err)
	}
	if bindErr != nil {
		return h.refuse(c, bindErr)
	}
	if dry, err := dryRun(c); err != nil || dry {
		if err != nil {
			return Problem(c, http.StatusBadRequest, err.Error())
		}
		return h.try(c, t, req)
	}
	idem := c.Request().Header.Get("Idempotency-Key")
	if len(idem) > longestKey {
		return Problem(c, http.StatusBadRequest, "The Idempotency-Key header may have at most 255 characters")
	}
	if err := h.Triggers.Check(ctx, t, req); err != nil {
		return h.refuse(c, err)
	}
	entry, existed, err := h.Triggers.Accept(ctx, t, req, idem)
	if err != nil {
		return h.refuse(c, err)
	}
	if wait := wanted(c.Request().Header); wait > 0 {
		c.Response().Header().Set("Preference-Applied", "wait="+seconds(wait))
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if entry, err = h.Triggers.Wait(waiting, t.ID, entry.ID); err != nil {
			return h.refuse(c, err)
		}
		return h.ended(c, entry, existed)
	}
	return h.answer(c, http.StatusAccepted, entry, existed)
}

// ended answers a caller who waited.
func (h *TriggerHandlers) ended(c echo.Context, e triggers.Entry, existed bool) error {
	switch e.State {
	case triggers.StateDone:
		return h.answer(c, http.StatusOK, e, existed)
	case triggers.StateFailed, triggers.StateDropped:
		c.Response().Header().Set(echo.HeaderLocation, h.statusURL(c, e))
		return Problem(c, http.StatusUnprocessableEntity, e.Why, h.fields(c, e.Problems)...)
	}
	return h.answer(c, http.StatusAccepted, e, existed)
}

// show tells how a firing stands.
func (h *TriggerHandlers) show(c echo.Context) error {
	t, err := h.caller(c, "", c.QueryParam("amoClientId"))
	if err != nil {
		return h.refuse(c, err)
	}
	entry, err := h.Triggers.Get(c.Request().Context(), t.ID, c.Param("id"))
	if err != nil {
		return h.refuse(c, err)
	}
	return h.answer(c, http.StatusOK, entry, false)
}

// unread answers for a body that could not be read to its end.
func (h *TriggerHandlers) unread(c echo.Context, err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return Problem(c, http.StatusRequestEntityTooLarge, "The body may have at most 1 MiB")
	}
	return Problem(c, http.StatusBadRequest, "The body ended too early")
}

// refuse is the one table from errors to answers. Internal text never leaves.
func (h *TriggerHandlers) refuse(c echo.Context, err error) error {
	var (
		mistakes *triggers.Problems
		syntax   *triggers.SyntaxError
		kind     *triggers.ContentTypeError
		foreign  *foreignClientError
	)
	switch {
	case errors.As(err, &mistakes):
		return Problem(c, http.StatusUnprocessableEntity, h.say(c, "rule.refused", ruleRefused), h.fields(c, mistakes.List)...)
	case errors.As(err, &syntax):
		return Problem(c, http.StatusBadRequest, "The body can't be read: "+syntax.Error())
	case errors.As(err, &kind):
		return Problem(c, http.StatusUnsupportedMediaType, kind.Error())
	case errors.Is(err, errNoKey):
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
		return Problem(c, http.StatusUnauthorized, "The trigger key is missing or wrong. It stands in the settings of the amoCRM "+
			"block, in the ready-made rule; add it to the rule's URL as ?key=…, or to its data as \"key\"")
	case errors.As(err, &foreign):
		return Problem(c, http.StatusForbidden, foreign.Error(),
			FieldProblem{Path: "amoClientId", Code: "wrong_account", Detail: "is not the integration that this key belongs to"})
	case errors.Is(err, triggers.ErrNotFound):
		return Problem(c, http.StatusNotFound, "There is no such firing, or it is too old")
	case errors.Is(err, triggers.ErrFull):
		c.Response().Header().Set("Retry-After", "60")
		return Problem(c, http.StatusTooManyRequests, "Too many firings of this account are waiting to be sent to amoCRM")
	}
	if c.Request().Context().Err() == nil {
		h.Log.Error("rule endpoint failed", "id", c.Response().Header().Get(echo.HeaderXRequestID), "error", err)
	}
	c.Response().Header().Set("Retry-After", "5")
	return Problem(c, http.StatusServiceUnavailable, "The firing could not be stored; send it again")
}

// longestWait is the longest that a caller is kept.
const longestWait = 30 * time.Second
