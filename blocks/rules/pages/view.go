package pages

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
)

type format = i18n.Format

// inboxView is the list of jobs.
type inboxView struct {
	Base, Token ui.Plain
	State       string
	Text        ui.Plain
	Tabs        []tabView
	Rows        []jobRow
	Failed      int
	Newest      ui.Plain // address of the first page, "" on it
	Older       ui.Plain // address of the next one, "" on the last
	Before      ui.Plain // where the next page goes on, for a search
	Cut         bool     // the search has not seen everything
	Trimmed     string
	Notice      string
}

type tabView struct {
	Href  ui.Plain
	Text  string
	State string
	Count int
	On    bool
}

// jobRow is a job in the list.
type jobRow struct {
	Href          ui.Plain
	Title         ui.Plain
	State, Word   string
	Age, AgeTitle string
	Reason        string
	Repeats       string
}

func (r *pageRequest) inboxPage(ctx context.Context, q rules.Query) (inboxView, error) {
	f := r.FormatIn(ctx)
	q.Reason = func(e jobs.Job) string { return r.reason(f, e) }
	p, err := r.h.Rules.Inbox(ctx, r.Session.TenantID, q)
	if err != nil {
		return inboxView{}, err
	}
	view := inboxView{Base: ui.Plain(r.Base()), Token: ui.NewToken(), Text: ui.Plain(q.Text), Failed: p.Counts.Failed, Cut: p.Cut}
	view.Tabs = r.tabs(q, p.Counts)
	for _, tab := range view.Tabs[1:] {
		if tab.On {
			view.State = cmp.Or(string(q.Label), string(q.State))
		}
	}
	for _, e := range p.Jobs {
		view.Rows = append(view.Rows, jobRow{
			Href:  ui.Plain(r.Base() + "/inbox/" + url.PathEscape(e.ID)),
			Title: ui.Plain(r.jobTitle(e, f.Words(e.Request.Fields.Name))), State: jobs.StateOf(e), Word: r.T("inbox.state." + jobs.StateOf(e)),
			Age: f.Age(e.UpdatedAt), AgeTitle: f.DateTime(e.UpdatedAt), Reason: r.reason(f, e), Repeats: r.repeats(e),
		})
	}
	if q.Before != "" {
		view.Newest = ui.Plain(inboxURL(r.Base(), rules.Query{State: q.State, Label: q.Label}))
	}
	if p.Next != "" {
		q.Before = p.Next
		view.Older, view.Before = ui.Plain(inboxURL(r.Base(), q)), ui.Plain(p.Next)
	}
	if p.Trimmed.Count > 0 {
		view.Trimmed = r.T("inbox.trimmed", "Count", p.Trimmed.Count, "Since", f.Date(p.Trimmed.Since))
	}
	return view, nil
}

// tabs are the states with their numbers; empty ones that are not asked for are left out.
func (r *pageRequest) tabs(q rules.Query, c ledger.Counts) []tabView {
	counts := map[ledger.State]int{
		ledger.StateFailed: c.Failed, ledger.StateHeld: c.Held, ledger.StateAccepted: c.Accepted,
		ledger.StateWorking: c.Working, ledger.StateDone: c.Done, ledger.StateDropped: c.Dropped,
	}
	labelled := map[ledger.Label]int{ledger.LabelRefused: c.Refused, ledger.LabelRemarks: c.Remarks}
	labels := map[ledger.State]ledger.Label{ledger.StateFailed: ledger.LabelRefused, ledger.StateDone: ledger.LabelRemarks}
	tabs := []tabView{{Href: ui.Plain(inboxURL(r.Base(), rules.Query{})), Text: r.T("inbox.all"), On: true}}
	add := func(part rules.Query, name string, count int, on bool) {
		tabs[0].On = tabs[0].On && !on
		if on || count > 0 {
			tabs = append(tabs, tabView{ui.Plain(inboxURL(r.Base(), part)), r.T("inbox.state." + name), name, count, on})
		}
	}
	for _, s := range ledger.States {
		tabs[0].Count += counts[s]
		add(rules.Query{State: s}, string(s), counts[s], q.State == s && q.Label == "")
		if l, has := labels[s]; has { // a part of those before it
			add(rules.Query{Label: l}, string(l), labelled[l], q.Label == l)
		}
	}
	return tabs
}

// jobTitle names a job by its ticket and deal.
func (r *pageRequest) jobTitle(e jobs.Job, name string) string {
	if e.Request.TicketID == 0 {
		return strings.TrimSuffix(r.T("inbox.no_ticket")+" · "+name, " · ")
	}
	return r.T("inbox.row", "Ticket", e.Request.TicketID, "Name", name)
}

func (r *pageRequest) repeats(e jobs.Job) string {
	if e.Repeats == 0 {
		return ""
	}
	return r.T("inbox.repeats", "Count", e.Repeats)
}

// jobView is one job with what can be done about it.
type jobView struct {
	Base, URL, Token  ui.Plain
	Notice, Problem   string
	ID                ui.Plain
	State, Word       string
	Reason, Repeats   string
	Ticket, TicketURL ui.Plain
	Contact, Deal     link
	Created, Due      string
	Attempts          int
	Problems          []request.Problem
	Remarks           bool // Problems are what was left out
	Candidates        []candidateView
	Timeline          []momentView
	Request           ui.Plain
	Cut               bool // there was more of it
	Mistakes          []request.Problem
	BadRequest        string
	Dropping          ui.Plain // the reason as it was typed
	BadReason         string

	CanRetry, CanEdit, CanDrop, Fixed bool // Fixed: it would be edited, were there no deal
}

type link struct{ Text, URL ui.Plain }

type candidateView struct {
	ID   int64
	Name string
	URL  ui.Plain
	Made string
}

// momentView is a line of the timeline. Times says how often it was said, and when last; Next when it is tried again.
type momentView struct{ At, Text, Times, Next string }

func (r *pageRequest) jobPage(ctx context.Context, id string) (jobView, error) {
	e, err := r.h.Rules.Get(ctx, r.Session.TenantID, id)
	if err != nil {
		return jobView{}, err
	}
	request, err := e.Request.Text()
	if err != nil {
		return jobView{}, err
	}
	f := r.FormatIn(ctx)
	failed, held := e.State == ledger.StateFailed, e.State == ledger.StateHeld
	view := jobView{
		Base: ui.Plain(r.Base()), URL: ui.Plain(r.Base() + "/inbox/" + url.PathEscape(e.ID)), Token: ui.NewToken(), ID: ui.Plain(e.ID),
		State: jobs.StateOf(e), Word: r.T("inbox.state." + jobs.StateOf(e)), Reason: r.said(f, e.Why), Repeats: r.repeats(e),
		Created: f.DateTime(e.CreatedAt), Attempts: e.Attempts,
		Request: ui.Plain(maskJSON(f, request)), CanRetry: failed, CanEdit: jobs.Editable(e),
		CanDrop: failed || held || e.State == ledger.StateAccepted,
	}
	view.Fixed = (failed || held) && !view.CanEdit
	if !e.DueAt.IsZero() && e.State == ledger.StateAccepted && e.DueAt.After(r.h.Now()) {
		view.Due = f.DateTime(e.DueAt)
	}
	if text := ui.Plain(number(e.Steps.ContactID)); text != "0" {
		view.Contact = link{text, ui.Plain(r.crm.Tenant().AmoBase) + "/contacts/detail/" + text}
	}
	if text := ui.Plain(number(e.Steps.LeadID)); text != "0" { // the address that is stored may be a former one
		view.Deal = link{text, ui.Plain(r.crm.Tenant().AmoBase) + "/leads/detail/" + text}
	}
	if id := e.Request.TicketID; id != 0 {
		view.Ticket, view.TicketURL = ui.Plain(number(id)), ui.Plain(r.h.TicketURL(r.crm.Tenant(), id))
	}
	view.Problems, view.Remarks = r.problems(f, e.Problems), e.Label == ledger.LabelRemarks
	if e.State != ledger.StateDone && len(e.Problems) == 0 { // known before the deal is made
		view.Problems, view.Remarks = r.problems(f, jobs.Remarks(e)), true
	}
	if e.Label != "" { // the list says it all
		view.Reason = ""
	}
	view.Cut = e.Request.Unread != nil && e.Request.Unread.Cut
	if failed {
		for _, c := range e.Steps.Candidates {
			view.Candidates = append(view.Candidates, candidateView{c.LeadID, c.Name, ui.Plain(r.crm.Tenant().Present(c.URL)), f.DateTime(c.CreatedAt)})
		}
	}
	for _, l := range e.Timeline {
		m := momentView{At: f.DateTime(l.At), Text: r.said(f, l.Text)}
		if code, n, rest := l.Text.Head(); code != "" && rest != "" && rest == e.Why {
			m.Text = r.T("firing."+code, "N", n, "Rest", r.reason(f, e))
		}
		if l.Times > 1 {
			m.Times = r.T("inbox.times", "Count", l.Times, "At", f.DateTime(l.Last))
		}
		if l.Next.After(r.h.Now()) {
			m.Next = r.T("inbox.next_try", "At", f.DateTime(l.Next))
		}
		view.Timeline = append(view.Timeline, m)
	}
	return view, nil
}

// keep leaves what was typed on the page, with what is wrong with it.
func (view *jobView) keep(typed jobView) {
	if typed.Request != "" && view.CanEdit {
		view.Request = typed.Request
	}
	view.Dropping, view.Problem, view.BadReason = typed.Dropping, typed.Problem, typed.BadReason
	view.BadRequest, view.Mistakes = typed.BadRequest, typed.Mistakes
}
