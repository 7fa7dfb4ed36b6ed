package amocrm

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
)

// panel is the page in the iframe: GET /blocks/amocrm/:session. ?open=deal:12, create-deal or add-contact leads
// straight to that place; without it the card that was open on this ticket is open again.
func (h *Handlers) panel(v *visit) error {
	login, connected, err := v.loginState(v.ctx)
	if err != nil {
		return v.fail(err, v.base())
	}
	if !connected && !login.Lost {
		return v.show(http.StatusOK, "login", login)
	}
	open := v.QueryParam("open")
	if open == "" && connected && v.QueryParam("done") == "" {
		if open, err = h.Sessions.Place(v.ctx, v.session); err != nil {
			return v.fail(err, v.base())
		}
	}
	if path := place(open); path != "" && connected {
		return see(v, v.base()+path)
	}
	return h.people(v)
}

// place is the path of a named place, "" for none.
func place(name string) string {
	kind, id, _ := strings.Cut(name, ":")
	switch {
	case kind == "deal" && number(id) != 0:
		return "/deals/" + strconv.FormatInt(number(id), 10)
	case kind == "create-deal":
		return "/deals/new"
	case kind == "add-contact":
		return "/contacts/new"
	case kind == "inbox":
		return "/inbox"
	case kind == "search":
		return "/search"
	}
	return ""
}

// people is the client's contacts with their deals: GET …/people. ?fresh=1 goes past the cache.
func (h *Handlers) people(v *visit) error {
	if v.QueryParam("fresh") != "" {
		if err := v.crm.ForgetData(v.ctx); err != nil {
			return v.fail(err, v.base()+"/people")
		}
	}
	if err := h.Sessions.SetPlace(v.ctx, v.session, ""); err != nil {
		return v.fail(err, v.base()+"/people")
	}
	v.done = v.QueryParam("done")
	v.wish = wish{all: v.QueryParam("all") != "", deals: v.QueryParam("deals"), at: v.QueryParam("at")}
	return v.paint("people_loading", func(ctx context.Context) (loaded, error) {
		view, err := v.peopleView(ctx)
		view.Notice = v.notice(v.done)
		return loaded{"people", view}, err
	})
}

func (v *visit) peopleView(ctx context.Context) (peopleView, error) { return v.peopleAt(ctx, v.base()) }

// peopleAt is the first screen with its links under base.
func (v *visit) peopleAt(ctx context.Context, base string) (peopleView, error) {
	client := v.session.Ticket.Client
	ask := v.crm.People
	if v.wish.all {
		ask = v.crm.Matches
	}
	people, err := ask(ctx, client)
	if err != nil {
		return peopleView{}, err
	}
	shown, err := v.dealsShown(ctx)
	if err != nil {
		return peopleView{}, err
	}
	f := v.formatIn(ctx)
	view := peoplePage(f, base, client, shownDealsOf(people, shown))
	view.AllMatches = v.wish.all && people.Linked != 0
	withFilter(f, &view, people, shown, v.wish.at)
	v.layRows(ctx, f, &view, people)
	view.Failed, view.Run = v.failedFirings(ctx), v.ownRun(ctx, base)
	return view, nil
}

// after shows the first screen with the confirmation of what was done, "linked" or "deal:12". Without script the
// browser is sent there, so that a reload does not send the form again.
func (v *visit) after(done string) error {
	if !isHTMX(v.Context) {
		return see(v, v.base()+"?done="+done)
	}
	ctx, cancel := v.owned(v.h.Budget) // the page's own time may have gone into the write
	defer cancel()
	v.done = done
	view, err := v.peopleView(ctx)
	if err != nil {
		return v.fail(err, v.base()+"/people")
	}
	view.Notice = v.notice(done)
	return v.show(http.StatusOK, "people", view)
}

// notice is the confirmation named by done: "linked", "deal:12", or "deal:12:note" when the note is missing; nil for
// anything unknown.
func (v *visit) notice(done string) *noticeView {
	parts := append(strings.SplitN(done, ":", 3), "", "")
	id, missing := number(parts[1]), ""
	switch parts[2] {
	case "note", "link", "company", "remember":
		missing = v.t("done.missing." + parts[2])
	}
	switch kind := parts[0]; kind {
	case "linked", "unlinked", "saved", "added":
		return &noticeView{Text: v.t("done." + kind)}
	case "deal":
		if id != 0 {
			return &noticeView{
				Text: v.t("done.deal"), Missing: missing,
				Link: v.t("done.open_deal"), Href: ui.Plain(v.dealURL(id)),
			}
		}
	case "contact":
		return &noticeView{Text: v.t("done.contact"), Missing: missing}
	}
	return nil
}
