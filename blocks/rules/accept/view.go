package accept

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/problem"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// shownJob is how a job is shown. Ids are those of the CRM, left out until they exist.
type shownJob struct {
	ID        string          `json:"id"`
	State     string          `json:"state"`
	StatusURL string          `json:"status_url"`
	Repeated  bool            `json:"repeated,omitempty"` // the same job was accepted before
	TicketID  int64           `json:"ticket_id"`
	ContactID int64           `json:"contact_id,omitempty"`
	LeadID    int64           `json:"lead_id,omitempty"`
	LeadURL   string          `json:"lead_url,omitempty"`
	NoteID    int64           `json:"note_id,omitempty"`
	Attempts  int             `json:"attempts"`
	Why       string          `json:"why,omitempty"`
	Errors    []problem.Field `json:"errors,omitempty"`
	Remarks   []problem.Field `json:"remarks,omitempty"` // what is left out of the deal
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
	NextTryAt *time.Time      `json:"next_try_at,omitempty"`
	Timeline  []ledger.Line   `json:"timeline,omitempty"`
}

func (h *Handlers) answer(c echo.Context, status int, t tenant.Tenant, e jobs.Job, repeated bool) error {
	f := shownJob{ID: e.ID, State: string(e.State), StatusURL: h.statusURL(c, e), Repeated: repeated,
		TicketID: e.Request.TicketID, ContactID: e.Steps.ContactID, LeadID: e.Steps.LeadID, LeadURL: t.Present(e.Steps.LeadURL),
		NoteID: e.Steps.NoteID, Attempts: e.Attempts, Why: jobs.English(e.Why), Remarks: h.fields(c, jobs.Remarks(e)),
		CreatedAt: e.CreatedAt.UTC(), UpdatedAt: e.UpdatedAt.UTC(), Timeline: jobs.InEnglish(e.Timeline)}
	if e.State != ledger.StateDone {
		f.Errors = h.fields(c, e.Problems)
	}
	if e.State == ledger.StateAccepted && !e.DueAt.IsZero() {
		due := e.DueAt.UTC()
		f.NextTryAt = &due
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodPost {
		c.Response().Header().Set(echo.HeaderLocation, f.StatusURL)
	}
	return c.JSON(status, f)
}

// statusURL is where the caller can ask for the job in the same way as here: a key is never put into an address, an open
// caller's amoClientId is.
func (h *Handlers) statusURL(c echo.Context, e jobs.Job) string {
	address := strings.TrimRight(h.PublicURL, "/") + "/api/triggers/" + e.ID
	if h.Open && e.Request.AmoClientID != "" && givenKey(c, "") == "" {
		address += "?amoClientId=" + url.QueryEscape(e.Request.AmoClientID)
	}
	return address
}

// wanted reads "Prefer: wait=20" (RFC 7240), at most 30 seconds; 0 when there is no such wish.
func wanted(header http.Header) time.Duration {
	for _, line := range header.Values("Prefer") {
		for _, wish := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' }) {
			name, value, _ := strings.Cut(wish, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
			if err == nil && n > 0 {
				return min(time.Duration(min(n, 3600))*time.Second, longestWait)
			}
		}
	}
	return 0
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// lang returns the caller's language: ?lang, else Accept-Language, else English.
func lang(c echo.Context) i18n.Lang {
	return i18n.ChosenLang(c.QueryParam("lang"), i18n.AcceptedLang(c.Request().Header.Get("Accept-Language")))
}

// fields are the problems of a request in the caller's language; what amoCRM said stays as it said it.
func (h *Handlers) fields(c echo.Context, list []request.Problem) []problem.Field {
	out := make([]problem.Field, len(list))
	for i, p := range list {
		out[i] = problem.Field{Path: p.Path, Code: p.Code, Detail: p.In(h.Catalog, lang(c)), Given: p.Given}
	}
	return out
}

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
		return problem.Problem{Status: http.StatusUnprocessableEntity, Title: h.Catalog.T(lang(c), "rule.refused"),
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
