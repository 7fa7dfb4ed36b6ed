package deal

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
)

// looks are the pauses, in seconds, before each look for a comment whose answer was lost. After the last one the
// page stops looking and shows that it did.
var looks = []int{2, 3, 5, 10, 15, 25, 30, 30}

func (r *request) doubt(id int64, text string, made int) *feed.Doubt {
	d := &feed.Doubt{Text: ui.Plain(text), Looks: made}
	if made < len(looks) {
		d.URL, d.Wait = ui.Plain(r.dealURL(id)+"/comments/look"), looks[made]
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
	id, text := ui.Number(r.Param("id")), strings.TrimSpace(strings.ReplaceAll(r.FormValue("sent"), "\r\n", "\n"))
	if id == 0 || text == "" || len([]rune(text)) > maxComment {
		return r.Fail(crm.ErrGone, "")
	}
	found, err := r.crm.FindComment(r.Ctx, id, text)
	if _, err = forms.Written(r.PageRequest, err); err != nil {
		r.LogProblem(err)
	}
	if found == 0 {
		return r.Show(http.StatusOK, "comment_doubt", r.doubt(id, text, int(min(ui.Number(r.FormValue("looks")), 100))+1))
	}
	ctx, cancel := r.Background(h.Budget / 2)
	defer cancel()
	view := foundView{Text: ui.Plain(text), Feed: r.feedWith(ctx, id, text)}
	view.Feed.OOB = true
	return r.Show(http.StatusOK, "comment_found", view)
}
