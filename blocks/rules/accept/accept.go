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
	Accept(ctx context.Context, t tenant.Tenant, r request.Request, idemKey string) (rules.Entry, bool, error)
	Refuse(ctx context.Context, t tenant.Tenant, f request.Refused) (rules.Entry, bool, error)
	Get(ctx context.Context, tenantID, id string) (rules.Entry, error)
	Wait(ctx context.Context, tenantID, id string) (rules.Entry, error)
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
	// Catalog has the words for mistakes in the caller's language; nil says all in English.
	Catalog *i18n.Catalog
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
	resultRepeated = "repeated" // the same firing was there already
	resultShelved  = "shelved"  // stored as failed, it looks like a loop
	resultTried    = "dry_run"
	resultRefused  = "refused" // mistakes, stored as failed; or not allowed
	resultFull     = "full"
	resultFailed   = "failed" // could not be stored
)

func (h *Handlers) count(result string) { h.asked.WithLabelValues(result).Inc() }

var otherMethods = []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Mount names POST /api/freeCreateLead and GET /api/triggers/:id.
func (h *Handlers) Mount(r *route.Router) {
	h.asked = telemetry.Counter(h.Metrics, "firings_asked_total", "Rule requests by what became of them at once.", "fate",
		resultAccepted, resultRepeated, resultShelved, resultTried, resultRefused, resultFull, resultFailed)
	r.Machine().POST("/api/freeCreateLead", h.create)
	for _, method := range otherMethods { // a rule with the wrong method is seen like any other mistake
		r.Machine().Add(method, "/api/freeCreateLead", h.create)
	}
	r.Machine().GET("/api/triggers/:id", h.show)
}

// longestStore is how long a caller waits for a Redis that is silent. A repeat of his finds what was stored nevertheless.
const longestStore = 5 * time.Second

// create accepts a firing: 202 once it is stored, or its end if the caller asked to wait for it. One that can't be carried
// out as it stands is stored, too, as failed.
func (h *Handlers) create(c echo.Context) error {
	ctx := c.Request().Context()
	firing, key, stops, err := h.read(c)
	if err != nil {
		h.count(resultRefused)
		return h.unread(c, err)
	}
	if !readable(stops) && givenKey(c, key) == "" {
		return h.turnAwayStranger(c, stops)
	}
	t, err := h.caller(c, key, firing.Request.AmoClientID)
	var foreign *foreignClientError
	switch {
	case errors.As(err, &foreign):
		stops = foreign
	case err != nil:
		return h.turnAwayStranger(c, err)
	}
	if t.ConnectedAt.IsZero() { // anybody can make such a company, and what it fires is kept until somebody logs in
		if retry, ok := h.Anonymous.Allow(c.RealIP()); !ok {
			h.count(resultRefused)
			return h.Anonymous.Refuse(c, retry)
		}
	}
	dry, err := dryRun(c)
	switch {
	case err != nil:
		stops = err
	case dry:
		h.count(resultTried)
		return h.try(c, t, firing.Request, stops)
	}
	if stops != nil {
		return h.storeRefused(c, t, firing, stops)
	}
	req := firing.Request
	if err := h.Rules.Check(ctx, t, req); err != nil {
		firing.Body = nil // all of it is in the request
		return h.storeRefused(c, t, firing, err)
	}
	storing, cancel := context.WithTimeout(ctx, longestStore)
	defer cancel()
	entry, existed, err := h.Rules.Accept(storing, t, req, c.Request().Header.Get("Idempotency-Key"))
	if err != nil {
		return h.turnAway(c, err)
	}
	h.count(resultOf(entry, existed))
	if wait := wanted(c.Request().Header); wait > 0 {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		end, err := h.Rules.Wait(waiting, t.ID, entry.ID)
		if errors.Is(err, dispatch.ErrManyWait) { // a wish, not a condition (RFC 7240)
			return h.answer(c, http.StatusAccepted, t, entry, existed)
		}
		c.Response().Header().Set("Preference-Applied", "wait="+seconds(wait))
		if err != nil {
			return h.refuse(c, err)
		}
		return h.ended(c, t, end, existed)
	}
	return h.answer(c, http.StatusAccepted, t, entry, existed)
}

func resultOf(e rules.Entry, existed bool) string {
	switch {
	case existed:
		return resultRepeated
	case e.State == ledger.StateAccepted:
		return resultAccepted
	}
	return resultShelved
}

// ended answers a caller who waited.
func (h *Handlers) ended(c echo.Context, t tenant.Tenant, e rules.Entry, existed bool) error {
	switch e.State {
	case ledger.StateDone:
		return h.answer(c, http.StatusOK, t, e, existed)
	case ledger.StateFailed, ledger.StateDropped:
		c.Response().Header().Set(echo.HeaderLocation, h.statusURL(c, e))
		return problem.Answer(c, http.StatusUnprocessableEntity, rules.English(e.Why), h.fields(c, e.Problems)...)
	}
	return h.answer(c, http.StatusAccepted, t, e, existed)
}

// turnAway answers for a firing that was not stored.
func (h *Handlers) turnAway(c echo.Context, err error) error {
	answer := h.refuse(c, err)
	switch status := c.Response().Status; {
	case status == http.StatusTooManyRequests:
		h.count(resultFull)
	case status >= http.StatusInternalServerError:
		h.count(resultFailed)
	default:
		h.count(resultRefused)
	}
	return answer
}

// show tells how a firing stands.
func (h *Handlers) show(c echo.Context) error {
	t, err := h.caller(c, "", c.QueryParam("amoClientId"))
	if err != nil {
		return h.refuseStranger(c, err)
	}
	entry, err := h.Rules.Get(c.Request().Context(), t.ID, c.Param("id"))
	if err != nil {
		return h.refuse(c, err)
	}
	return h.answer(c, http.StatusOK, t, entry, false)
}

// refuseStranger refuses a caller whom nobody vouches for, until its address has had enough.
func (h *Handlers) refuseStranger(c echo.Context, err error) error {
	if retry, ok := h.Anonymous.Allow(c.RealIP()); !ok {
		return h.Anonymous.Refuse(c, retry)
	}
	return h.refuse(c, err)
}

// turnAwayStranger is turnAway for a caller whom nobody vouches for.
func (h *Handlers) turnAwayStranger(c echo.Context, err error) error {
	answer := h.refuseStranger(c, err)
	if c.Response().Status >= http.StatusInternalServerError {
		h.count(resultFailed)
	} else {
		h.count(resultRefused)
	}
	return answer
}

// longestWait is the longest that a caller is kept.
const longestWait = 30 * time.Second
