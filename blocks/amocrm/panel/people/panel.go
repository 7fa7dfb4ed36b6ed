package people

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/runes"
)

// panel serves the page in the iframe: GET /blocks/amocrm/:session. ?open=deal:12, create-deal or add-contact leads
// straight to that view; without it the card that was open on this ticket is open again.
func (h *Handlers) panel(r *request) error {
	login, connected, err := h.Login(r.Ctx, r.PageRequest)
	if err != nil {
		return r.Fail(err, r.Base())
	}
	if !connected && !login.Lost {
		return r.Show(http.StatusOK, "login", login)
	}
	open := r.QueryParam("open")
	if open == "" && connected && r.QueryParam("done") == "" {
		if open, err = h.Sessions.Place(r.Ctx, r.Session); err != nil {
			return r.Fail(err, r.Base())
		}
	}
	if path := viewPath(open); path != "" && connected {
		return r.SeeOther(r.Base() + path)
	}
	return h.list(r)
}

// viewPath returns the path of a view by its name, "" for none.
func viewPath(name string) string {
	kind, raw, _ := strings.Cut(name, ":")
	if id := ui.Number(raw); kind == "deal" && id != 0 {
		return "/deals/" + strconv.FormatInt(id, 10)
	}
	return map[string]string{
		"create-deal": "/deals/new", "add-contact": "/contacts/new", "inbox": "/inbox", "search": "/search",
	}[kind]
}

// list serves the client's contacts with their deals: GET …/people. ?fresh=1 goes past the cache.
func (h *Handlers) list(r *request) error {
	if r.QueryParam("fresh") != "" {
		if err := r.crm.ForgetData(r.Ctx); err != nil {
			return r.Fail(err, r.Base()+"/people")
		}
	}
	if err := h.Sessions.SetPlace(r.Ctx, r.Session, ""); err != nil {
		return r.Fail(err, r.Base()+"/people")
	}
	r.confirm(r.QueryParam("done"))
	r.query = query{all: r.QueryParam("all") != "", deals: r.QueryParam("deals"), at: r.QueryParam("at")}
	return r.ShowOrSkeleton("people_loading", func(ctx context.Context) (ui.Page, error) {
		view, err := r.view(ctx, r.Base())
		view.Notice = r.Notice
		return ui.Page{Name: "people", Data: view}, err
	})
}

// view returns the first screen with its links under base.
func (r *request) view(ctx context.Context, base string) (View, error) {
	client := r.Session.Ticket.Client
	ask := r.crm.People
	if r.query.all {
		ask = r.crm.Matches
	}
	people, err := ask(ctx, client)
	if err != nil {
		return View{}, err
	}
	shown, err := r.dealsShown(ctx)
	if err != nil {
		return View{}, err
	}
	f := r.FormatIn(ctx)
	view := peoplePage(f, base, client, rows.Only(people, shown))
	view.AllMatches = r.query.all && people.Linked != 0
	withFilter(f, &view, people, shown, r.query.at)
	lists := make([]*rows.List, len(view.Persons))
	for i := range view.Persons {
		lists[i] = &view.Persons[i].Deals
	}
	company := r.crm.Tenant()
	rows.Lay(f, rows.Layout(ctx, r.PageRequest, r.crm, company.Settings.ListLayout), lists, people, company.AmoBase)
	view.Failed, view.Run = r.failedRuns(ctx), r.ownRun(ctx, base)
	return view, nil
}

// after shows the first screen with the confirmation of what was done, "linked" or "deal:12". Without script the
// browser is sent there, so that a reload does not send the form again.
func (r *request) after(done string) error {
	if !r.HTMX() {
		return r.SeeOther(r.Base() + "?done=" + done)
	}
	ctx, cancel := r.Background(r.h.Budget) // the page's own time may have gone into the write
	defer cancel()
	r.confirm(done)
	view, err := r.view(ctx, r.Base())
	if err != nil {
		return r.Fail(err, r.Base()+"/people")
	}
	view.Notice = r.Notice
	return r.Show(http.StatusOK, "people", view)
}

// confirm puts what was done on the next page, or on the problem in its place.
func (r *request) confirm(done string) { r.Done, r.Notice = done, r.notice(done) }

// notice returns the confirmation named by done: "linked", "deal:12", or "deal:12:note" when the note is missing; nil for
// anything unknown.
func (r *request) notice(done string) *ui.Notice {
	parts := append(strings.SplitN(done, ":", 3), "", "")
	id, missing := ui.Number(parts[1]), ""
	switch parts[2] {
	case "note", "link", "company", "remember":
		missing = r.T("done.missing." + parts[2])
	}
	switch kind := parts[0]; kind {
	case "linked", "unlinked", "saved", "added":
		return &ui.Notice{Text: r.T("done." + kind)}
	case "deal":
		if id != 0 {
			return &ui.Notice{
				Text: r.T("done.deal"), Missing: missing,
				Link: r.T("done.open_deal"), Href: ui.Plain(r.Base() + "/deals/" + strconv.FormatInt(id, 10)),
			}
		}
	case "contact":
		return &ui.Notice{Text: r.T("done.contact"), Missing: missing}
	}
	return nil
}

// failedRuns returns how many runs of rules need a person. The card does without the number when it can't be told.
func (r *request) failedRuns(ctx context.Context) int {
	if r.h.Runs == nil {
		return 0
	}
	failed, err := r.h.Runs.Failed(ctx, r.Session.TenantID)
	if err != nil {
		r.LogError(err)
	}
	return failed
}

// ownRun returns the newest run for the session's ticket, nil for none. The card does without when it can't be told.
func (r *request) ownRun(ctx context.Context, base string) *runView {
	if r.h.Runs == nil || r.Session.Ticket.ID == 0 {
		return nil
	}
	id, state, err := r.h.Runs.Latest(ctx, r.Session.TenantID, r.Session.Ticket.ID)
	if err != nil {
		r.LogError(err)
	}
	if id == "" {
		return nil
	}
	return &runView{State: state, Word: r.T("inbox.state." + state), Href: ui.Plain(base + "/inbox/" + url.PathEscape(id))}
}

// query is what a request asks for beside its address. It is read before the page is rendered, which may outlive the request.
type query struct {
	all   bool   // everybody who matches, past the link
	deals string // which deals to show
	at    string // the contact whose deals were asked for
}

// dealsShown returns the agent's choice: a link's parameter is remembered for the session.
func (r *request) dealsShown(ctx context.Context) (string, error) {
	switch r.query.deals {
	case rows.Open:
		return rows.Open, r.h.Sessions.SetAside(ctx, r.Session, session.AsideDeals, rows.Open)
	case rows.All:
		return rows.All, r.h.Sessions.SetAside(ctx, r.Session, session.AsideDeals, "")
	}
	kept, err := r.h.Sessions.Aside(ctx, r.Session, session.AsideDeals)
	if kept != rows.Open {
		kept = rows.All
	}
	return kept, err
}

// searchView is the search by hand.
type searchView struct {
	Base    ui.Plain
	Typed   ui.Plain
	Asked   bool
	Persons []personView
	Deals   []rows.Row
	Error   string
}

// search finds contacts and deals by typed words: GET …/search is the empty form, POST asks (what is typed is personal data and
// must not stand in an address).
func (h *Handlers) search(r *request) error {
	view := searchView{Base: ui.Plain(r.Base())}
	if r.Request().Method == http.MethodGet {
		return r.Show(http.StatusOK, "search", view)
	}
	typed := runes.First(strings.TrimSpace(r.FormValue("q")), 100)
	if view.Typed = ui.Plain(typed); utf8.RuneCountInString(typed) < 3 {
		view.Error = r.T("search.short")
		return r.Show(http.StatusOK, "search", view)
	}
	var found []people.Person
	var named []deals.Deal
	var g errgroup.Group
	g.Go(func() (err error) { found, err = r.crm.Search(r.Ctx, typed); return err })
	g.Go(func() (err error) { named, err = r.crm.SearchDeals(r.Ctx, typed); return err })
	if err := g.Wait(); err != nil && !errors.Is(err, crm.ErrEmptyQuery) {
		return r.Fail(err, r.Base()+"/search")
	}
	view.Asked = true
	f := r.Format()
	for _, p := range found {
		view.Persons = append(view.Persons, r.foundCard(f, p))
	}
	for _, d := range named {
		view.Deals = append(view.Deals, rows.RowOf(f, r.Base(), d))
	}
	return r.Show(http.StatusOK, "search", view)
}
