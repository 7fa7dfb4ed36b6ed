package deal

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/oauth"
)

// maxComment bounds a comment, in characters; amoCRM documents no limit of its own (amocrm.md §6.1).
const maxComment = 20000

// comment posts to the deal's feed: POST …/deals/:id/comments. The new comment is shown at once, also when the CRM's
// own list does not have it yet.
func (h *Handlers) comment(r *request) error {
	if r.id == 0 {
		return r.Fail(crm.ErrGone, "")
	}
	text := strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	switch {
	case text == "":
		return r.commentRefused(text, r.T("error.required"), nil)
	case len([]rune(text)) > maxComment:
		return r.commentRefused(text, r.T("error.too_long", "max", maxComment), nil)
	}
	_, err := r.Once(func(ctx context.Context) (string, error) {
		_, err := r.crm.Comment(ctx, r.id, text, r.FormValue("sure") != "")
		return "comment", err
	})
	if err != nil {
		return r.commentFailed(text, err)
	}
	if !r.HTMX() {
		return r.SeeOther(r.dealURL())
	}
	ctx, cancel := r.Background(h.Budget / 2)
	defer cancel()
	view := r.feedWith(ctx, text)
	view.Posted = true
	return r.Show(http.StatusOK, "feed", view)
}

// feedWith returns the feed with a comment that was just posted, also when the CRM's own list does not have it yet.
func (r *request) feedWith(ctx context.Context, text string) feed.View {
	part := feed.Read(ctx, r.crm, r.id, feed.Asked(r.PageRequest).Newest()).With(text, r.T("feed.you"), r.h.Now())
	return part.View(r.PageRequest, r.FormatIn(ctx))
}

func (r *request) commentFailed(text string, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return r.Fail(err, "")
	}
	if errors.Is(err, crm.ErrUnknownOutcome) {
		r.h.LogKnown(r.Ctx, err, r.Session.TenantID)
		return r.commentAgain(text, err, func(f *feed.View) { f.Doubt = r.doubt(text, 0) })
	}
	why := forms.Refused(r.PageRequest, err)
	for _, message := range why.Errors {
		why.Problem = message
	}
	return r.commentRefused(text, why.Problem, err)
}

// commentRefused shows the feed again with what was typed and what is wrong with it.
func (r *request) commentRefused(text, message string, why error) error {
	return r.commentAgain(text, why, func(f *feed.View) { f.Error = message })
}

// commentAgain shows the feed again with what was typed.
func (r *request) commentAgain(text string, why error, say func(*feed.View)) error {
	if !r.HTMX() {
		ctx, cancel := r.Background(r.h.Budget)
		defer cancel()
		view, err := r.card(ctx, feed.Ask{})
		if err != nil {
			return r.Fail(err, "")
		}
		view.Feed.Typed, view.Feed.Token = ui.Plain(text), r.NextToken(why)
		say(&view.Feed)
		return r.Show(http.StatusOK, "deal", view)
	}
	ctx, cancel := r.Background(r.h.Budget / 2)
	defer cancel()
	part := feed.Read(ctx, r.crm, r.id, feed.Asked(r.PageRequest).Newest())
	view := part.View(r.PageRequest, r.FormatIn(ctx))
	view.Typed, view.Token = ui.Plain(text), r.NextToken(why)
	say(&view)
	return r.Show(http.StatusOK, "feed", view)
}

// looks are the pauses, in seconds, before each look for a comment whose answer was lost. After the last one the
// page stops looking and shows that it did.
var looks = []int{2, 3, 5, 10, 15, 25, 30, 30}

func (r *request) doubt(text string, made int) *feed.Doubt {
	d := &feed.Doubt{Text: ui.Plain(text), Looks: made}
	if made < len(looks) {
		d.URL, d.Wait = ui.Plain(r.dealURL()+"/comments/look"), looks[made]
	}
	return d
}

// foundView takes the place of a doubt that is over: the comment stands in the feed.
type foundView struct {
	Text ui.Plain
	Feed feed.View
}

// lookForComment looks once for a comment whose answer was lost: POST …/deals/:id/comments/look. The page asks again until
// it is found.
func (h *Handlers) lookForComment(r *request) error {
	text := strings.TrimSpace(strings.ReplaceAll(r.FormValue("sent"), "\r\n", "\n"))
	if r.id == 0 || text == "" || len([]rune(text)) > maxComment {
		return r.Fail(crm.ErrGone, "")
	}
	found, err := r.crm.FindComment(r.Ctx, r.id, text)
	if _, err = forms.Written(r.PageRequest, err); err != nil {
		r.LogProblem(err)
	}
	if found == 0 {
		return r.Show(http.StatusOK, "comment_doubt", r.doubt(text, int(min(ui.Number(r.FormValue("looks")), 100))+1))
	}
	ctx, cancel := r.Background(h.Budget / 2)
	defer cancel()
	view := foundView{Text: ui.Plain(text), Feed: r.feedWith(ctx, text)}
	view.Feed.OOB = true
	return r.Show(http.StatusOK, "comment_found", view)
}
