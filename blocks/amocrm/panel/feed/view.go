// Package feed reads what happened in a deal and draws it: lines of people and of the CRM, the filter, the way to older lines,
// the box for a comment.
//
// It refuses to know where the feed stands and how a comment is sent.
package feed

import (
	"context"
	"embed"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/i18n"
)

// onlyComments is the filter of a feed that leaves out what the CRM did.
const onlyComments = "comments"

// View is what happened in a deal, with the box for a comment.
type View struct {
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
	Doubt     *Doubt // it was sent, and it is not known whether it arrived
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

func draw(f i18n.Format, base string, dealID int64, got feed.Feed, ask Ask) View {
	page := base + "/deals/" + strconv.FormatInt(dealID, 10)
	v := View{
		Action: ui.Plain(page + "/comments"), URL: ui.Plain(page + "/feed" + ask.Query()), Token: ui.NewToken(), Only: ask.Only, Partial: got.Partial,
	}
	for _, link := range []struct{ id, key, only string }{{"feed-all", "feed.all", ""}, {"feed-comments", "feed.comments", onlyComments}} {
		to := Ask{Only: link.only}.Query()
		v.Filter = append(v.Filter, filterLink{
			ID: ui.Plain(link.id), Text: f.T(link.key), Href: ui.Plain(page + to), URL: ui.Plain(page + "/feed" + to),
			Chosen: link.only == ask.Only,
		})
	}
	for _, it := range got.Items {
		if ask.Only != "" && it.Kind != feed.KindComment {
			continue
		}
		item := drawItem(f, it)
		if len(v.Items) < shownItems || ask.Before != "" {
			v.Items = append(v.Items, item)
		} else {
			v.Rest = append(v.Rest, item)
		}
	}
	if n := len(v.Rest); n > 0 {
		v.More = f.T("feed.more", "Count", n)
	}
	if got.Older != "" {
		to := Ask{ask.Only, got.Older}.Query()
		v.Older = &olderView{Href: ui.Plain(page + to), URL: ui.Plain(page + "/feed" + to)}
	}
	if ask.Before != "" {
		v.NewestURL = ui.Plain(page + ask.Newest().Query())
	}
	if got.Stale {
		v.Stale = f.T("stale.slow", "Age", f.Age(got.At))
	}
	return v
}

// Doubt stands under a comment that was sent and may have arrived. While URL is set the page goes on looking.
type Doubt struct {
	Text  ui.Plain // as it was sent; the box may hold other words by now
	URL   ui.Plain
	Wait  int // seconds before the next look
	Looks int // made so far
}

// itemView is one line of the feed.
type itemView struct {
	ID       ui.Plain // by which the browser knows it again
	Icon     string
	Kind     string
	Author   string
	Text     string   // free text of people
	Sentence ui.Plain // what the CRM did
	Age      string
	AgeTitle string
	Link     ui.Plain
	LinkText string
	Mine     bool
	Focus    bool // takes the focus when it appears
}

var itemIcons = map[string]string{
	feed.KindComment: "comment", feed.KindCall: "phone", feed.KindSMS: "comment", feed.KindMail: "mail",
	feed.KindService: "bolt", feed.KindStatus: "flag", feed.KindResponsible: "person", feed.KindPrice: "money",
	feed.KindName: "edit", feed.KindField: "edit", feed.KindTag: "tag", feed.KindTask: "clock",
	feed.KindLink: "link", feed.KindCreated: "plus", feed.KindOther: "bolt",
}

func drawItem(f i18n.Format, it feed.Item) itemView {
	v := itemView{ID: ui.Plain(it.ID), Kind: it.Kind, Icon: itemIcons[it.Kind], Author: it.Author, Text: it.Text, Mine: it.Mine}
	if v.Icon == "" {
		v.Icon = "bolt"
	}
	if v.Author == "" {
		v.Author = f.T("feed.robot")
	}
	if !it.At.IsZero() {
		v.Age, v.AgeTitle = f.Age(it.At), f.DateTime(it.At)
	}
	if it.Key != "" {
		v.Sentence = ui.Plain(f.Catalog.TMap(f.Lang, it.Key, forms.Args(f, it.Args)))
	}
	if it.Duration > 0 {
		v.Sentence = ui.Plain(strings.TrimSpace(string(v.Sentence) + " " + f.T("feed.duration", "Time", f.Duration(it.Duration))))
	}
	number, _ := it.Args["phone"].(string)
	if v.Link = forms.SafeURL(f, it.Link, number); v.Link != "" { // a call's recording is named after who called
		v.LinkText = f.T("open_in_amo")
		if it.Kind == feed.KindCall {
			v.LinkText = f.T("feed.record")
		}
	}
	return v
}

// CRM is what a feed asks of an account.
type CRM interface {
	Feed(ctx context.Context, leadID int64) (feed.Feed, error)
	FeedOlder(ctx context.Context, leadID int64, place string, comments bool) (feed.Feed, error)
}

// Ask is which part of the feed is asked for.
type Ask struct {
	Only   string // the filter, "" for everything
	Before string // a place of feed.Feed.Older, "" for the newest
}

// Asked returns which part a request asks for.
func Asked(r *ui.PageRequest) Ask {
	ask := Ask{Before: r.QueryParam("before")}
	if r.FormValue("only") == onlyComments { // of the query as well
		ask.Only = onlyComments
	}
	return ask
}

// Newest returns the newest part that passes the same filter.
func (a Ask) Newest() Ask { return Ask{Only: a.Only} }

// Query returns the query of an address that asks for the part.
func (a Ask) Query() string {
	q := url.Values{}
	if a.Only != "" {
		q.Set("only", a.Only)
	}
	if a.Before != "" {
		q.Set("before", a.Before)
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// hasText looks among the newest lines, so that an old comment of the same words doesn't hide the new one.
func hasText(f feed.Feed, text string, now time.Time) bool {
	for i, it := range f.Items {
		if i == 3 {
			return false
		}
		if it.Kind == feed.KindComment && strings.TrimSpace(it.Text) == text && now.Sub(it.At) < 5*time.Minute {
			return true
		}
	}
	return false
}

// Part is a part of a deal's feed as it was read, or why it was not.
type Part struct {
	deal int64
	ask  Ask
	feed feed.Feed
	err  error
}

// Read reads a part of a deal's feed.
func Read(ctx context.Context, account CRM, deal int64, ask Ask) Part {
	p := Part{deal: deal, ask: ask}
	if ask.Before == "" {
		p.feed, p.err = account.Feed(ctx, deal)
	} else {
		p.feed, p.err = account.FeedOlder(ctx, deal, ask.Before, ask.Only != "")
	}
	return p
}

// With returns the part with a comment that was just posted, also when the CRM's own list does not have it yet.
func (p Part) With(text, author string, now time.Time) Part {
	if !hasText(p.feed, text, now) {
		p.feed.Items = append([]feed.Item{{Kind: feed.KindComment, Text: text, At: now, Mine: true, Author: author}}, p.feed.Items...)
	}
	return p
}

// View returns what the reader sees of the part, or why there is none. A comment can be written either way.
func (p Part) View(r *ui.PageRequest, f i18n.Format) View {
	view := draw(f, r.Base(), p.deal, p.feed, p.ask)
	if p.err != nil {
		r.LogProblem(p.err)
		problem := r.Problem(p.err, string(view.URL))
		problem.Action, problem.URL = r.T("retry"), view.URL
		view.Problem = &problem
	}
	return view
}

// Templates are those of the feed and of the states of its comment.
//
//go:embed templates/*.html
var Templates embed.FS
