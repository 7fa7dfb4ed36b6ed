package amocrm

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

type fakeNotices struct {
	mails   bool
	results []notify.Result
	err     error

	mu     sync.Mutex
	tested []notify.Settings
}

func (f *fakeNotices) Mails() bool        { return f.mails }
func (f *fakeNotices) PrivateHooks() bool { return false }
func (f *fakeNotices) Test(_ context.Context, t tenant.Tenant) ([]notify.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tested = append(f.tested, notify.Of(t))
	return f.results, f.err
}

const typedToken = "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"

// withNotices is a fixture that offers the section, and the panel's path.
func withNotices(t *testing.T) (*fixture, string, *fakeNotices) {
	t.Helper()
	w, base := withFields(t)
	sent := &fakeNotices{mails: true}
	w.h.settings.Notices = sent
	return w, base, sent
}

func noticesPosted(changes url.Values) url.Values {
	form := url.Values{"token": {session.NewID()}, "do": {"save"}, "emails": {""}, "chat": {""}, "bot_token": {""}, "webhook": {""}}
	for k, v := range changes {
		form[k] = v
	}
	return form
}

func TestNotices_saveEverything(t *testing.T) {
	w, base, sent := withNotices(t)
	w.tenants.settings.DealName = "kept"
	rec := w.post(base+"/settings/notices", noticesPosted(url.Values{
		"emails": {" boss@example.com\r\nrules@example.com, BOSS@example.com"}, "chat": {" -100123 "}, "bot_token": {typedToken},
		"webhook": {"https://hooks.example.com/x?y=1"}, "comment_back": {"1"},
	}), false)
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != base+"/settings?done=saved" {
		t.Fatalf("%d to %q\n%s", rec.Code, rec.Header().Get("Location"), rec.Body)
	}
	got := w.tenants.told()
	secret := got.WebhookSecret
	want := notify.Settings{Language: "en", Emails: []string{"boss@example.com", "rules@example.com"}, ChatID: "-100123", BotToken: typedToken,
		WebhookURL: "https://hooks.example.com/x?y=1", WebhookSecret: secret}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := w.tenants.chosen(); !s.CommentBack || s.DealName != "kept" || len(secret) < 30 {
		t.Errorf("settings %+v, key of %d characters", s, len(secret))
	}
	if len(sent.tested) != 0 {
		t.Error("saving sent a test message")
	}
	page := w.get(base + "/settings?wait=1")
	w.contains(page, "boss@example.com\nrules@example.com</textarea>", `value="-100123"`, "A token is stored.", secret, `name="comment_back" value="1" aria-describedby="notices-back-hint" checked`)
	if strings.Contains(page.Body.String(), typedToken) {
		t.Error("the page shows the bot's token")
	}

	// Without a new token the old one stays; without a chat it goes, as the key does without an address.
	w.post(base+"/settings/notices", noticesPosted(url.Values{"chat": {"@rules"}, "webhook": {"https://other.example.com/"}}), false)
	want = notify.Settings{Language: "en", ChatID: "@rules", BotToken: typedToken, WebhookURL: "https://other.example.com/", WebhookSecret: secret}
	if diff := cmp.Diff(want, w.tenants.told()); diff != "" {
		t.Error(diff)
	}
	w.post(base+"/settings/notices", noticesPosted(nil), false)
	if got := w.tenants.told(); got.BotToken != "" || got.WebhookSecret != "" || w.tenants.chosen().CommentBack {
		t.Errorf("left %#v", got.Empty())
	}
}

func TestNotices_mistakesStandAtTheirFieldAndStoreNothing(t *testing.T) {
	w, base, sent := withNotices(t)
	for name, tt := range map[string]struct {
		changes url.Values
		want    []string
	}{
		"header injection": {url.Values{"emails": {"a@example.com%0d%0aBcc:b@example.com"}}, []string{`id="notices-emails-error"`}},
		"name":             {url.Values{"emails": {"Boss <boss@example.com>"}}, []string{`id="notices-emails-error"`, "Boss is not a plain"}},
		"six":              {url.Values{"emails": {"a@x.io b@x.io c@x.io d@x.io e@x.io f@x.io"}}, []string{"At most 5 addresses"}},
		"long":             {url.Values{"emails": {strings.Repeat("a", 2000) + "@example.com"}}, []string{`id="notices-emails-error"`}},
		"chat":             {url.Values{"chat": {"rules"}, "bot_token": {typedToken}}, []string{`id="notices-chat-error"`, `value="rules"`}},
		"no token":         {url.Values{"chat": {"-100"}}, []string{`id="notices-token-error"`}},
		"no chat":          {url.Values{"bot_token": {typedToken}}, []string{`id="notices-chat-error"`}},
		"bad token":        {url.Values{"chat": {"-100"}, "bot_token": {"1/../x"}}, []string{`id="notices-token-error"`}},
		"plain http":       {url.Values{"webhook": {"http://hooks.example.com/"}}, []string{`id="notices-webhook-error"`, `value="http://hooks.example.com/"`}},
		"metadata":         {url.Values{"webhook": {"https://169.254.169.254/latest"}}, []string{`id="notices-webhook-error"`}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.changes["do"] = []string{"test"}
			rec := w.post(base+"/settings/notices", noticesPosted(tt.changes), true)
			w.contains(rec, append(tt.want, "Nothing was saved yet", `data-view="settings"`)...)
			if strings.Contains(rec.Body.String(), typedToken) {
				t.Error("the page shows the token that was typed")
			}
		})
	}
	if w.tenants.updates != 0 || len(sent.tested) != 0 {
		t.Errorf("%d updates, %d tests", w.tenants.updates, len(sent.tested))
	}
}

func TestNotices_testSaysWhatCameBack(t *testing.T) {
	w, base, sent := withNotices(t)
	sent.results = []notify.Result{{Kind: notify.KindWebhook, To: "hooks.example.com"},
		{Kind: notify.KindTelegram, To: "-100", Problem: notify.ProblemRefused, Said: "<b>chat not found</b>"},
		{Kind: notify.KindMail, To: "a@example.com", Problem: notify.ProblemUnreachable}, {Kind: notify.KindWebhook, To: "x", Problem: notify.ProblemPrivate}}
	form := noticesPosted(url.Values{"do": {"test"}, "webhook": {"https://hooks.example.com/"}})
	w.contains(w.post(base+"/settings/notices", form, true), "Webhook to hooks.example.com", "Accepted.", "Telegram to -100",
		"Refused: &lt;b&gt;chat not found&lt;/b&gt;", "E-mail to a@example.com", "Not reached", "private network", `value="https://hooks.example.com/"`)
	if len(sent.tested) != 1 || sent.tested[0].WebhookURL != "https://hooks.example.com/" || sent.tested[0].WebhookSecret == "" {
		t.Errorf("tested with %d", len(sent.tested))
	}
	w.post(base+"/settings/notices", form, true)
	if len(sent.tested) != 1 {
		t.Error("the second of two clicks sent another message")
	}
	sent.results, sent.err = nil, notify.ErrTooMany
	w.contains(w.post(base+"/settings/notices", noticesPosted(url.Values{"do": {"test"}}), true), "there were enough in the last 10 minutes")
	sent.err = nil
	w.contains(w.post(base+"/settings/notices", noticesPosted(url.Values{"do": {"test"}}), true), "nobody is chosen")
}

// Whoever only knows an account's address has a tenant that never logged in.
func TestNotices_areNotForStrangers(t *testing.T) {
	w, base, sent := withNotices(t)
	w.grants.status = oauth.Status{State: "none"}
	rec := w.post(base+"/settings/notices", noticesPosted(url.Values{"do": {"test"}, "emails": {"victim@example.com"}}), false)
	if w.tenants.updates != 0 || len(sent.tested) != 0 || rec.Code != http.StatusOK {
		t.Errorf("status %d, %d updates, %d tests", rec.Code, w.tenants.updates, len(sent.tested))
	}
	if page := w.get(base + "/settings?wait=1"); strings.Contains(page.Body.String(), "notices-") {
		t.Errorf("the section is offered:\n%s", page.Body)
	}
}

func TestNotices_serverWithoutMailKeepsTheAddresses(t *testing.T) {
	w, base, sent := withNotices(t)
	sent.mails = false
	w.tenants.notices = notify.Settings{Emails: []string{"boss@example.com"}}
	form := noticesPosted(url.Values{"chat": {"-100"}, "bot_token": {typedToken}})
	form.Del("emails")
	w.contains(w.get(base+"/settings?wait=1"), "This server sends no e-mail.")
	w.post(base+"/settings/notices", form, false)
	if got := w.tenants.told(); len(got.Emails) != 1 || got.ChatID != "-100" {
		t.Errorf("stored %v to %s", got.Emails, got.ChatID)
	}
}
