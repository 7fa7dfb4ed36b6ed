// Package accept has the endpoints that helpdesk rules call: POST /api/freeCreateLead, which stores a request before it is answered,
// and GET /api/triggers/{id}, which tells how it stands.
//
// It refuses to know what becomes of a request (package rules): handlers bind, ask, map and answer. Internal text never leaves; a
// caller without a valid key learns only that, and has a bounded share per address.
package accept

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/ledger/dispatch"
	"github.com/sidecard/sidecard/internal/problem"
	"github.com/sidecard/sidecard/internal/ratelimit"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Rules is what the rule endpoints need of the work behind them; *rules.Service is one.
type Rules interface {
	Check(ctx context.Context, t tenant.Tenant, r request.Request) error
	Accept(ctx context.Context, t tenant.Tenant, r request.Request, idemKey string) (jobs.Job, bool, error)
	Refuse(ctx context.Context, t tenant.Tenant, f request.Refused) (jobs.Job, bool, error)
	Get(ctx context.Context, tenantID, id string) (jobs.Job, error)
	Wait(ctx context.Context, tenantID, id string) (jobs.Job, error)
	DryRun(ctx context.Context, t tenant.Tenant, r request.Request) (rules.Trial, error)
}

// Handlers are the endpoints that helpdesk rules call.
type Handlers struct {
	Rules   Rules
	Tenants Tenants
	// Open lets rules without a key in when their amoClientId names exactly one tenant.
	Open bool
	// PublicURL is put before the path of status_url; may be empty.
	PublicURL string
	Catalog   *i18n.Catalog // the words for mistakes in the caller's language
	// Anonymous bounds callers without a valid key by address; nil bounds nothing.
	Anonymous *ratelimit.Anonymous
	// Metrics may be nil.
	Metrics prometheus.Registerer
	Log     *slog.Logger

	asked *prometheus.CounterVec
}

// What became of a request for a deal at once, for metrics. A dry run is resultTried whatever it says.
const (
	resultAccepted = "accepted"
	resultRepeated = "repeated" // the same job was there already
	resultLoop     = "shelved"  // stored as failed, it looks like a loop
	resultTried    = "dry_run"
	resultRefused  = "refused" // mistakes, stored as failed; or not allowed
	resultFull     = "full"
	resultFailed   = "failed" // could not be stored
)

var otherMethods = []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Mount names POST /api/freeCreateLead and GET /api/triggers/:id.
func (h *Handlers) Mount(r *route.Router) {
	h.asked = telemetry.Counter(h.Metrics, "firings_asked_total", "Rule requests by what became of them at once.", "fate",
		resultAccepted, resultRepeated, resultLoop, resultTried, resultRefused, resultFull, resultFailed)
	r.Machine().POST("/api/freeCreateLead", h.create)
	for _, method := range otherMethods { // a rule with the wrong method is seen like any other mistake
		r.Machine().Add(method, "/api/freeCreateLead", h.create)
	}
	r.Machine().GET("/api/triggers/:id", h.show)
}

// longestStore is how long a caller waits for a Redis that is silent. Sent again, the request finds what was stored nevertheless.
const longestStore = 5 * time.Second

// create accepts a rule's request: 202 once it is stored, or its end if the caller asked to wait for it. One that can't be carried
// out as it stands is stored, too, as failed.
func (h *Handlers) create(c echo.Context) error {
	accepted, result, err := h.accept(c)
	if result == "" {
		if result = resultRefused; c.Response().Status >= http.StatusInternalServerError {
			result = resultFailed
		}
	}
	h.asked.WithLabelValues(result).Inc()
	if accepted == nil {
		return err
	}
	return h.await(c, *accepted)
}

// accepted is a job that is not answered yet.
type accepted struct {
	jobs.Job
	tenant  tenant.Tenant
	existed bool
}

// accept stores a request. One that is refused, and a dry run, is answered here; result is "" where the status tells it.
func (h *Handlers) accept(c echo.Context) (a *accepted, result string, err error) {
	r, key, stops, err := h.read(c)
	if err != nil {
		return nil, resultRefused, h.unread(c, err)
	}
	if !readable(stops) && givenKey(c, key) == "" {
		return nil, "", h.refuseAnonymous(c, stops)
	}
	t, err := h.caller(c, key, r.Request.AmoClientID)
	var foreign *sendError
	switch {
	case errors.As(err, &foreign):
		stops = foreign
	case err != nil:
		return nil, "", h.refuseAnonymous(c, err)
	}
	if t.ConnectedAt.IsZero() { // anybody can make such a company, and what it fires is kept until somebody logs in
		if retry, ok := h.Anonymous.Allow(c.RealIP()); !ok {
			return nil, resultRefused, h.Anonymous.Refuse(c, retry)
		}
	}
	dry, err := dryRun(c)
	switch {
	case err != nil:
		stops = err
	case dry:
		return nil, resultTried, h.try(c, t, r.Request, stops)
	}
	if stops == nil {
		if stops = h.Rules.Check(c.Request().Context(), t, r.Request); stops != nil {
			r.Body = nil // all of it is in the request
		}
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), longestStore)
	defer cancel()
	if stops != nil {
		result, err = h.storeRefused(ctx, c, t, r, stops)
		return nil, result, err
	}
	entry, existed, err := h.Rules.Accept(ctx, t, r.Request, c.Request().Header.Get("Idempotency-Key"))
	if err != nil {
		result, err = h.notStored(c, err)
		return nil, result, err
	}
	return &accepted{entry, t, existed}, resultOf(entry, existed), nil
}

// await answers for a job: at once, or when it has ended if the caller wishes so.
func (h *Handlers) await(c echo.Context, a accepted) error {
	wait := wanted(c.Request().Header)
	if wait == 0 {
		return h.answer(c, http.StatusAccepted, a.tenant, a.Job, a.existed)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), wait)
	defer cancel()
	end, err := h.Rules.Wait(ctx, a.tenant.ID, a.ID)
	if errors.Is(err, dispatch.ErrTooManyWait) { // a wish, not a condition (RFC 7240)
		return h.answer(c, http.StatusAccepted, a.tenant, a.Job, a.existed)
	}
	c.Response().Header().Set("Preference-Applied", "wait="+seconds(wait))
	if err != nil {
		return h.refuse(c, err)
	}
	return h.ended(c, a.tenant, end, a.existed)
}

func resultOf(e jobs.Job, existed bool) string {
	switch {
	case existed:
		return resultRepeated
	case e.State == ledger.StateAccepted:
		return resultAccepted
	}
	return resultLoop
}

// ended answers a caller who waited.
func (h *Handlers) ended(c echo.Context, t tenant.Tenant, e jobs.Job, existed bool) error {
	switch e.State {
	case ledger.StateDone:
		return h.answer(c, http.StatusOK, t, e, existed)
	case ledger.StateFailed, ledger.StateDropped:
		c.Response().Header().Set(echo.HeaderLocation, h.statusURL(c, e))
		return problem.Answer(c, http.StatusUnprocessableEntity, jobs.English(e.Why), h.fields(c, e.Problems)...)
	}
	return h.answer(c, http.StatusAccepted, t, e, existed)
}

// notStored answers for a request that could not be stored.
func (h *Handlers) notStored(c echo.Context, err error) (result string, answered error) {
	if errors.Is(err, ledger.ErrFull) {
		result = resultFull
	}
	return result, h.refuse(c, err)
}

// show tells how a job stands.
func (h *Handlers) show(c echo.Context) error {
	t, err := h.caller(c, "", c.QueryParam("amoClientId"))
	if err != nil {
		return h.refuseAnonymous(c, err)
	}
	entry, err := h.Rules.Get(c.Request().Context(), t.ID, c.Param("id"))
	if err != nil {
		return h.refuse(c, err)
	}
	return h.answer(c, http.StatusOK, t, entry, false)
}

// refuseAnonymous refuses a caller without a valid key, until its address has had enough.
func (h *Handlers) refuseAnonymous(c echo.Context, err error) error {
	if retry, ok := h.Anonymous.Allow(c.RealIP()); !ok {
		return h.Anonymous.Refuse(c, retry)
	}
	return h.refuse(c, err)
}

// longestWait is the longest that a caller is kept.
const longestWait = 30 * time.Second
