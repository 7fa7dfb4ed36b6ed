package pages

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/phone"
)

// job shows one job: GET …/inbox/:id.
func (h *Handlers) job(r *pageRequest) error {
	id, done := r.Param("id"), r.QueryParam("done")
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		view, err := r.jobPage(ctx, id)
		switch done {
		case "retried", "edited", "dropped", "adopted", "new":
			view.Notice = r.T("inbox.done." + done)
		}
		return ui.Page{Name: "firing", Data: view}, err
	})
}

// changeJob does what a person decided: POST …/inbox/:id with do=retry|edit|drop|adopt|new. Sent twice it is done once.
func (h *Handlers) changeJob(r *pageRequest) error {
	form, err := r.FormParams()
	id := r.Param("id")
	page := r.Base() + "/inbox/" + url.PathEscape(id)
	if err != nil {
		return r.Fail(err, page)
	}
	done, err := r.Once(func(ctx context.Context) (string, error) {
		done, err := r.decide(ctx, id, form)
		return "?done=" + done, err
	})
	if err != nil {
		return r.jobAgain(id, form, err)
	}
	return r.SeeOther(page + done)
}

// decide carries the decision out and names what was done.
func (r *pageRequest) decide(ctx context.Context, id string, form url.Values) (done string, err error) {
	all, tenantID := r.h.Rules, r.Session.TenantID
	switch form.Get("do") {
	case "retry":
		return "retried", all.Retry(ctx, tenantID, id)
	case "edit":
		r, err := r.editedRequest(ctx, id, form.Get("request"))
		if err != nil {
			return "", err
		}
		changed, err := all.Edit(ctx, tenantID, id, r)
		if !changed {
			return "retried", err
		}
		return "edited", err
	case "drop":
		return "dropped", all.Drop(ctx, tenantID, id, form.Get("reason"))
	case "adopt":
		return "adopted", all.Adopt(ctx, tenantID, id, ui.Number(form.Get("lead")))
	case "new":
		return "new", all.MakeNew(ctx, tenantID, id)
	}
	return "", ledger.ErrConflict // a form that this page does not have
}

// editedRequest reads a request as it was typed, with the phones that the page had hidden.
func (r *pageRequest) editedRequest(ctx context.Context, id, typed string) (request.Request, error) {
	e, err := r.h.Rules.Get(ctx, r.Session.TenantID, id)
	if err != nil {
		return request.Request{}, err
	}
	stored, err := e.Request.Text()
	if err != nil {
		return request.Request{}, err
	}
	text, err := unmaskJSON(r.FormatIn(ctx), strings.TrimSpace(typed), stored)
	if err != nil {
		return request.Request{}, err
	}
	return request.BindEdited([]byte(text))
}

// jobAgain shows the job as it stands now, with what could not be done and what was typed.
func (r *pageRequest) jobAgain(id string, form url.Values, err error) error {
	typed := jobView{Request: ui.Plain(form.Get("request")), Dropping: ui.Plain(form.Get("reason"))}
	var mistakes *request.Problems
	var syntax *body.SyntaxError
	switch {
	case errors.Is(err, ledger.ErrConflict):
		typed.Problem = r.T("inbox.conflict")
	case errors.Is(err, rules.ErrNoCandidate):
		typed.Problem = r.T("inbox.no_candidate")
	case errors.Is(err, rules.ErrDealMade):
		typed.Problem = r.T("inbox.deal_made")
	case errors.Is(err, ledger.ErrReason):
		typed.BadReason = r.T("inbox.reason_wrong", "Most", ledger.MaxReason)
	case errors.Is(err, errMasked):
		typed.BadRequest = r.T("inbox.masked")
	case form.Get("do") == "retry" && request.ProblemsOf(err) != nil:
		typed.BadRequest, typed.Mistakes = r.T("inbox.still_refused"), r.problems(r.Format(), request.ProblemsOf(err))
	case errors.As(err, &syntax):
		typed.BadRequest = r.T("inbox.no_json", "Detail", syntax.Error())
	case errors.As(err, &mistakes):
		typed.BadRequest, typed.Mistakes = r.T("inbox.mistakes"), r.problems(r.Format(), mistakes.List)
	default:
		return r.Fail(err, r.Base()+"/inbox/"+url.PathEscape(id))
	}
	ctx, cancel := r.Background(r.h.Budget / 2)
	defer cancel()
	view, err := r.jobPage(ctx, id)
	if err != nil {
		return r.Fail(err, r.Base()+"/inbox")
	}
	view.keep(typed)
	return r.Show(http.StatusOK, "firing", view)
}

// errMasked says that a text with a hidden phone was changed: what it was meant to be can't be known.
var errMasked = errors.New("a text with a hidden phone was changed")

// jsonValue finds the texts of a JSON document, and the numbers that are long enough for a phone.
var jsonValue = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\d{7,}(?:\.\d+)?`)

// maskJSON hides the phones in a JSON document; a number in which one is hidden becomes a text.
func maskJSON(f format, doc string) string {
	if !f.Masked {
		return doc
	}
	if !json.Valid([]byte(doc)) { // a body that can't be read
		return f.Words(doc)
	}
	return jsonValue.ReplaceAllStringFunc(doc, func(token string) string {
		text := plainText(token)
		shown := f.Words(text)
		if shown == text {
			return token
		}
		quoted, _ := request.JSON(shown, "") // a string can always be encoded
		return quoted
	})
}

// unmaskJSON puts back into an edited document what maskJSON hid of the stored one. errMasked when a hidden phone has no
// counterpart there.
func unmaskJSON(f format, doc, stored string) (string, error) {
	if !f.Masked || !phone.HasMasked(doc) {
		return doc, nil
	}
	if doc == maskJSON(f, stored) {
		return stored, nil
	}
	var known []string
	tokens := map[string]string{}
	for _, token := range jsonValue.FindAllString(stored, -1) {
		text := plainText(token)
		known, tokens[text] = append(known, text), token
	}
	var err error
	out := jsonValue.ReplaceAllStringFunc(doc, func(token string) string {
		text := plainText(token)
		if !phone.HasMasked(text) {
			return token
		}
		original, found := tokens[f.Unmask(text, known)]
		if !found {
			err = errMasked
		}
		return original
	})
	return out, err
}

// plainText is a JSON token's text: a string without its quotes and escapes, a number as it is written.
func plainText(token string) string {
	var s string
	if err := json.Unmarshal([]byte(token), &s); err != nil {
		return token // a number, or no JSON at all: the reader says so
	}
	return s
}
