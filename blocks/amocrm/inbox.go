package amocrm

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/runes"
)

// Firings are what rules asked for and what came of it, by tenant; *rules.Service is it.
type Firings interface {
	Counts(ctx context.Context, tenantID string) (ledger.Counts, error)
	Inbox(ctx context.Context, tenantID string, q rules.Query) (rules.Page, error)
	Export(ctx context.Context, tenantID string, q rules.Query, to io.Writer) error
	OfTicket(ctx context.Context, tenantID string, ticketID int64) ([]rules.Entry, error)
	Get(ctx context.Context, tenantID, id string) (rules.Entry, error)
	Retry(ctx context.Context, tenantID, id string) error
	RetryAll(ctx context.Context, tenantID string) (int, error)
	Edit(ctx context.Context, tenantID, id string, r request.Request) (changed bool, err error)
	Drop(ctx context.Context, tenantID, id, reason string) error
	Adopt(ctx context.Context, tenantID, id string, leadID int64) error
	MakeNew(ctx context.Context, tenantID, id string) error
}

var _ Firings = (*rules.Service)(nil)

func (h *Handlers) inboxRoutes(g *echo.Group) {
	g.GET("/inbox", h.inside(h.inbox))
	g.POST("/inbox", h.inside(h.retryAll))
	g.POST("/inbox/search", h.inside(h.inboxSearch))
	g.POST("/inbox.csv", h.inside(h.inboxFile))
	g.GET("/inbox/:id", h.inside(h.firing))
	g.POST("/inbox/:id", h.inside(h.changeFiring))
}

// maxInboxText bounds what is searched for, in characters.
const maxInboxText = 100

// exportWithin bounds an export; the file ends early after it, and the browser says so.
const exportWithin = 40 * time.Second

// inbox lists the firings: GET …/inbox?state=&before=.
func (h *Handlers) inbox(v *visit) error {
	if h.Firings == nil {
		return v.fail(ledger.ErrNotFound, "")
	}
	ask := v.inboxAsk()
	done := v.QueryParam("done")
	return v.paint("form_loading", func(ctx context.Context) (loaded, error) {
		view, err := v.inboxPage(ctx, ask)
		if n, ok := strings.CutPrefix(done, "retried-"); ok {
			view.Notice = v.t("inbox.done.all", "Count", int(number(n)))
		}
		return loaded{"inbox", view}, err
	})
}

// inboxSearch lists the firings that hold a text: POST …/inbox/search. People search for clients' names, so what they
// type stands in the page and its forms, never in an address.
func (h *Handlers) inboxSearch(v *visit) error {
	if h.Firings == nil {
		return v.fail(ledger.ErrNotFound, "")
	}
	view, err := v.inboxPage(v.ctx, v.inboxAsk())
	if err != nil {
		return v.fail(err, v.base()+"/inbox")
	}
	return v.show(http.StatusOK, "inbox", view)
}

// inboxAsk is what the address or the form asks for. A text counts only in the body.
func (v *visit) inboxAsk() rules.Query {
	state := v.FormValue("state")
	body := v.Request().PostForm
	if body.Has("tab") { // the button of another state than the one that is searched
		state = body.Get("tab")
	}
	q := rules.Query{State: ledger.State(state), Before: v.FormValue("before")}
	if label := ledger.Label(state); slices.Contains(ledger.Labels, label) {
		q.State, q.Label = "", label
	}
	q.Text = runes.First(strings.TrimSpace(body.Get("q")), maxInboxText)
	return q
}

// retryAll starts every failed firing anew: POST …/inbox. Sent twice it is done once.
func (h *Handlers) retryAll(v *visit) error {
	if h.Firings == nil {
		return v.fail(ledger.ErrNotFound, "")
	}
	page := v.base() + "/inbox"
	once, done, err := v.begin()
	if err != nil {
		return v.fail(err, page)
	}
	if once == nil {
		return see(v, page+done)
	}
	ctx, cancel := v.writing()
	defer cancel()
	n, err := h.Firings.RetryAll(ctx, v.session.TenantID)
	if err != nil {
		return v.fail(errors.Join(err, once.Release(ctx)), page)
	}
	done = "?done=retried-" + strconv.Itoa(n)
	if err := once.Done(ctx, done); err != nil {
		h.note(v.ctx, err, false, v.session.TenantID)
	}
	return see(v, page+done)
}

// inboxFile is the list as a CSV file: POST …/inbox.csv. The mark at its start tells spreadsheets that it is UTF-8.
func (h *Handlers) inboxFile(v *visit) error {
	if h.Firings == nil {
		return v.fail(ledger.ErrNotFound, "")
	}
	ctx, cancel := context.WithTimeout(v.Request().Context(), exportWithin)
	defer cancel()
	q := v.inboxAsk()
	f := v.formatIn(v.ctx)
	q.Before, q.Reason = "", func(e rules.Entry) string { return v.reason(f, e) }
	q.Present = v.crm.Tenant().Present
	header := v.Response().Header()
	header.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	header.Set(echo.HeaderContentDisposition, `attachment; filename="inbox.csv"`)
	v.Response().WriteHeader(http.StatusOK)
	_, err := io.WriteString(v.Response(), "\ufeff")
	if err == nil {
		err = h.Firings.Export(ctx, v.session.TenantID, q, v.Response())
	}
	if err != nil { // a part of the file is on its way: cut the connection, so that nobody takes it for the whole
		h.note(v.ctx, err, false, v.session.TenantID)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// said is a reason in the reader's language.
func (v *visit) said(f format, r ledger.Reason) string {
	code, n, rest := r.Head()
	if code == "" {
		return f.Words(string(rest))
	}
	return v.t("firing."+code, "N", n, "Rest", v.said(f, rest))
}

// reason is why an entry stands as it does, in the reader's language: also the mistakes in it, as far as they are ours.
func (v *visit) reason(f format, e rules.Entry) string {
	code, n, rest := e.Why.Head()
	if code == "" || rest == "" || len(e.Problems) == 0 {
		return v.said(f, e.Why)
	}
	said := make([]string, 0, len(e.Problems))
	for _, p := range v.problems(f, e.Problems) {
		said = append(said, strings.TrimPrefix(p.Path+": "+p.Detail, ": "))
	}
	return v.t("firing."+code, "N", n, "Rest", strings.Join(said[:min(len(said), 3)], "; "))
}

// problems are mistakes in the reader's language.
func (v *visit) problems(f format, list []request.Problem) []request.Problem {
	out := make([]request.Problem, len(list))
	for i, p := range list {
		out[i] = request.Problem{Path: p.Path, Given: f.Words(p.Given), Detail: f.Words(p.In(f.Catalog, f.Lang))}
	}
	return out
}

// failedFirings is how many firings need a person. The card does without the number when it can't be told.
func (v *visit) failedFirings(ctx context.Context) int {
	if v.h.Firings == nil {
		return 0
	}
	c, err := v.h.Firings.Counts(ctx, v.session.TenantID)
	if err != nil {
		v.h.note(v.ctx, err, false, v.session.TenantID)
	}
	return c.Failed
}

// ownRun is the newest firing of the session's ticket, nil for none. The card does without when it can't be told.
func (v *visit) ownRun(ctx context.Context, base string) *runView {
	if v.h.Firings == nil || v.session.Ticket.ID == 0 {
		return nil
	}
	found, err := v.h.Firings.OfTicket(ctx, v.session.TenantID, v.session.Ticket.ID)
	if err != nil {
		v.h.note(v.ctx, err, false, v.session.TenantID)
	}
	if len(found) == 0 {
		return nil
	}
	e := found[0]
	return &runView{State: stateOf(e), Word: v.t("inbox.state." + stateOf(e)), Href: ui.Plain(base + "/inbox/" + url.PathEscape(e.ID))}
}

// inboxURL is the list's address for a query, without its text.
func inboxURL(base string, q rules.Query) string {
	values := url.Values{}
	for name, value := range map[string]string{"state": cmp.Or(string(q.Label), string(q.State)), "before": q.Before} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return base + "/inbox"
	}
	return base + "/inbox?" + values.Encode()
}
