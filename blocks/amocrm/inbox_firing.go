package amocrm

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
)

// firing shows one firing: GET …/inbox/:id.
func (h *Handlers) firing(v *visit) error {
	if h.Firings == nil {
		return v.fail(ledger.ErrNotFound, "")
	}
	id, done := v.Param("id"), v.QueryParam("done")
	return v.paint("form_loading", func(ctx context.Context) (loaded, error) {
		view, err := v.firingPage(ctx, id)
		switch done {
		case "retried", "edited", "dropped", "adopted", "new":
			view.Notice = v.t("inbox.done." + done)
		}
		return loaded{"firing", view}, err
	})
}

// typedFiring is what was typed into the forms of a firing, and what is wrong with it.
type typedFiring struct {
	request, reason string
	mistakes        []request.Problem
	badRequest      string
	badReason       string
	problem         string
}

// changeFiring does what a person decided: POST …/inbox/:id with do=retry|edit|drop|adopt|new. Sent twice it is done once.
func (h *Handlers) changeFiring(v *visit) error {
	if h.Firings == nil {
		return v.fail(ledger.ErrNotFound, "")
	}
	form, err := v.FormParams()
	id := v.Param("id")
	page := v.base() + "/inbox/" + url.PathEscape(id)
	if err != nil {
		return v.fail(err, page)
	}
	once, done, err := v.begin()
	if err != nil {
		return v.fail(err, page)
	}
	if once == nil {
		return see(v, page+done)
	}
	ctx, cancel := v.writing()
	defer cancel()
	done, err = v.decide(ctx, id, form)
	if err != nil {
		return v.firingAgain(id, form, errors.Join(err, once.Release(ctx)))
	}
	done = "?done=" + done
	if err := once.Done(ctx, done); err != nil {
		h.note(v.ctx, err, false, v.session.TenantID)
	}
	return see(v, page+done)
}

// decide carries the decision out and names what was done.
func (v *visit) decide(ctx context.Context, id string, form url.Values) (done string, err error) {
	firings, tenantID := v.h.Firings, v.session.TenantID
	switch form.Get("do") {
	case "retry":
		return "retried", firings.Retry(ctx, tenantID, id)
	case "edit":
		r, err := v.editedRequest(ctx, id, form.Get("request"))
		if err != nil {
			return "", err
		}
		changed, err := firings.Edit(ctx, tenantID, id, r)
		if !changed {
			return "retried", err
		}
		return "edited", err
	case "drop":
		return "dropped", firings.Drop(ctx, tenantID, id, form.Get("reason"))
	case "adopt":
		return "adopted", firings.Adopt(ctx, tenantID, id, number(form.Get("lead")))
	case "new":
		return "new", firings.MakeNew(ctx, tenantID, id)
	}
	return "", ledger.ErrConflict // a form that this page does not have
}

// editedRequest reads a request as it was typed, with the phones that the page had hidden.
func (v *visit) editedRequest(ctx context.Context, id, typed string) (request.Request, error) {
	e, err := v.h.Firings.Get(ctx, v.session.TenantID, id)
	if err != nil {
		return request.Request{}, err
	}
	stored, err := e.Request.Text()
	if err != nil {
		return request.Request{}, err
	}
	text, err := unmaskJSON(v.formatIn(ctx), strings.TrimSpace(typed), stored)
	if err != nil {
		return request.Request{}, err
	}
	return request.BindEdited([]byte(text))
}

// firingAgain shows the firing as it stands now, with what could not be done and what was typed.
func (v *visit) firingAgain(id string, form url.Values, err error) error {
	typed := typedFiring{request: form.Get("request"), reason: form.Get("reason")}
	var mistakes *request.Problems
	var syntax *body.SyntaxError
	switch {
	case errors.Is(err, ledger.ErrConflict):
		typed.problem = v.t("inbox.conflict")
	case errors.Is(err, rules.ErrNoCandidate):
		typed.problem = v.t("inbox.no_candidate")
	case errors.Is(err, rules.ErrDealMade):
		typed.problem = v.t("inbox.deal_made")
	case errors.Is(err, ledger.ErrReason):
		typed.badReason = v.t("inbox.reason_wrong", "Most", ledger.MaxReason)
	case errors.Is(err, errMasked):
		typed.badRequest = v.t("inbox.masked")
	case form.Get("do") == "retry" && request.ProblemsOf(err) != nil:
		typed.badRequest, typed.mistakes = v.t("inbox.still_refused"), v.problems(v.format(), request.ProblemsOf(err))
	case errors.As(err, &syntax):
		typed.badRequest = v.t("inbox.no_json", "Detail", syntax.Error())
	case errors.As(err, &mistakes):
		typed.badRequest, typed.mistakes = v.t("inbox.mistakes"), v.problems(v.format(), mistakes.List)
	default:
		return v.fail(err, v.base()+"/inbox/"+url.PathEscape(id))
	}
	ctx, cancel := v.owned(v.h.Budget / 2)
	defer cancel()
	view, err := v.firingPage(ctx, id)
	if err != nil {
		return v.fail(err, v.base()+"/inbox")
	}
	view.keep(typed)
	return v.show(http.StatusOK, "firing", view)
}
