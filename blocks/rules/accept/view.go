package accept

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/problem"
	"github.com/sidecard/sidecard/internal/tenant"
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

const ruleRefused = "The rule can't be carried out as it stands"

// lang returns the caller's language: ?lang, else Accept-Language, else English.
func lang(c echo.Context) i18n.Lang {
	return i18n.ChosenLang(c.QueryParam("lang"), i18n.AcceptedLang(c.Request().Header.Get("Accept-Language")))
}

// say is a text of the catalogue in the caller's language.
func (h *Handlers) say(c echo.Context, key, english string) string {
	if h.Catalog == nil {
		return english
	}
	return h.Catalog.T(lang(c), key)
}

// fields are the problems of a request in the caller's language; what amoCRM said stays as it said it.
func (h *Handlers) fields(c echo.Context, list []request.Problem) []problem.Field {
	out := make([]problem.Field, len(list))
	for i, p := range list {
		out[i] = problem.Field{Path: p.Path, Code: p.Code, Detail: p.Detail, Given: p.Given}
		if h.Catalog != nil {
			out[i].Detail = p.In(h.Catalog, lang(c))
		}
	}
	return out
}
