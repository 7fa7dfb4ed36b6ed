package pages

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/runes"
)

// maxInboxText bounds what is searched for, in characters.
const maxInboxText = 100

// exportWithin bounds an export; the file ends early after it, and the browser says so.
const exportWithin = 40 * time.Second

// inbox lists the jobs: GET …/inbox?state=&before=.
func (h *Handlers) inbox(r *pageRequest) error {
	ask := r.inboxAsk()
	done := r.QueryParam("done")
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		view, err := r.inboxPage(ctx, ask)
		if n, ok := strings.CutPrefix(done, "retried-"); ok {
			view.Notice = r.T("inbox.done.all", "Count", int(ui.Number(n)))
		}
		return ui.Page{Name: "inbox", Data: view}, err
	})
}

// inboxSearch lists the jobs that hold a text: POST …/inbox/search. People search for clients' names, so what they
// type stands in the page and its forms, never in an address.
func (h *Handlers) inboxSearch(r *pageRequest) error {
	view, err := r.inboxPage(r.Ctx, r.inboxAsk())
	if err != nil {
		return r.Fail(err, r.Base()+"/inbox")
	}
	return r.Show(http.StatusOK, "inbox", view)
}

// inboxAsk is what the address or the form asks for. A text counts only in the body.
func (r *pageRequest) inboxAsk() rules.Query {
	state := r.FormValue("state")
	body := r.Request().PostForm
	if body.Has("tab") { // the button of another state than the one that is searched
		state = body.Get("tab")
	}
	q := rules.Query{State: ledger.State(state), Before: r.FormValue("before")}
	if label := ledger.Label(state); slices.Contains(ledger.Labels, label) {
		q.State, q.Label = "", label
	}
	q.Text = runes.First(strings.TrimSpace(body.Get("q")), maxInboxText)
	return q
}

// retryAll starts every failed job anew: POST …/inbox. Sent twice it is done once.
func (h *Handlers) retryAll(r *pageRequest) error {
	page := r.Base() + "/inbox"
	done, err := r.Once(func(ctx context.Context) (string, error) {
		n, err := h.Rules.RetryAll(ctx, r.Session.TenantID)
		return "?done=retried-" + strconv.Itoa(n), err
	})
	if err != nil {
		return r.Fail(err, page)
	}
	return r.SeeOther(page + done)
}

// inboxFile is the list as a CSV file: POST …/inbox.csv. The mark at its start tells spreadsheets that it is UTF-8.
func (h *Handlers) inboxFile(r *pageRequest) error {
	ctx, cancel := context.WithTimeout(r.Request().Context(), exportWithin)
	defer cancel()
	q := r.inboxAsk()
	f := r.FormatIn(r.Ctx)
	q.Before, q.Reason = "", func(e jobs.Job) string { return r.reason(f, e) }
	q.Present = r.crm.Tenant().Present
	header := r.Response().Header()
	header.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	header.Set(echo.HeaderContentDisposition, `attachment; filename="inbox.csv"`)
	r.Response().WriteHeader(http.StatusOK)
	_, err := io.WriteString(r.Response(), "\ufeff")
	if err == nil {
		err = h.Rules.Export(ctx, r.Session.TenantID, q, r.Response())
	}
	if err != nil { // a part of the file is on its way: cut the connection, so that nobody takes it for the whole
		r.LogError(err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// said is a reason in the reader's language.
func (r *pageRequest) said(f format, why ledger.Reason) string {
	code, n, rest := why.Head()
	if code == "" {
		return f.Words(string(rest))
	}
	return r.T("firing."+code, "N", n, "Rest", r.said(f, rest))
}

// reason is why an entry stands as it does, in the reader's language: also the mistakes in it, as far as they are ours.
func (r *pageRequest) reason(f format, e jobs.Job) string {
	code, n, rest := e.Why.Head()
	if code == "" || rest == "" || len(e.Problems) == 0 {
		return r.said(f, e.Why)
	}
	said := make([]string, 0, len(e.Problems))
	for _, p := range r.problems(f, e.Problems) {
		said = append(said, strings.TrimPrefix(p.Path+": "+p.Detail, ": "))
	}
	return r.T("firing."+code, "N", n, "Rest", strings.Join(said[:min(len(said), 3)], "; "))
}

// problems are mistakes in the reader's language.
func (r *pageRequest) problems(f format, list []request.Problem) []request.Problem {
	out := make([]request.Problem, len(list))
	for i, p := range list {
		out[i] = request.Problem{Path: p.Path, Given: f.Words(p.Given), Detail: f.Words(p.In(f.Catalog, f.Lang))}
	}
	return out
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
