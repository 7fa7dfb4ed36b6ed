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
	"github.com/sidecard/sidecard/internal/crm"
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

// mostLookups bounds the rows of a lookup.
const mostLookups = 80

// lookupView are the account's names with their ids.
type lookupView struct {
	Query  ui.Plain
	Groups []lookupGroup
	None   bool   // nothing fits the query
	More   string // how many rows are left out
}

type lookupGroup struct {
	Title string
	Rows  []lookupRow
}

// lookupRow is one name; Place names its id in the page, where "copy" finds it.
type lookupRow struct {
	Place, ID, Copy ui.Plain
	Name, Sub       string
}

// lookups collects rows that fit a query.
type lookups struct {
	f    i18n.Format
	view lookupView
	rows int
	over int
}

func newLookup(f i18n.Format, meta crm.Meta, query string) lookupView {
	l := &lookups{f: f, view: lookupView{Query: ui.Plain(query)}}
	for _, p := range meta.Open() {
		rows := []lookupRow{l.row("p", int64(p.ID), p.Name, f.T("field.pipeline"))}
		for _, s := range p.Statuses {
			rows = append(rows, l.row("s-"+number(int64(p.ID)), int64(s.ID), s.Name, ""))
		}
		l.group(f.T("rule.lookup_stages", "Name", p.Name), p.Name, rows)
	}
	var users []lookupRow
	for _, u := range meta.Assignable() {
		users = append(users, l.row("u", int64(u.ID), u.Name, u.Email))
	}
	l.group(f.T("rule.lookup_users"), "", users)
	var fields []lookupRow
	for _, field := range meta.LeadFields {
		fields = append(fields, l.row("f", int64(field.ID), field.Name, strings.TrimSpace(field.Type+" "+field.Code)))
	}
	l.group(f.T("rule.lookup_fields"), "", fields)
	for _, field := range meta.LeadFields {
		var rows []lookupRow
		for _, e := range field.Enums {
			rows = append(rows, l.row("e-"+number(int64(field.ID)), int64(e.ID), e.Value, ""))
		}
		l.group(f.T("rule.lookup_choices", "Name", field.Name), field.Name, rows)
	}
	if l.over > 0 {
		l.view.More = f.T("rule.lookup_more", "Count", l.over)
	}
	l.view.None = l.rows == 0 && query != ""
	return l.view
}

func (l *lookups) row(kind string, id int64, name, sub string) lookupRow {
	return lookupRow{Place: ui.Plain("id-" + kind + "-" + number(id)), ID: ui.Plain(number(id)), Name: name, Sub: sub,
		Copy: ui.Plain(l.f.T("rule.copy_id", "ID", number(id), "Name", l.f.Words(name)))}
}

// group adds the rows that fit; all of them when the thing that they belong to fits.
func (l *lookups) group(title, of string, rows []lookupRow) {
	whole := l.fits(of) && of != ""
	var fit []lookupRow
	for _, r := range rows {
		switch {
		case !whole && !l.fits(r.Name) && !l.fits(r.Sub) && !strings.HasPrefix(string(r.ID), string(l.view.Query)):
		case l.rows == mostLookups:
			l.over++
		default:
			l.rows++
			fit = append(fit, r)
		}
	}
	if len(fit) > 0 {
		l.view.Groups = append(l.view.Groups, lookupGroup{title, fit})
	}
}

func (l *lookups) fits(text string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(string(l.view.Query)))
}

func number(id int64) string { return strconv.FormatInt(id, 10) }
