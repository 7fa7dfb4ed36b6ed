package feed

import (
	"strconv"
	"strings"

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
