package accept

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/problem"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// trial is the answer to a dry run without mistakes.
type trial struct {
	DryRun   bool            `json:"dry_run"`
	Valid    bool            `json:"valid"`
	Problems []problem.Field `json:"problems"`
	Remarks  []problem.Field `json:"remarks"` // what would be left out
	Warnings []problem.Field `json:"warnings"`
	Would    *would          `json:"would"`
}

// would is the deal that a job would make. What is left out is amoCRM's own choice.
type would struct {
	Contact contactRef `json:"contact"`
	plan.Would
}

type contactRef struct {
	ID    int64  `json:"id,omitempty"` // none: it would be made
	Name  string `json:"name"`
	Found bool   `json:"found"`
}

// dryRun says whether the caller wants to know what a job would do.
func dryRun(c echo.Context) (bool, error) {
	raw := c.QueryParam("dry_run")
	if raw == "" {
		return false, nil
	}
	dry, err := strconv.ParseBool(raw)
	if err != nil {
		text := fmt.Sprintf("dry_run is true or false, not %.60q", raw)
		return false, &sendError{http.StatusBadRequest, text, request.Problem{Path: "?dry_run", Code: request.CodeType, Detail: text}}
	}
	return dry, nil
}

// try answers a dry run: 200 when the job would be worked off, 422 with what would stop it.
func (h *Handlers) try(c echo.Context, t tenant.Tenant, req request.Request, stops error) error {
	if stops != nil {
		answer := h.refusal(c, stops)
		answer.Remarks = h.fields(c, req.Remarks)
		return answer.Answer(c)
	}
	got, err := h.Rules.DryRun(c.Request().Context(), t, req)
	switch {
	case errors.Is(err, oauth.ErrNeedsLogin):
		return problem.Answer(c, http.StatusConflict, "Nobody is logged in to amoCRM, so the rule can't be compared with the account: log in from any ticket")
	case err != nil:
		if c.Request().Context().Err() == nil {
			h.Log.ErrorContext(c.Request().Context(), "dry run failed", "id", c.Response().Header().Get(echo.HeaderXRequestID), "tenant", t.ID, "error", err)
		}
		c.Response().Header().Set("Retry-After", "30")
		return problem.Answer(c, http.StatusServiceUnavailable, "amoCRM or the helpdesk could not be asked; try again later")
	case got.Would == nil:
		return problem.Problem{Status: http.StatusUnprocessableEntity, Title: h.say(c, "rule.refused", ruleRefused),
			Errors: h.fields(c, got.Problems), Remarks: h.fields(c, got.Remarks)}.Answer(c)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, trial{DryRun: true, Valid: true, Problems: []problem.Field{},
		Remarks: h.fields(c, got.Remarks), Warnings: h.fields(c, got.Warnings), Would: shown(*got.Would)})
}

func shown(w plan.Would) *would {
	if w.Task != nil {
		w.Task = &plan.Task{Text: w.Task.Text, Due: w.Task.Due.UTC().Truncate(time.Second)}
	}
	return &would{contactRef{w.Contact.ID, w.Contact.Name, w.Contact.ID != 0}, w}
}
