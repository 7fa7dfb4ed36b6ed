package amocrm

import (
	"net/url"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/i18n"
)

// onlyComments is the filter of a feed that leaves out what the CRM did.
const onlyComments = "comments"

// feedView is what happened in a deal, with the box for a comment.
type feedView struct {
	Action    ui.Plain // where a comment is sent
	URL       ui.Plain // the feed itself
	Token     ui.Plain
	Filter    []filterLink
	Only      string // the filter, "" for everything
	Items     []itemView
	Rest      []itemView
	More      string
	Older     *olderView // nil at the beginning of the deal
	NewestURL ui.Plain   // of a page that shows older lines
	Partial   bool
	Stale     string
	Problem   *ui.ProblemView
	Typed     ui.Plain // a comment that could not be sent
	Error     string
	Doubt     *doubtView // it was sent, and it is not known whether it arrived
	Posted    bool
	OOB       bool // goes along with another part of the page
}

// filterLink is one way to look at the feed. Href is the page, URL the part of it.
type filterLink struct {
	ID, Href, URL ui.Plain
	Text          string
	Chosen        bool
}

// olderView leads on.
type olderView struct{ Href, URL ui.Plain }

// shownItems is how many lines of the feed stand open before "show more".
const shownItems = 15

// feedAsk is which part of the feed is asked for.
type feedAsk struct {
	only   string
	before string // a place of crm.Feed.Older, "" for the newest
}

func (r *pageRequest) feedAsk() feedAsk {
	ask := feedAsk{before: r.QueryParam("before")}
	if r.FormValue("only") == onlyComments { // of the query as well
		ask.only = onlyComments
	}
	return ask
}

func (a feedAsk) query() string {
	q := url.Values{}
	if a.only != "" {
		q.Set("only", a.only)
	}
	if a.before != "" {
		q.Set("before", a.before)
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func feedPage(f i18n.Format, base string, dealID int64, got feed.Feed, ask feedAsk) feedView {
	page := base + "/deals/" + strconv.FormatInt(dealID, 10)
	v := feedView{
		Action: ui.Plain(page + "/comments"), URL: ui.Plain(page + "/feed" + ask.query()), Token: ui.NewToken(), Only: ask.only, Partial: got.Partial,
	}
	for _, link := range []struct{ id, key, only string }{{"feed-all", "feed.all", ""}, {"feed-comments", "feed.comments", onlyComments}} {
		to := feedAsk{only: link.only}.query()
		v.Filter = append(v.Filter, filterLink{
			ID: ui.Plain(link.id), Text: f.Catalog.T(f.Lang, link.key), Href: ui.Plain(page + to), URL: ui.Plain(page + "/feed" + to),
			Chosen: link.only == ask.only,
		})
	}
	for _, it := range got.Items {
		if ask.only != "" && it.Kind != feed.KindComment {
			continue
		}
		item := feedLine(f, it)
		if len(v.Items) < shownItems || ask.before != "" {
			v.Items = append(v.Items, item)
		} else {
			v.Rest = append(v.Rest, item)
		}
	}
	if n := len(v.Rest); n > 0 {
		v.More = f.Catalog.T(f.Lang, "feed.more", "Count", n)
	}
	if got.Older != "" {
		to := feedAsk{ask.only, got.Older}.query()
		v.Older = &olderView{Href: ui.Plain(page + to), URL: ui.Plain(page + "/feed" + to)}
	}
	if ask.before != "" {
		v.NewestURL = ui.Plain(page + feedAsk{only: ask.only}.query())
	}
	if got.Stale {
		v.Stale = f.Catalog.T(f.Lang, "stale.slow", "Age", f.Age(got.At))
	}
	return v
}
