package amocrm

import (
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// Scenes of the settings, of choosing fields and of what the choice looks like.
func init() {
	chosen := func(w *fixture) {
		w.crm.meta = sampleMeta()
		w.grants.status = oauth.Status{
			State: "connected", AccountName: "Example", Since: ago(26 * time.Hour), RefreshedAt: ago(2 * time.Hour), ExpiresAt: now.Add(22 * time.Hour), UserID: 2,
		}
	}
	scenes = append(scenes, []dealScene{
		{"settings", func(w *fixture, _ *helpdesk.Ticket) {
			chosen(w)
			w.tenants.settings = tenant.Settings{
				DealName: "{{ticket.subject}} #{{ticket.id}}", PipelineID: 2, StatusID: 21,
				Mapping: []tenant.FieldMap{{From: "client.company", Entity: "contact", FieldID: 51}},
			}
		}, path("/settings")},
		{"settings-refused", func(w *fixture, _ *helpdesk.Ticket) { chosen(w) }, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/settings", url.Values{
				"token": {session.NewID()}, "do": {"save"}, "deal_name": {"{{ticket.nubmer}} & <b>"}, "stage": {""}, "responsible": {""},
				"map_from": {"client.name"}, "map_to": {"lead:6"},
			}, false)
		}},
		{"rule", func(w *fixture, _ *helpdesk.Ticket) { chosen(w) }, path("/rule")},
		{"rule-new-key", func(w *fixture, _ *helpdesk.Ticket) {
			chosen(w)
			w.tenants.keys = 1
		}, path("/rule?done=key")},
		{"layout-list", func(w *fixture, _ *helpdesk.Ticket) { chosen(w) }, path("/layout/list")},
		{"layout-searched", func(w *fixture, _ *helpdesk.Ticket) { chosen(w) }, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/layout/card", url.Values{"token": {session.NewID()}, "do": {"find"}, "q": {"deli"}, "field": {"stage", "cf:4"}, "deal": {"12"}}, false)
		}},
		{"one-chosen-fields", func(w *fixture, _ *helpdesk.Ticket) {
			chosen(w)
			w.tenants.settings.ListLayout = []string{"cf:4", "stage", "tags", "task"}
			w.crm.people.Contacts[0].Deals[0].Extra = deals.Extra{
				Fields: []fields.Shown{{ID: 4, Type: "monetary", Text: []string{"40000"}}}, Tags: []string{"urgent"},
			}
		}, panelOf},
		{"deal-chosen-fields", func(w *fixture, _ *helpdesk.Ticket) {
			chosen(w)
			w.tenants.settings.CardLayout = []string{"cf:1", "stage", "responsible", "cf:6", "contact"}
		}, path("/deals/12")},
		{"one-masked", func(w *fixture, _ *helpdesk.Ticket) { w.tenants.settings.MaskPhones = true }, panelOf},
		{"login-ended", func(w *fixture, _ *helpdesk.Ticket) {
			w.flow.result = login.Result{Lang: string(lang(w)), AccountName: "Example", Ended: true}
		}, callback},
	}...)
}
