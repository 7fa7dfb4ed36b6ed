package amocrm

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// problemView is a page, or a part of one, that says what is wrong and the one thing to do next.
type problemView struct {
	Title, Text string
	Action      string // label of the link, "" for none
	URL         ui.Plain
	Back        ui.Plain    // the client, where the link does not lead there; "" for none
	Popup       bool        // the link leads to the login
	Done        *noticeView // what was done before this went wrong
}

// problems lists the errors agents may meet, the first match wins. Each code has the texts problem.{code}.title and
// problem.{code}.text; status is what API clients and logs see of it.
var problems = []struct {
	is     error
	code   string
	status int
	retry  bool
}{
	{store.ErrTrouble, "store", http.StatusOK, true}, // before the deadlines: it may hold one
	{crm.ErrGone, "gone", http.StatusNotFound, false},
	{ledger.ErrNotFound, "no_firing", http.StatusNotFound, false},
	{crm.ErrNoClient, "no_client", http.StatusUnprocessableEntity, false},
	{crm.ErrUnknownOutcome, "unknown_outcome", http.StatusOK, true},
	{amoapi.ErrUnknownOutcome, "unknown_outcome", http.StatusOK, true},
	{session.ErrBusy, "busy", http.StatusConflict, true},
	{session.ErrExpired, "form_expired", http.StatusConflict, true},
	{amoapi.ErrBlocked, "blocked", http.StatusOK, true},
	{crm.ErrResting, "resting", http.StatusOK, true},
	{amoapi.ErrPayment, "payment", http.StatusOK, true},
	{amoapi.ErrForbidden, "forbidden", http.StatusOK, true},
	{amoapi.ErrLimited, "limited", http.StatusOK, true},
	{context.DeadlineExceeded, "slow", http.StatusOK, true},
	{oauth.ErrRefused, "sign_in", http.StatusOK, true}, // before ErrUpstream, which it also is
	{amoapi.ErrUnauthorized, "sign_in", http.StatusOK, true},
	{amoapi.ErrUpstream, "upstream", http.StatusOK, true},
	{amoapi.ErrNetwork, "upstream", http.StatusOK, true},
	{tenant.ErrNotFound, "no_tenant", http.StatusOK, false},
}

// problemCode sorts an error for a person. known is false for what should not happen and belongs in the log.
func problemCode(err error) (code string, status int, retry, known bool) {
	for _, p := range problems {
		if errors.Is(err, p.is) {
			return p.code, p.status, p.retry, true
		}
	}
	return "internal", http.StatusInternalServerError, true, false
}

// problem is the view of an error; retry is where to try again, "" leads to the panel.
func (v *visit) problem(err error, retry string) problemView {
	code, _, again, _ := problemCode(err)
	p := problemView{Title: v.t("problem." + code + ".title"), Text: v.t("problem." + code + ".text"), Done: v.notice(v.done)}
	switch {
	case again && retry != "":
		p.Action, p.URL = v.t("retry"), ui.Plain(retry)
		if people := v.base() + "/people"; retry != v.base() && !strings.HasPrefix(retry, people) {
			p.Back = ui.Plain(people)
		}
	case v.session.ID != "":
		p.Action, p.URL = v.t("back_to_client"), ui.Plain(v.base()+"/people")
	}
	if p.Done != nil && p.URL != "" {
		p.URL += ui.Plain("?done=" + url.QueryEscape(v.done))
	}
	return p
}

// problemLine is a problem in one line, for a form that has no room for a heading.
func (v *visit) problemLine(p problemView) string {
	return v.t("problem.line", "Title", p.Title, "Text", p.Text)
}

// fail answers with what went wrong. A missing login is a state of its own. Errors that nobody expects are logged
// here, once.
func (v *visit) fail(err error, retry string) error {
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return v.needsLogin()
	}
	_, status, _, known := problemCode(err)
	v.h.note(v.ctx, err, known, v.session.TenantID)
	if !isHTMX(v.Context) || status >= http.StatusInternalServerError {
		status = http.StatusOK // an iframe must show the page, and htmx the message, not a browser's error
	}
	return v.show(status, "problem", v.problem(err, retry))
}

func (h *Handlers) note(ctx context.Context, err error, known bool, tenantID string) {
	if known {
		h.Log.InfoContext(ctx, "block problem", "error", err, "tenant", tenantID)
		return
	}
	h.Log.ErrorContext(ctx, "block failed", "error", err, "tenant", tenantID)
}

// fieldTexts are a form's errors in the reader's language, by form path; "" holds what belongs to no shown field.
func (v *visit) fieldTexts(errs *crm.FieldErrors) map[string]string {
	out := map[string]string{}
	for _, e := range errs.Fields {
		text := e.Text
		switch {
		case e.Key != "" && e.Text != "" && e.Key == crm.KeyFromTheCRM:
			text = v.t(e.Key, "Text", e.Text)
		case e.Key == crm.KeyBadValue && badValueKey(e) != "":
			text = v.t(badValueKey(e))
		case e.Key != "":
			text = v.h.Catalog.TMap(v.session.Lang, e.Key, feedArgs(i18n.Format{Catalog: v.h.Catalog, Lang: v.session.Lang}, e.Args))
		}
		if out[e.Path] == "" {
			out[e.Path] = text
		}
	}
	return out
}
