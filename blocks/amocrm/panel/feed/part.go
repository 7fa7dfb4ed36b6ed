// Package feed reads what happened in a deal and draws it: lines of people and of the CRM, the filter, the way to older lines,
// the box for a comment.
//
// It refuses to know where the feed stands and how a comment is sent.
package feed

import (
	"context"
	"embed"
	"net/url"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/i18n"
)

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
