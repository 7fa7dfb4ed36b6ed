package amocrm

import (
	"context"
	"net/http/httptest"
	"net/url"

	"github.com/sidecard/sidecard/blocks/session"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// asHTMX asks as htmx does for a part of the page.
func asHTMX(p string) func(*fixture, string) *httptest.ResponseRecorder {
	return func(w *fixture, base string) *httptest.ResponseRecorder { return w.fragment(base + p) }
}

// Scenes of a deal's card that is changed, of its tasks, and of the parts of its feed.
func init() {
	scenes = append(scenes, []dealScene{
		{"deal-edit-amount", nil, asHTMX("/deals/12/edit?field=amount&head=1")},
		{"deal-edit-field", nil, asHTMX("/deals/12/edit?field=cf:2")},
		{"deal-edit-page", nil, path("/deals/12/edit?field=name")},
		{"deal-edit-stage", nil, path("/deals/12/edit?field=stage")},
		{"deal-edit-lost", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.onChange = func(deals.Change) error {
				return &crm.FieldErrors{Fields: []crm.FieldError{
					{Path: "loss_reason_id", Key: crm.KeyRequired}, {Path: "fields.35", Key: crm.KeyRequired},
					{Path: "", Key: crm.KeyFromTheCRM, Text: "the deal is locked"},
				}}
			}
		}, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/deals/12/edit", url.Values{
				"token": {session.NewID()}, "field": {"stage"}, "head": {"1"}, "inplace": {"1"}, "stage": {"1:143"},
			}, true)
		}},
		{"deal-edit-saved", nil, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/deals/12/edit", url.Values{
				"token": {session.NewID()}, "field": {"amount"}, "head": {"1"}, "inplace": {"1"}, "price": {"200 000"},
			}, true)
		}},
		{"deal-fields", nil, path("/deals/12/edit")},
		{"deal-tasks-refused", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.onTask = func(tasks.Draft) error {
				return &crm.FieldErrors{Fields: []crm.FieldError{{Path: "text", Key: crm.KeyRequired}, {Path: "due", Key: crm.KeyBadValue}}}
			}
		}, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/deals/12/tasks", url.Values{"token": {session.NewID()}, "due": {"2026-12-24T15:30"}, "type_id": {"77"}}, true)
		}},
		{"deal-tasks-failed", func(w *fixture, _ *helpdesk.Ticket) { w.crm.tasksErr = amoapi.ErrUpstream }, path("/deals/12")},
		{"deal-comments", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.feedItems[0].Mine, w.crm.feedPlace = true, "1700~2~2"
		}, path("/deals/12?only=comments")},
		{"deal-comment-doubt", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.onComment = func(context.Context) (int64, error) { return 0, crm.ErrUnknownOutcome }
		}, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/deals/12/comments", url.Values{"token": {session.NewID()}, "text": {"The chairs leave on Monday."}}, false)
		}},
		{"deal-comment-not-found", nil, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/deals/12/comments/look", url.Values{"sent": {"The chairs leave on Monday."}, "looks": {"7"}}, true)
		}},
		{"deal-feed-older", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.older = map[string]feed.Feed{"1700~2~2": {Items: w.crm.feedItems[2:], Older: "1600~3~3", At: now}}
		}, asHTMX("/deals/12/feed?before=1700~2~2")},
		{"deal-page-older", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.older = map[string]feed.Feed{"1700~2~2": {Items: w.crm.feedItems[2:], At: now}}
		}, path("/deals/12?before=1700~2~2")},
	}...)
}
