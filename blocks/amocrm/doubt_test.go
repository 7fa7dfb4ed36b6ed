package amocrm

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/session"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

// looks is how often a page looks for a comment.
const looks = 8

func TestComment_lostAnswerIsLookedForUntilItIsFound(t *testing.T) {
	w := newFixture(t)
	w.crm.onComment = func(context.Context) (int64, error) { return 0, crm.ErrUnknownOutcome }
	base := w.session(i18n.EN, sampleTicket())
	look := base + "/deals/12/comments/look"
	rec := w.post(base+"/deals/12/comments", url.Values{"token": {session.NewID()}, "text": {"Call <Anna>\nat five"}}, true)
	w.contains(rec, `id="comment-doubt"`, `hx-post="`+look+`"`, "Looking whether the comment has arrived", "Call &lt;Anna&gt;\nat five</textarea>",
		`name="sure" value="1"`, `name="looks" value="0"`)
	if body := rec.Body.String(); strings.Contains(body, `aria-invalid="true"`) || strings.Contains(body, "Comment posted") {
		t.Error("it reads as refused, or as posted")
	}
	form := url.Values{"sent": {"Call <Anna>\r\nat five"}, "looks": {"0"}, "text": {"other words"}}
	w.contains(w.post(look, form, true), `name="looks" value="1"`, `hx-post="`+look+`"`, `name="sent" value="Call &lt;Anna&gt;`)
	w.crm.arrived = "Call <Anna>\nat five"
	rec = w.post(look, form, true)
	w.contains(rec, "data-posted=\"Call &lt;Anna&gt;\nat five\"", "Comment posted", `<div id="feed-list" hx-swap-oob="true">`, "Call &lt;Anna&gt;\nat five</p>")
	if strings.Contains(rec.Body.String(), "hx-post") {
		t.Error("it goes on looking")
	}
}

func TestComment_lookingEndsAndSaysSo(t *testing.T) {
	w := newFixture(t)
	w.crm.lookErr = amoapi.ErrUpstream
	base := w.session(i18n.EN, sampleTicket())
	look := base + "/deals/12/comments/look"
	for made := range looks {
		rec := w.post(look, url.Values{"sent": {"hello"}, "looks": {fmt.Sprint(made)}}, true)
		if last := made == looks-1; last == strings.Contains(rec.Body.String(), "hx-post") {
			t.Errorf("after %d looks: %s", made+1, rec.Body)
		} else if last {
			w.contains(rec, "not in amoCRM so far", `name="sure"`)
		}
	}
	for _, odd := range []string{"-1", "x", "99999999999999999999", "1000"} {
		w.contains(w.post(look, url.Values{"sent": {"hello"}, "looks": {odd}}, true), `id="comment-doubt"`)
	}
	w.contains(w.post(look, url.Values{"sent": {" "}}, true), "any more")
}

func TestComment_sentAgainOnlyWhenAskedTo(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	form := url.Values{"token": {session.NewID()}, "text": {"hello"}}
	w.contains(w.post(base+"/deals/12/comments", form, true), "Comment posted")
	if n := w.crm.count("comment again"); n != 0 {
		t.Errorf("sent as wanted twice %d times", n)
	}
	form.Set("token", session.NewID())
	form.Set("sure", "1")
	w.contains(w.post(base+"/deals/12/comments", form, true), "Comment posted")
	if n := w.crm.count("comment again"); n != 1 {
		t.Errorf("the button did not tell: %d", n)
	}
}

func TestComment_lostAnswerWithoutScript(t *testing.T) {
	w := newFixture(t)
	w.crm.onComment = func(context.Context) (int64, error) { return 0, crm.ErrUnknownOutcome }
	base := w.session(i18n.EN, sampleTicket())
	rec := w.post(base+"/deals/12/comments", url.Values{"token": {session.NewID()}, "text": {"hello"}}, false)
	w.contains(rec, `data-view="deal"`, `id="comment-doubt"`, "hello</textarea>", `name="sure"`)
}
