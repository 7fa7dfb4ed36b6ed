package accept

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/problem"
	"github.com/sidecard/sidecard/internal/tenant"
)

// read reads a job's body. key is the trigger key in it; stops is what would stop the job, err means that the body has
// not come to its end.
func (h *Handlers) read(c echo.Context) (job request.Refused, key string, stops, err error) {
	job.ContentType = c.Request().Header.Get(echo.HeaderContentType)
	job.Body, err = io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, request.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		job.Cut, stops = true, tooLarge
	case err != nil:
		return job, "", nil, err
	default:
		job.Request, key, stops = request.Bind(job.ContentType, job.Body)
	}
	if !readable(stops) {
		key = request.OnlyKey(job.Body)
	}
	if method := c.Request().Method; method != http.MethodPost {
		text := fmt.Sprintf("The rule must send POST, not %s: choose it in the helpdesk's action", method)
		stops = &sendError{http.StatusMethodNotAllowed, text, request.Problem{Path: "method", Code: request.CodeChoice, Detail: text}}
	}
	job.Key = givenKey(c, key)
	return job, key, stops, nil
}

// readable says that a body could be read, whatever is wrong with the rule in it.
func readable(stops error) bool {
	var mistakes *request.Problems
	return stops == nil || errors.As(stops, &mistakes)
}

// storeRefused stores a request that can't be carried out as it stands, and answers why.
func (h *Handlers) storeRefused(ctx context.Context, c echo.Context, t tenant.Tenant, f request.Refused, stops error) (result string, err error) {
	answer := h.refusal(c, stops)
	f.Problems = problemsOf(stops)
	entry, existed, err := h.Rules.Refuse(ctx, t, f)
	if err != nil {
		return h.notStored(c, err)
	}
	if result = resultRefused; existed {
		result = resultRepeated
	}
	answer.Errors, answer.Remarks = h.fields(c, f.Problems), h.fields(c, f.Request.Remarks)
	answer.ID, answer.State, answer.StatusURL = entry.ID, string(entry.State), h.statusURL(c, entry)
	c.Response().Header().Set(echo.HeaderLocation, answer.StatusURL)
	return result, answer.Answer(c)
}

// problemsOf is what stops a job, by path.
func problemsOf(stops error) []request.Problem {
	var tooLarge *http.MaxBytesError
	var sent *sendError
	switch {
	case errors.As(stops, &sent):
		return []request.Problem{sent.problem}
	case errors.As(stops, &tooLarge):
		return []request.Problem{request.TooLarge()}
	}
	return request.ProblemsOf(stops)
}

// unread answers for a body that has not come to its end.
func (h *Handlers) unread(c echo.Context, err error) error {
	if errors.Is(err, body.ErrFull) {
		c.Response().Header().Set("Retry-After", "5")
		return problem.Answer(c, http.StatusServiceUnavailable, "Too many large bodies are being sent; send it again")
	}
	return problem.Answer(c, http.StatusBadRequest, "The body ended too early")
}

// refuse answers for an error. Internal text never leaves.
func (h *Handlers) refuse(c echo.Context, err error) error { return h.refusal(c, err).Answer(c) }

// refusal is the one table from errors to answers.
func (h *Handlers) refusal(c echo.Context, err error) problem.Problem {
	var (
		mistakes *request.Problems
		syntax   *body.SyntaxError
		kind     *body.ContentTypeError
		tooLarge *http.MaxBytesError
		sent     *sendError
	)
	switch {
	case errors.As(err, &mistakes):
		return problem.Problem{Status: http.StatusUnprocessableEntity, Title: h.Catalog.T(lang(c), "rule.refused"), Errors: h.fields(c, mistakes.List)}
	case errors.As(err, &syntax):
		return problem.Problem{Status: http.StatusBadRequest, Title: "The body can't be read: " + syntax.Error()}
	case errors.As(err, &kind):
		return problem.Problem{Status: http.StatusUnsupportedMediaType, Title: kind.Error()}
	case errors.As(err, &tooLarge):
		return problem.Problem{Status: http.StatusRequestEntityTooLarge, Title: "The body may have at most 1 MiB"}
	case errors.As(err, &sent):
		answer := problem.Problem{Status: sent.status, Title: sent.text}
		switch sent.status {
		case http.StatusMethodNotAllowed:
			c.Response().Header().Set(echo.HeaderAllow, http.MethodPost)
		case http.StatusForbidden:
			answer.Errors = h.fields(c, []request.Problem{sent.problem})
		}
		return answer
	case errors.Is(err, errNoKey):
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
		return problem.Problem{Status: http.StatusUnauthorized, Title: "The trigger key is missing or wrong. It stands in the settings of the amoCRM " +
			"block, in the ready-made rule; add it to the rule's URL as ?key=…, or to its data as \"key\""}
	case errors.Is(err, ledger.ErrNotFound):
		return problem.Problem{Status: http.StatusNotFound, Title: "There is no such firing, or it is too old"}
	case errors.Is(err, ledger.ErrFull):
		c.Response().Header().Set("Retry-After", "60")
		return problem.Problem{Status: http.StatusTooManyRequests, Title: "Too many firings of this account are waiting to be sent to amoCRM"}
	}
	if c.Request().Context().Err() == nil {
		h.Log.ErrorContext(c.Request().Context(), "rule endpoint failed", "id", c.Response().Header().Get(echo.HeaderXRequestID), "error", err)
	}
	c.Response().Header().Set("Retry-After", "5")
	return problem.Problem{Status: http.StatusServiceUnavailable, Title: "The firing could not be stored; send it again"}
}
