package amocrm

import (
	"context"
	"net/url"
	"strconv"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/triggers"
)

type format = blocks.Format

// inboxView is the list of firings.
type inboxView struct {
	Base, Token string
	State, Text string
	Tabs        []tabView
	Rows        []firingRow
	Failed      int
	File        string // address of the CSV
	Newest      string // address of the first page, "" on it
	Older       string // address of the next one, "" on the last
	Cut         bool   // the search has not seen everything
	Trimmed     string
	Notice      string
}

type tabView struct {
	Href, Text string
	Count      int
	On         bool
}

// firingRow is a firing in the list.
type firingRow struct {
	Href, Title   string
	State, Word   string
	Age, AgeTitle string
	Reason        string
	Repeats       string
}

func (v *visit) inboxPage(ctx context.Context, q triggers.Query) (inboxView, error) {
	f := v.formatIn(ctx)
	q.Reason = func(e triggers.Entry) string { return v.said(f, e.Why) }
	p, err := v.h.Firings.Inbox(ctx, v.session.TenantID, q)
	if err != nil {
		return inboxView{}, err
	}
	view := inboxView{Base: v.base(), Token: blocks.NewID(), Text: q.Text, Failed: p.Counts.Failed, Cut: p.Cut}
	view.Tabs = v.tabs(q, p.Counts)
	for _, tab := range view.Tabs[1:] {
		if tab.On {
			view.State = string(q.State)
		}
	}
	for _, e := range p.Entries {
		row := firingRow{
			Href:  v.base() + "/inbox/" + url.PathEscape(e.ID),
			Title: f.Words(e.Request.Fields.Name), State: string(e.State), Word: v.t("inbox.state." + string(e.State)),
			Age: f.Age(e.UpdatedAt), AgeTitle: f.DateTime(e.UpdatedAt), Reason: v.said(f, e.Why), Repeats: v.repeats(e),
		}
		row.Title = v.t("inbox.row", "Ticket", e.Request.TicketID, "Name", row.Title)
		view.Rows = append(view.Rows, row)
	}
	first := q
	first.Before = ""
	view.File = inboxURL(v.base(), "/inbox.csv", first)
	if q.Before != "" {
		view.Newest = inboxURL(v.base(), "/inbox", first)
	}
	if p.Next != "" {
		q.Before = p.Next
		view.Older = inboxURL(v.base(), "/inbox", q)
	}
	if p.Trimmed.Count > 0 {
		view.Trimmed = v.t("inbox.trimmed", "Count", p.Trimmed.Count, "Since", f.Date(p.Trimmed.Since))
	}
	return view, nil
}

// tabs are the states with their numbers; empty ones that are not asked for are left out.
func (v *visit) tabs(q triggers.Query, c triggers.Counts) []tabView {
	counts := map[triggers.State]int{
		triggers.StateFailed: c.Failed, triggers.StateHeld: c.Held, triggers.StateAccepted: c.Accepted,
		triggers.StateWorking: c.Working, triggers.StateDone: c.Done, triggers.StateDropped: c.Dropped,
	}
	href := func(s triggers.State) string {
		return inboxURL(v.base(), "/inbox", triggers.Query{State: s, Text: q.Text})
	}
	all := tabView{Href: href(""), Text: v.t("inbox.all"), On: true}
	tabs := []tabView{all}
	for _, s := range triggers.States {
		on := q.State == s
		tabs[0].Count += counts[s]
		tabs[0].On = tabs[0].On && !on
		if on || counts[s] > 0 {
			tabs = append(tabs, tabView{href(s), v.t("inbox.state." + string(s)), counts[s], on})
		}
	}
	return tabs
}

func (v *visit) repeats(e triggers.Entry) string {
	if e.Repeats == 0 {
		return ""
	}
	return v.t("inbox.repeats", "Count", e.Repeats)
}

// firingView is one firing with what can be done about it.
type firingView struct {
	Base, URL, Token  string
	Notice, Problem   string
	ID                string
	State, Word       string
	Reason, Repeats   string
	Ticket, TicketURL string
	Contact, Deal     link
	Created, Updated  string
	Due               string
	Attempts          int
	Problems          []triggers.Problem
	Candidates        []candidateView
	Timeline          []momentView
	Request           string
	Mistakes          []triggers.Problem
	BadRequest        string
	Dropping          string // the reason as it was typed
	BadReason         string

	CanRetry, CanEdit, CanDrop, Fixed bool // Fixed: it would be edited, were there no deal
}

type link struct{ Text, URL string }

type candidateView struct {
	ID        int64
	Name, URL string
	Made      string
}

// momentView is a line of the timeline. Times says how often it was said, and when last; Next when it is tried again.
type momentView struct{ At, Text, Times, Next string }

func (v *visit) firingPage(ctx context.Context, id string) (firingView, error) {
	e, err := v.h.Firings.Get(ctx, v.session.TenantID, id)
	if err != nil {
		return firingView{}, err
	}
	request, err := requestJSON(e.Request)
	if err != nil {
		return firingView{}, err
	}
	f := v.formatIn(ctx)
	failed, held := e.State == triggers.StateFailed, e.State == triggers.StateHeld
	view := firingView{
		Base: v.base(), URL: v.base() + "/inbox/" + url.PathEscape(e.ID), Token: blocks.NewID(), ID: e.ID,
		State: string(e.State), Word: v.t("inbox.state." + string(e.State)), Reason: v.said(f, e.Why), Repeats: v.repeats(e),
		Ticket: strconv.FormatInt(e.Request.TicketID, 10), TicketURL: v.ticketURLOf(e.Request.TicketID),
		Created: f.DateTime(e.CreatedAt), Updated: f.DateTime(e.UpdatedAt), Attempts: e.Attempts,
		Request: maskJSON(f, request), CanRetry: failed, CanEdit: e.Editable(),
		CanDrop: failed || held || e.State == triggers.StateAccepted,
	}
	view.Fixed = (failed || held) && !view.CanEdit
	if !e.DueAt.IsZero() && e.State == triggers.StateAccepted && e.DueAt.After(v.h.Now()) {
		view.Due = f.DateTime(e.DueAt)
	}
	if n := e.Steps.ContactID; n != 0 {
		text := strconv.FormatInt(n, 10)
		view.Contact = link{text, v.crm.Tenant().AmoBase + "/contacts/detail/" + text}
	}
	if n := e.Steps.LeadID; n != 0 {
		text := strconv.FormatInt(n, 10)
		view.Deal = link{text, v.crm.Tenant().AmoBase + "/leads/detail/" + text} // the stored one may be of a former address
	}
	for _, p := range e.Problems {
		view.Problems = append(view.Problems, triggers.Problem{Path: p.Path, Detail: f.Words(p.Detail)})
	}
	if failed {
		for _, c := range e.Steps.Candidates {
			view.Candidates = append(view.Candidates, candidateView{c.LeadID, f.Words(c.Name), v.crm.Tenant().Present(c.URL), f.DateTime(c.CreatedAt)})
		}
	}
	for _, l := range e.Timeline {
		m := momentView{At: f.DateTime(l.At), Text: v.said(f, l.Text)}
		if l.Times > 1 {
			m.Times = v.t("inbox.times", "Count", l.Times, "At", f.DateTime(l.Last))
		}
		if l.Next.After(v.h.Now()) {
			m.Next = v.t("inbox.next_try", "At", f.DateTime(l.Next))
		}
		view.Timeline = append(view.Timeline, m)
	}
	return view, nil
}

// keep leaves what was typed on the page, with what is wrong with it.
func (view *firingView) keep(t typedFiring) {
	if t.request != "" && view.CanEdit {
		view.Request = t.request
	}
	view.Dropping, view.Problem, view.BadReason = t.reason, t.problem, t.badReason
	view.BadRequest, view.Mistakes = t.badRequest, t.mistakes
}
