package amocrm

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
)

// looks are the pauses, in seconds, before each look for a comment whose answer was lost. After the last one nobody looks
// any more, and the page says so.
var looks = []int{2, 3, 5, 10, 15, 25, 30, 30}

// doubtView stands under a comment that was sent and may have arrived. While URL is set the page goes on looking.
type doubtView struct {
	Text  ui.Plain // as it was sent; the box may hold other words by now
	URL   ui.Plain
	Wait  int // seconds before the next look
	Looks int // made so far
}

func (v *visit) doubt(id int64, text string, made int) *doubtView {
	d := &doubtView{Text: ui.Plain(text), Looks: made}
	if made < len(looks) {
		d.URL, d.Wait = ui.Plain(v.dealURL(id)+"/comments/look"), looks[made]
	}
	return d
}

// foundView takes the place of a doubt that is over: the comment stands in the feed.
type foundView struct {
	Text ui.Plain
	Feed feedView
}

// lookForComment looks once for a comment whose answer was lost: POST …/deals/:id/comments/look. The page asks again until
// it is found.
func (h *Handlers) lookForComment(v *visit) error {
	id, text := number(v.Param("id")), strings.TrimSpace(strings.ReplaceAll(v.FormValue("sent"), "\r\n", "\n"))
	if id == 0 || text == "" || len([]rune(text)) > maxComment {
		return v.fail(crm.ErrGone, "")
	}
	found, err := v.crm.FindComment(v.ctx, id, text)
	if err = v.written(err); err != nil {
		_, _, _, known := problemCode(err)
		h.note(v.ctx, err, known, v.session.TenantID)
	}
	if found == 0 {
		return v.show(http.StatusOK, "comment_doubt", v.doubt(id, text, int(min(number(v.FormValue("looks")), 100))+1))
	}
	ctx, cancel := v.owned(h.Budget / 2)
	defer cancel()
	view := foundView{Text: ui.Plain(text), Feed: v.feedWith(ctx, id, text)}
	view.Feed.OOB = true
	return v.show(http.StatusOK, "comment_found", view)
}
