package amocrm

import (
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/ledger"
)

// Scenes of the rules' inbox.
func init() {
	var id string
	page := func(w *fixture, base string) *httptest.ResponseRecorder { return w.get(base + "/inbox/" + id) }
	scenes = append(scenes, []dealScene{
		{"one-failed-firings", func(w *fixture, _ *helpdesk.Ticket) { w.fillInbox() }, panelOf},
		{"static-failed-firings", func(w *fixture, _ *helpdesk.Ticket) { w.fillInbox() }, staticOf},
		{"inbox", func(w *fixture, _ *helpdesk.Ticket) { w.fillInbox() }, path("/inbox")},
		{"inbox-empty", nil, path("/inbox")},
		{"inbox-nothing-found", func(w *fixture, _ *helpdesk.Ticket) { w.fillInbox() }, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/inbox/search", url.Values{"state": {"done"}, "q": {"sofa"}}, false)
		}},
		{"inbox-found", func(w *fixture, _ *helpdesk.Ticket) { w.fillInbox() }, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/inbox/search", url.Values{"q": {"chairs"}}, false)
		}},
		{"firing-refused", func(w *fixture, _ *helpdesk.Ticket) { id = w.refusedFiring().ID }, page},
		{"firing-masked", func(w *fixture, _ *helpdesk.Ticket) {
			w.tenants.settings.MaskPhones = true
			id = w.refusedFiring().ID
		}, page},
		{"firing-remarks", func(w *fixture, _ *helpdesk.Ticket) { id = w.remarkedFiring(2 * time.Hour).ID }, page},
		{"firing-unread", func(w *fixture, _ *helpdesk.Ticket) { id = w.unreadFiring(2 * time.Hour).ID }, page},
		{"firing-unread-masked", func(w *fixture, _ *helpdesk.Ticket) {
			w.tenants.settings.MaskPhones = true
			id = w.unreadFiring(2 * time.Hour).ID
		}, page},
		{"firing-still-refused", func(w *fixture, _ *helpdesk.Ticket) { id = w.unreadFiring(2 * time.Hour).ID }, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/inbox/"+id, url.Values{"token": {session.NewID()}, "do": {"retry"}}, false)
		}},
		{"firing-twins", func(w *fixture, _ *helpdesk.Ticket) { id = w.twinFiring().ID }, page},
		{"firing-done", func(w *fixture, _ *helpdesk.Ticket) {
			id = w.fired(50*time.Hour, chairs(90), jobs.Steps{ClientID: 55, ContactID: 7, LeadID: 12,
				LeadURL: "https://example.amocrm.ru/leads/detail/12"}, jobs.Outcome{State: ledger.StateDone}).ID
		}, page},
		{"firing-waits", func(w *fixture, _ *helpdesk.Ticket) {
			id = w.fired(time.Minute, chairs(105), jobs.Steps{}, jobs.Outcome{State: ledger.StateAccepted,
				Why: "=crm_down cause_answer:500|Internal Server Error"}).ID
			l := jobs.NewLedger(w.db, time.Minute)
			for i := range 14 {
				w.redis.SetTime(ago(time.Minute - time.Duration(i+1)*4*time.Second))
				b, err := l.Claim(w.t.Context(), "t1", 1)
				if err != nil || len(b.Jobs) != 1 {
					w.t.Fatalf("claimed %+v, %v", b, err)
				}
				o := jobs.Outcome{State: ledger.StateAccepted, Why: "=crm_down cause_answer:500|Internal Server Error"}
				if i == 13 {
					o.After = time.Hour
				}
				if err := l.Finish(w.t.Context(), b.Jobs[0], o); err != nil {
					w.t.Fatal(err)
				}
			}
			w.redis.SetTime(now)
		}, page},
		{"firing-edit-refused", func(w *fixture, _ *helpdesk.Ticket) { id = w.refusedFiring().ID }, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/inbox/"+id, url.Values{"token": {session.NewID()}, "do": {"edit"},
				"request": {`{"ticketId": "abc", "fields": {"nmae": "<b>Chairs</b>"}}`}}, false)
		}},
		{"firing-loop", func(w *fixture, _ *helpdesk.Ticket) {
			w.redis.SetTime(ago(10 * time.Minute))
			for i := range 23 {
				r := chairs(101)
				r.Comment = time.Duration(i).String()
				e, _, err := jobs.NewLedger(w.db, time.Minute).Accept(w.t.Context(), "t1", jobs.Offer{Request: r})
				if err != nil {
					w.t.Fatal(err)
				}
				id = e.ID
			}
			w.redis.SetTime(now)
		}, page},
	}...)
}
