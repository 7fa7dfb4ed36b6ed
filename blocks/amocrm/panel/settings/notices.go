package settings

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Notices sends a company notices of its rules; *notify.Sender is it.
type Notices interface {
	Mails() bool
	PrivateHooks() bool
	Test(ctx context.Context, t tenant.Tenant) ([]notify.Result, error)
}

// noticesView is the section of the settings on who is notified when rules fail. What is stored of the bot's token is
// never shown.
type noticesView struct {
	Action      ui.Plain
	Token       ui.Plain // of the form
	Mail        bool     // this server sends e-mail
	Emails      ui.Plain // these and the rest are the company's own
	Max         string
	Chat        ui.Plain
	BotStored   bool
	Webhook     ui.Plain
	Secret      ui.Plain
	Header      string
	CommentBack bool
	Errors      map[string]string
	Results     []noticeResult // of a test message
	Said        string         // why there was no test
}

// noticeResult is how one channel took the test message.
type noticeResult struct {
	Way, Text ui.Plain
	Good      bool
}

// Fresh reports whether the section shows the result of what was just done in it.
func (n *noticesView) Fresh() bool {
	return n != nil && (len(n.Errors) > 0 || len(n.Results) > 0 || n.Said != "")
}

// noticesSection returns nil for a company that never logged in: knowing an address is not enough to have us write to people.
func (r *request) noticesSection(connection string, n notify.Settings, commentBack bool) *noticesView {
	if r.h.Notices == nil || connection == "none" {
		return nil
	}
	return &noticesView{
		Action: ui.Plain(r.Base() + "/settings/notices"), Token: ui.NewToken(), Mail: r.h.Notices.Mails(),
		Emails: ui.Plain(strings.Join(n.Emails, "\n")),
		Max:    strconv.Itoa(notify.MaxEmails), Chat: ui.Plain(n.ChatID), BotStored: n.BotToken != "",
		Webhook: ui.Plain(n.WebhookURL), Secret: ui.Plain(n.WebhookSecret),
		Header: notify.Signature, CommentBack: commentBack,
	}
}

// saveNotices stores the section and, when asked to, sends a test message and shows what came back: POST …/settings/notices.
func (h *Handlers) saveNotices(r *request) error {
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.Base()+"/settings")
	}
	status, err := h.Grants.Status(r.Ctx, r.Session.TenantID)
	if err != nil {
		return r.Fail(err, r.Base()+"/settings")
	}
	if r.noticesSection(status.State, notify.Settings{}, false) == nil {
		return r.Fail(crm.ErrGone, "")
	}
	read := noticesForm{form: form, errs: map[string]string{}, t: r.T, private: h.Notices.PrivateHooks()}
	stored := r.crm.Tenant()
	typed := read.into(notify.Of(stored))
	if len(read.errs) > 0 {
		return r.noticesPage(func(n *noticesView) {
			n.Errors, n.Emails, n.Chat, n.Webhook = read.errs, ui.Plain(form.Get("emails")), ui.Plain(typed.ChatID), ui.Plain(typed.WebhookURL)
			n.CommentBack, n.BotStored = read.commentBack(), notify.Of(stored).BotToken != ""
		})
	}
	changed, err := r.changeTenant(func(t *tenant.Tenant) error {
		chosen := read.into(notify.Of(*t))
		chosen.Language = string(r.Session.Lang)
		t.Settings.CommentBack = read.commentBack()
		return chosen.Choose(t)
	})
	if err != nil {
		return r.Fail(err, r.Base()+"/settings")
	}
	if form.Get("do") != "test" || changed == nil { // the second of two clicks sends nothing more
		return r.SeeOther(r.Base() + "/settings?done=saved")
	}
	return r.testNotices(*changed)
}

func (r *request) testNotices(t tenant.Tenant) error {
	ctx, cancel := r.Writing()
	defer cancel()
	results, err := r.h.Notices.Test(ctx, t)
	if err != nil && !errors.Is(err, notify.ErrTooMany) {
		return r.Fail(err, r.Base()+"/settings")
	}
	chosen := notify.Of(t)
	return r.noticesPage(func(n *noticesView) {
		n.Emails, n.Chat, n.BotStored = ui.Plain(strings.Join(chosen.Emails, "\n")), ui.Plain(chosen.ChatID), chosen.BotToken != ""
		n.Webhook, n.Secret, n.CommentBack = ui.Plain(chosen.WebhookURL), ui.Plain(chosen.WebhookSecret), t.Settings.CommentBack
		switch {
		case err != nil:
			n.Said = r.T("notices.too_many")
		case len(results) == 0:
			n.Said = r.T("notices.nobody")
		}
		for _, result := range results {
			n.Results = append(n.Results, r.noticeResult(result))
		}
	})
}

// noticeWays and noticeTexts are the texts of what a test message came to, by the kind of its channel and by its problem.
var (
	noticeWays = map[notify.Kind]string{
		notify.KindMail: "notices.way_mail", notify.KindTelegram: "notices.way_telegram", notify.KindWebhook: "notices.way_webhook",
	}
	noticeTexts = map[notify.Problem]string{
		"": "notices.taken", notify.ProblemRefused: "notices.refused", notify.ProblemPrivate: "notices.private",
		notify.ProblemUnreachable: "notices.unreachable",
	}
)

func (r *request) noticeResult(got notify.Result) noticeResult {
	return noticeResult{
		Good: got.Problem == "", Way: ui.Plain(r.T(noticeWays[got.Kind], "To", got.To)),
		Text: ui.Plain(r.T(noticeTexts[got.Problem], "Said", got.Said)),
	}
}

// noticesPage shows the settings with the section as change leaves it.
func (r *request) noticesPage(change func(*noticesView)) error {
	ctx, cancel := r.Background(r.h.Budget / 2)
	defer cancel()
	view, err := r.page(ctx, r.crm.Tenant().Settings, nil)
	if err != nil {
		return r.Fail(err, r.Base()+"/settings")
	}
	if view.Notices != nil {
		change(view.Notices)
	}
	return r.Show(http.StatusOK, "settings", view)
}

// noticesForm reads the section. A field that the page did not have stays as it is.
type noticesForm struct {
	form    url.Values
	errs    map[string]string
	t       func(key string, args ...any) string
	private bool
}

func (r noticesForm) text(name string) string { return strings.TrimSpace(r.form.Get(name)) }

func (r noticesForm) commentBack() bool { return r.text("comment_back") == "1" }

func (r noticesForm) into(n notify.Settings) notify.Settings {
	if r.form.Has("emails") {
		n.Emails = r.emails()
	}
	r.telegram(&n)
	if n.WebhookURL = r.text("webhook"); n.WebhookURL != "" && !notify.ValidURL(n.WebhookURL, r.private) {
		r.errs["webhook"] = r.t("notices.bad_url")
	}
	switch {
	case n.WebhookURL == "":
		n.WebhookSecret = ""
	case n.WebhookSecret == "":
		n.WebhookSecret = notify.NewSecret()
	}
	return n
}

// emails reads addresses separated by anything that is no part of one; the same twice counts once.
func (r noticesForm) emails() []string {
	var out []string
	for _, s := range strings.FieldsFunc(r.form.Get("emails"), func(c rune) bool { return strings.ContainsRune(" \t\r\n,;", c) }) {
		if slices.ContainsFunc(out, func(x string) bool { return strings.EqualFold(x, s) }) {
			continue
		}
		if !notify.ValidEmail(s) {
			r.errs["emails"] = r.t("notices.bad_email", "Address", runes.Shorten(s, notify.MaxAddress))
			return nil
		}
		if out = append(out, s); len(out) > notify.MaxEmails {
			r.errs["emails"] = r.t("notices.many_emails", "Max", strconv.Itoa(notify.MaxEmails))
			return nil
		}
	}
	return out
}

// telegram keeps a stored token as long as there is a chat.
func (r noticesForm) telegram(n *notify.Settings) {
	n.ChatID = r.text("chat")
	given := r.text("bot_token")
	if given != "" {
		n.BotToken = given
	}
	switch {
	case n.ChatID == "" && given != "":
		r.errs["chat"] = r.t("notices.need_chat")
	case n.ChatID == "":
		n.BotToken = ""
	case !notify.ValidChat(n.ChatID):
		r.errs["chat"] = r.t("notices.bad_chat")
	case n.BotToken == "":
		r.errs["bot_token"] = r.t("notices.need_token")
	}
	if given != "" && !notify.ValidToken(given) {
		r.errs["bot_token"] = r.t("notices.bad_token")
	}
}
