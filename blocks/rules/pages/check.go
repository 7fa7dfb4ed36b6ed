package pages

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/oauth"
)

// Bounds of the page's form, in characters.
const (
	maxRule   = 100_000
	maxLookup = 60
)

// ruleCheckView is the page on which a rule is tried, with the names and ids that a rule may say.
type ruleCheckView struct {
	Base     ui.Plain
	Rule     ui.Plain
	Error    string        // why the rule could not be tried
	Bad      string        // how many mistakes
	Problems []ruleProblem // stop it
	Remarks  []ruleProblem // are left out
	Warnings []ruleProblem
	Would    []ruleLine // what would be made, nil when the rule was not tried or has mistakes
	OpenDeal string     // what becomes of it when there is an open deal
	lookupView
}

type ruleProblem struct{ Path, Text string }

// ruleLine is a part of the deal that would be made.
type ruleLine struct {
	Label ui.Plain // also the name of a field with its id
	Lines []string
}

// Tried says that there is a result to read first.
func (v ruleCheckView) Tried() bool { return v.Error != "" || v.Bad != "" || v.Would != nil }

// ruleCheck offers the ready-made rule for a try: GET …/rule/check, with ?q= to look names up.
func (h *Handlers) ruleCheck(r *pageRequest) error {
	query := lookupQuery(r.QueryParam("q"))
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		meta, err := r.crm.Meta(ctx)
		if err != nil {
			return ui.Page{}, err
		}
		text, err := ruleJSON(h.PublicURL, r.crm.Tenant(), r.T("rule.deal_name"), meta)
		return ui.Page{Name: "rule_check", Data: ruleCheckView{Base: ui.Plain(r.Base()), Rule: text, lookupView: newLookup(r.FormatIn(ctx), meta, query)}}, err
	})
}

// checkRule tries what was typed on the ticket of the session, or only looks names up: POST …/rule/check. It makes nothing.
func (h *Handlers) checkRule(r *pageRequest) error {
	view := ruleCheckView{Base: ui.Plain(r.Base()), Rule: ui.Plain(r.FormValue("rule"))}
	meta, err := r.crm.Meta(r.Ctx)
	if err == nil {
		view.lookupView = newLookup(r.Format(), meta, lookupQuery(r.FormValue("q")))
		switch {
		case r.FormValue("do") == "find":
		case strings.TrimSpace(string(view.Rule)) == "":
			view.Error = r.T("error.required")
		case utf8.RuneCountInString(string(view.Rule)) > maxRule:
			view.Error = r.T("rule.check_too_long")
		default:
			err = r.try(&view)
		}
	}
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return r.Fail(err, "")
	}
	if err != nil { // what was typed stays
		r.LogProblem(err)
		view.Error = r.Problem(err, "").Title
	}
	return r.Show(http.StatusOK, "rule_check", view)
}

func (r *pageRequest) try(view *ruleCheckView) error {
	trial, err := r.h.Try(r.Ctx, r.Session.TenantID, r.Session.Ticket.ID, string(view.Rule))
	var broken *body.SyntaxError
	switch {
	case errors.As(err, &broken) && broken.Line > 0:
		view.Error = r.T("rule.check_unreadable_at", "Line", strconv.Itoa(broken.Line), "Column", strconv.Itoa(broken.Column))
		return nil
	case errors.As(err, &broken):
		view.Error = r.T("rule.check_unreadable")
		return nil
	case err != nil:
		return err
	}
	f := r.Format()
	view.Problems, view.Remarks = saidProblems(f, trial.Problems), saidProblems(f, trial.Remarks)
	view.Warnings = saidProblems(f, trial.Warnings)
	if trial.Would == nil {
		view.Bad = r.T("rule.check_bad", "Count", len(trial.Problems))
		return nil
	}
	view.Would = wouldLines(f, *trial.Would)
	switch trial.Would.IfOpenDeal {
	case request.OpenDealAttach:
		view.OpenDeal = r.T("rule.deal_attach")
	case request.OpenDealSkip:
		view.OpenDeal = r.T("rule.deal_skip")
	}
	return nil
}

func saidProblems(f i18n.Format, list []request.Problem) []ruleProblem {
	var out []ruleProblem
	for _, p := range list {
		out = append(out, ruleProblem{p.Path, p.In(f.Catalog, f.Lang)})
	}
	return out
}

// wouldLines says what a rule would make; what is left to amoCRM has no line.
func wouldLines(f i18n.Format, w plan.Would) []ruleLine {
	out := []ruleLine{}
	add := func(label string, lines ...string) {
		var said []string
		for _, line := range lines {
			if line != "" {
				said = append(said, line)
			}
		}
		if len(said) > 0 {
			out = append(out, ruleLine{ui.Plain(label), said})
		}
	}
	contact := withID(w.Contact)
	if w.Contact.ID == 0 {
		contact = f.T("rule.contact_new", "Name", w.Contact.Name)
	}
	add(f.T("field.contact"), contact)
	add(f.T("field.deal_name"), w.Name)
	if w.Price != nil {
		add(f.T("field.price"), f.Number(w.Price.Float()))
	}
	add(f.T("field.pipeline"), withID(w.Pipeline))
	add(f.T("field.stage"), withID(w.Status))
	add(f.T("field.responsible"), withID(w.Responsible))
	for _, field := range w.Fields {
		add(withID(field.Ref), field.Values...)
	}
	add(f.T("field.tags"), w.Tags...)
	add(f.T("field.company"), w.Company)
	if w.Task != nil {
		add(f.T("rule.task"), f.T("rule.task_due", "Text", w.Task.Text, "Time", f.DateTime(w.Task.Due)))
	}
	add(f.T("field.note"), w.Comment)
	return out
}

// withID is a name with its id, as rules and messages write it.
func withID(r plan.Ref) string {
	switch {
	case r.ID == 0:
		return ""
	case r.Name == "":
		return "#" + strconv.FormatInt(r.ID, 10)
	}
	return r.Name + " (" + strconv.FormatInt(r.ID, 10) + ")"
}

func lookupQuery(raw string) string {
	return runes.First(strings.TrimSpace(raw), maxLookup)
}
