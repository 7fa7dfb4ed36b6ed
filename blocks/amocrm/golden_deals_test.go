package amocrm

import (
	"net/http/httptest"
	"strings"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

type dealScene = struct {
	name  string
	setup func(w *fixture, ticket *helpdesk.Ticket)
	ask   func(w *fixture, base string) *httptest.ResponseRecorder
}

// Scenes of mending a contact and its link, of the filter, and of the form with everything it offers.
func init() {
	scenes = append(scenes, []dealScene{
		{"missing-keys", func(w *fixture, ticket *helpdesk.Ticket) {
			w.crm.people.Contacts = append(w.crm.people.Contacts, sampleBoris())
			*ticket = another()
		}, panelOf},
		{"all-matches", func(w *fixture, _ *helpdesk.Ticket) {
			linked := sampleAnna()
			linked.Matched = []people.Match{{Kind: people.MatchLink}}
			w.crm.matches = people.Found{Linked: 7, Contacts: []people.Person{linked, sampleBoris()}, At: now}
		}, path("/people?all=1")},
		{"deals-unread", func(w *fixture, _ *helpdesk.Ticket) { w.crm.people.Contacts[0].MoreDeals = 100 }, panelOf},
		{"deals-open-only", nil, path("/people?deals=open")},
		{"deals-all-hidden", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.people.Contacts[0].Deals = sampleDeals()[2:]
		}, path("/people?deals=open")},
		{"deal-form-more", func(w *fixture, ticket *helpdesk.Ticket) {
			w.crm.more = sampleMore()
			w.deskAPI, ticket.Subject = "https://api.usedesk.ru/", ""
		}, func(w *fixture, base string) *httptest.ResponseRecorder {
			opened, err := w.sessions.Get(w.t.Context(), strings.TrimPrefix(base, "/blocks/amocrm/"))
			if err == nil {
				err = w.sessions.SetAside(w.t.Context(), opened, session.AsideMessage, "Where are my chairs?\nOrder <A-7>")
			}
			if err != nil {
				w.t.Fatal(err)
			}
			return w.get(base + "/deals/new")
		}},
	}...)
}
