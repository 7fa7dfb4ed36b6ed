package amocrm

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
)

// maxComment bounds a comment, in characters; amoCRM documents no limit of its own (amocrm.md §6.1).
const maxComment = 20000

// comment posts to the deal's feed: POST …/deals/:id/comments. The new comment is shown at once, also when the CRM's
// own list does not have it yet.
func (h *Handlers) comment(v *visit) error {
	id := number(v.Param("id"))
	if id == 0 {
		return v.fail(crm.ErrGone, "")
	}
	text := strings.TrimSpace(strings.ReplaceAll(v.FormValue("text"), "\r\n", "\n"))
	switch {
	case text == "":
		return v.commentRefused(id, text, v.t("error.required"), nil)
	case len([]rune(text)) > maxComment:
		return v.commentRefused(id, text, v.t("error.too_long", "max", maxComment), nil)
	}
	once, _, err := v.begin()
	if err != nil {
		return v.commentFailed(id, text, err)
	}
	if once != nil {
		ctx, cancel := v.writing()
		defer cancel()
		if _, err := v.crm.Comment(ctx, id, text, v.FormValue("sure") != ""); err != nil {
			return v.commentFailed(id, text, errors.Join(err, once.Release(v.ctx)))
		}
		if err := once.Done(v.ctx, "comment"); err != nil {
			h.note(v.ctx, err, false, v.session.TenantID)
		}
	}
	if !isHTMX(v.Context) {
		return see(v, v.base()+"/deals/"+strconv.FormatInt(id, 10))
	}
	ctx, cancel := v.owned(h.Budget / 2)
	defer cancel()
	view := v.feedWith(ctx, id, text)
	view.Posted = true
	return v.show(http.StatusOK, "feed", view)
}

// feedWith is the feed with a comment that was just posted, also when the CRM's own list does not have it yet.
func (v *visit) feedWith(ctx context.Context, id int64, text string) feedView {
	feed, err := v.crm.Feed(ctx, id)
	if !hasText(feed, text, v.h.Now()) {
		feed.Items = append([]crm.FeedItem{{
			Kind: crm.KindComment, Text: text, At: v.h.Now(), Mine: true, Author: v.t("feed.you"),
		}}, feed.Items...)
	}
	return v.feedOrProblem(v.formatIn(ctx), id, feed, feedAsk{only: v.feedAsk().only}, err)
}

// hasText looks among the newest lines, so that an old comment of the same words doesn't hide the new one.
func hasText(feed crm.Feed, text string, now time.Time) bool {
	for i, it := range feed.Items {
		if i == 3 {
			return false
		}
		if it.Kind == crm.KindComment && strings.TrimSpace(it.Text) == text && now.Sub(it.At) < 5*time.Minute {
			return true
		}
	}
	return false
}

func (v *visit) commentFailed(id int64, text string, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return v.fail(err, "")
	}
	if errors.Is(err, crm.ErrUnknownOutcome) {
		v.h.note(v.ctx, err, true, v.session.TenantID)
		return v.commentAgain(id, text, err, func(f *feedView) { f.Doubt = v.doubt(id, text, 0) })
	}
	var refused *crm.FieldErrors
	if errors.As(err, &refused) {
		for _, message := range v.fieldTexts(refused) {
			return v.commentRefused(id, text, message, err)
		}
	}
	_, _, _, known := problemCode(err)
	v.h.note(v.ctx, err, known, v.session.TenantID)
	p := v.problem(err, "")
	return v.commentRefused(id, text, v.problemLine(p), err)
}

// commentRefused shows the feed again with what was typed and what is wrong with it.
func (v *visit) commentRefused(id int64, text, message string, why error) error {
	return v.commentAgain(id, text, why, func(f *feedView) { f.Error = message })
}

// commentAgain shows the feed again with what was typed.
func (v *visit) commentAgain(id int64, text string, why error, say func(*feedView)) error {
	if !isHTMX(v.Context) {
		ctx, cancel := v.owned(v.h.Budget)
		defer cancel()
		view, err := v.card(ctx, id, feedAsk{})
		if err != nil {
			return v.fail(err, "")
		}
		view.Feed.Typed, view.Feed.Token = ui.Plain(text), ui.Plain(v.nextToken(why))
		say(&view.Feed)
		return v.show(http.StatusOK, "deal", view)
	}
	ctx, cancel := v.owned(v.h.Budget / 2)
	defer cancel()
	feed, err := v.crm.Feed(ctx, id)
	view := v.feedOrProblem(v.formatIn(ctx), id, feed, feedAsk{only: v.feedAsk().only}, err)
	view.Typed, view.Token = ui.Plain(text), ui.Plain(v.nextToken(why))
	say(&view)
	return v.show(http.StatusOK, "feed", view)
}
