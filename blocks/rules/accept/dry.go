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
	"github.com/sidecard/sidecard/internal/money"
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
	Contact     contactRef    `json:"contact"`
	IfOpenDeal  string        `json:"if_open_deal"`
	Name        string        `json:"name,omitempty"`
	Price       *money.Amount `json:"price,omitempty"`
	Pipeline    *ref          `json:"pipeline,omitempty"`
	Status      *ref          `json:"status,omitempty"`
	Responsible *ref          `json:"responsible,omitempty"`
	Fields      []filledField `json:"fields"`
	Tags        []string      `json:"tags"`
	Company     string        `json:"company,omitempty"`
	Task        *taskDue      `json:"task,omitempty"`
	Comment     string        `json:"comment,omitempty"`
}

type ref struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type contactRef struct {
	ID    int64  `json:"id,omitempty"` // none: it would be made
	Name  string `json:"name"`
	Found bool   `json:"found"`
}

type filledField struct {
	ref
	Values []string `json:"values"`
}

type taskDue struct {
	Text  string    `json:"text"`
	DueAt time.Time `json:"due_at"`
}

// dryRun says whether the caller wants to know what a job would do.
func dryRun(c echo.Context) (bool, error) {
	raw := c.QueryParam("dry_run")
	if raw == "" {
		return false, nil
	}
	dry, err := strconv.ParseBool(raw)
	if err != nil {
		return false, &dryRunError{raw}
	}
	return dry, nil
}

// dryRunError is a wish that is neither for a job nor for a dry run.
type dryRunError struct{ given string }

func (e *dryRunError) Error() string {
	return fmt.Sprintf("dry_run is true or false, not %.60q", e.given)
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
	out := &would{Contact: contactRef{ID: w.Contact.ID, Name: w.Contact.Name, Found: w.Contact.ID != 0}, IfOpenDeal: string(w.IfOpenDeal),
		Name: w.Name, Price: w.Price, Pipeline: refOf(w.Pipeline), Status: refOf(w.Status), Responsible: refOf(w.Responsible),
		Fields: []filledField{}, Tags: append([]string{}, w.Tags...), Company: w.Company, Comment: w.Comment}
	if out.IfOpenDeal == "" {
		out.IfOpenDeal = string(request.OpenDealCreate)
	}
	for _, f := range w.Fields {
		out.Fields = append(out.Fields, filledField{ref(f.Ref), f.Values})
	}
	if !w.TaskDue.IsZero() {
		out.Task = &taskDue{w.Task, w.TaskDue.UTC().Truncate(time.Second)}
	}
	return out
}

func refOf(r plan.Ref) *ref {
	if r.ID == 0 {
		return nil
	}
	return &ref{r.ID, r.Name}
}
