package amocrm

import (
	"net/http/httptest"
	"net/url"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/notify"
)

// Scenes of the section that says who is told when rules fail.
func init() {
	offered := func(w *fixture) {
		w.crm.meta = sampleMeta()
		w.h.settings.Notices = &fakeNotices{mails: true, results: []notify.Result{
			{Kind: notify.KindMail, To: "boss@example.com"},
			{Kind: notify.KindTelegram, To: "-1001234567890", Problem: notify.ProblemRefused, Said: "Bad Request: chat not found"},
			{Kind: notify.KindWebhook, To: "hooks.example.com", Problem: notify.ProblemUnreachable},
		}}
	}
	send := func(form url.Values) func(*fixture, string) *httptest.ResponseRecorder {
		return func(w *fixture, base string) *httptest.ResponseRecorder {
			form["token"] = []string{session.NewID()}
			return w.post(base+"/settings/notices", form, false)
		}
	}
	scenes = append(scenes, []dealScene{
		{"settings-notices", func(w *fixture, _ *helpdesk.Ticket) {
			offered(w)
			w.tenants.settings.CommentBack = true
			w.tenants.notices = storedNotices()
		}, path("/settings")},
		{"settings-notices-tested", func(w *fixture, _ *helpdesk.Ticket) {
			offered(w)
			w.tenants.notices = storedNotices()
		}, send(url.Values{"do": {"test"}, "emails": {"boss@example.com"}, "chat": {"-1001234567890"}, "webhook": {"https://hooks.example.com/sidecard"}})},
		{"settings-notices-refused", func(w *fixture, _ *helpdesk.Ticket) { offered(w) }, send(url.Values{
			"do": {"save"}, "emails": {"boss@example.com, <b>"}, "chat": {"rules"}, "bot_token": {"secret-typed"}, "webhook": {"http://10.0.0.1/"},
		})},
	}...)
}

func storedNotices() notify.Settings {
	return notify.Settings{Emails: []string{"boss@example.com", "rules@example.com"}, ChatID: "-1001234567890", BotToken: "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
		WebhookURL: "https://hooks.example.com/sidecard", WebhookSecret: "whs_sampleSampleSampleSampleSample"}
}
