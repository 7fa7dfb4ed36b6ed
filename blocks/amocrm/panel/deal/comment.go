package deal

import (
	"context"
	"errors"
	"net/http"
	"strconv"
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
	id := ui.Number(r.Param("id"))
	if id == 0 {
		return r.Fail(crm.ErrGone, "")
	}
	text := strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	switch {
	case text == "":
		return r.commentRefused(id, text, r.T("error.required"), nil)
	case len([]rune(text)) > maxComment:
		return r.commentRefused(id, text, r.T("error.too_long", "max", maxComment), nil)
	}
	_, err := r.Once(func(ctx context.Context) (string, error) {
		_, err := r.crm.Comment(ctx, id, text, r.FormValue("sure") != "")
		return "comment", err
	})
	if err != nil {
		return r.commentFailed(id, text, err)
	}
	if !r.HTMX() {
		return r.SeeOther(r.Base() + "/deals/" + strconv.FormatInt(id, 10))
	}
	ctx, cancel := r.Background(h.Budget / 2)
	defer cancel()
	view := r.feedWith(ctx, id, text)
	view.Posted = true
	return r.Show(http.StatusOK, "feed", view)
}

// feedWith returns the feed with a comment that was just posted, also when the CRM's own list does not have it yet.
func (r *request) feedWith(ctx context.Context, id int64, text string) feed.View {
	part := feed.Read(ctx, r.crm, id, feed.Asked(r.PageRequest).Newest()).With(text, r.T("feed.you"), r.h.Now())
	return part.View(r.PageRequest, r.FormatIn(ctx))
}

func (r *request) commentFailed(id int64, text string, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return r.Fail(err, "")
	}
	if errors.Is(err, crm.ErrUnknownOutcome) {
		r.h.LogKnown(r.Ctx, err, r.Session.TenantID)
		return r.commentAgain(id, text, err, func(f *feed.View) { f.Doubt = r.doubt(id, text, 0) })
	}
	why := forms.Refused(r.PageRequest, err)
	for _, message := range why.Errors {
		why.Problem = message
	}
	return r.commentRefused(id, text, why.Problem, err)
}

// commentRefused shows the feed again with what was typed and what is wrong with it.
func (r *request) commentRefused(id int64, text, message string, why error) error {
	return r.commentAgain(id, text, why, func(f *feed.View) { f.Error = message })
}

// commentAgain shows the feed again with what was typed.
func (r *request) commentAgain(id int64, text string, why error, say func(*feed.View)) error {
	if !r.HTMX() {
		ctx, cancel := r.Background(r.h.Budget)
		defer cancel()
		view, err := r.card(ctx, id, feed.Ask{})
		if err != nil {
			return r.Fail(err, "")
		}
		view.Feed.Typed, view.Feed.Token = ui.Plain(text), r.NextToken(why)
		say(&view.Feed)
		return r.Show(http.StatusOK, "deal", view)
	}
	ctx, cancel := r.Background(r.h.Budget / 2)
	defer cancel()
	part := feed.Read(ctx, r.crm, id, feed.Asked(r.PageRequest).Newest())
	view := part.View(r.PageRequest, r.FormatIn(ctx))
	view.Typed, view.Token = ui.Plain(text), r.NextToken(why)
	say(&view)
	return r.Show(http.StatusOK, "feed", view)
}
