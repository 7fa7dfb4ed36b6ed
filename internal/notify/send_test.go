package notify

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

func test(t *testing.T, s *Sender, n Settings) []Result {
	t.Helper()
	got, err := s.Test(t.Context(), choosing(tenant.Tenant{ID: "t-" + t.Name(), AmoBase: "https://example.amocrm.ru"}, n))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// choosing is a tenant that has chosen n.
func choosing(t tenant.Tenant, n Settings) tenant.Tenant {
	if err := n.Choose(&t); err != nil {
		panic(err)
	}
	return t
}

func TestMail_eachRecipientByHimself(t *testing.T) {
	h, smtp := newHouse(t), newSMTP(t)
	mail, err := NewMail("smtp://"+smtp.addr, "Sidecard <sidecard@example.com>")
	if err != nil {
		t.Fatal(err)
	}
	s := h.sender(func(c *Config) { c.Mail = mail })
	got := test(t, s, Settings{Language: "ru", Emails: []string{"boss@example.com", "gone@example.com", "later@example.com"}})
	if len(got) != 3 || got[0].Problem != "" || got[1].Problem != ProblemRefused || got[2].Problem != ProblemUnreachable {
		t.Fatalf("results %+v", got)
	}
	if !strings.Contains(got[1].Said, "550") || !strings.Contains(got[1].Said, "5.1.1 no such mailbox") {
		t.Errorf("the refusal says %q", got[1].Said)
	}
	letters, to := smtp.taken()
	if len(letters) != 1 || !strings.Contains(to[0], "<boss@example.com>") {
		t.Fatalf("letters to %v", to)
	}
	for _, want := range []string{`From: "Sidecard" <sidecard@example.com>`, "To: <boss@example.com>", "Auto-Submitted: auto-generated", "Subject:\r\n =?UTF-8?", "Message-ID: <"} {
		if !strings.Contains(letters[0], want) {
			t.Errorf("%q is not in\n%s", want, letters[0])
		}
	}
	if strings.Contains(letters[0], "gone@") {
		t.Error("a recipient sees the others")
	}
}

func TestMail_addresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"smtp://user:p%40ss@mail.example.com:587": true, "smtps://mail.example.com": true, "smtp://127.0.0.1:1025": true, "smtp://[::1]:25": true,
		"": false, "mail.example.com:25": false, "http://mail.example.com": false, "smtp://": false, "smtp://h:0": false, "smtp://h/path": false,
	} {
		m, err := NewMail(address, "sidecard@example.com")
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "p@ss") || ok && m == nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, from := range []string{"", "nobody", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com"} {
		if _, err := NewMail("smtp://mail.example.com", from); err == nil {
			t.Errorf("sender %q was taken", from)
		}
	}
}

// Without STARTTLS a server elsewhere gets nothing; one on this machine does.
func TestMail_needsTLSExceptOnThisMachine(t *testing.T) {
	smtp := newSMTP(t)
	m, err := NewMail("smtp://"+smtp.addr, "sidecard@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.send(t.Context(), "boss@example.com", text{Subject: "s", Text: "t"}); err != nil {
		t.Errorf("on this machine: %v", err)
	}
	far, err := NewMail("smtp://"+strings.Replace(smtp.addr, "127.0.0.1", "mail.example.com", 1), "sidecard@example.com")
	if err != nil {
		t.Fatal(err)
	}
	far.host = "127.0.0.1" // where that name would lead
	if err := far.send(t.Context(), "boss@example.com", text{Subject: "s", Text: "t"}); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("elsewhere: %v, want it to miss STARTTLS", err)
	}
	if letters, _ := smtp.taken(); len(letters) != 1 {
		t.Errorf("%d letters", len(letters))
	}
}

func TestMail_logsInOverTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	smtp := serveSMTP(t, ln)
	for password, ok := range map[string]bool{"p%40ss": true, "wrong": false} {
		m, err := NewMail("smtps://user:"+password+"@"+smtp.addr, "sidecard@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.send(t.Context(), "boss@example.com", text{}); err == nil {
			t.Error("a certificate that nobody has signed was believed")
		}
		m.dial = (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext
		err = m.send(t.Context(), "boss@example.com", text{Subject: "s", Text: "t"})
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "535") {
			t.Errorf("%s: %v", password, err)
		}
	}
	if letters, _ := smtp.taken(); len(letters) != 1 {
		t.Errorf("%d letters, want 1", len(letters))
	}
}

func TestTelegram_sendsAndSaysWhatCameBack(t *testing.T) {
	h := newHouse(t)
	s := h.sender(nil)
	n := Settings{ChatID: "@rules", BotToken: botToken}
	if got := test(t, s, n); got[0].Problem != "" {
		t.Fatalf("%+v", got)
	}
	r := h.bot.requests()[0]
	var body struct {
		Chat string `json:"chat_id"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(r.body, &body); err != nil {
		t.Fatal(err)
	}
	if r.path != "/bot"+botToken+"/sendMessage" || body.Chat != "@rules" || !strings.Contains(body.Text, "This is a test.") {
		t.Errorf("%s %+v", r.path, body)
	}
	h.bot.will(reply{403, `{"ok":false,"description":"Forbidden: bot ` + botToken + ` was kicked\n"}`})
	if got := test(t, s, n)[0]; got.Problem != ProblemRefused || got.Said != "Forbidden: bot … was kicked" {
		t.Errorf("%+v", got)
	}
	h.bot.will(reply{302, ""})
	if got := test(t, s, n)[0]; got.Problem != ProblemUnreachable || len(h.bot.requests()) != 3 {
		t.Errorf("%+v after %d requests: a redirect was followed", got, len(h.bot.requests()))
	}
}

func TestTelegram_hostIsTelegramsUnlessConfigured(t *testing.T) {
	for given, want := range map[string]string{"": TelegramAPI, TelegramAPI + "/": TelegramAPI, "http://127.0.0.1:9": "http://127.0.0.1:9", "ftp://x": ""} {
		got, client, err := TelegramHost(given)
		if (err == nil) != (want != "") || got != want {
			t.Errorf("%q: %q, %v", given, got, err)
		}
		if err != nil {
			continue
		}
		res, err := client.Get("http://127.0.0.1:8/")
		if err == nil {
			_ = res.Body.Close()
			t.Errorf("%q: another host was reached", given)
		}
	}
}

func TestWebhook_isSignedAndFollowsNoRedirect(t *testing.T) {
	h := newHouse(t)
	s := h.sender(nil)
	n := Settings{WebhookURL: h.post.URL + "/hook?x=1", WebhookSecret: secret}
	if got := test(t, s, n)[0]; got.Problem != "" || strings.Contains(got.To, "hook") {
		t.Fatalf("%+v", got)
	}
	r := h.post.requests()[0]
	if want := "sha256=" + sign(secret, r.body); r.header.Get(Signature) != want {
		t.Errorf("signature %q, want %q", r.header.Get(Signature), want)
	}
	var keys map[string]any
	if err := json.Unmarshal(r.body, &keys); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"id", "event", "account", "counts", "since", "at", "subject", "text"} {
		if keys[want] == nil {
			t.Errorf("%s is missing in %s", want, r.body)
		}
		delete(keys, want)
	}
	if len(keys) > 0 || strings.Contains(string(r.body), "t-"+t.Name()) {
		t.Errorf("too much in %s", r.body)
	}
	h.post.will(reply{302, ""}, reply{404, "internal words"}, reply{500, ""})
	for _, want := range []Result{{KindWebhook, "", ProblemRefused, "HTTP 302"}, {KindWebhook, "", ProblemRefused, "HTTP 404"}, {KindWebhook, "", ProblemUnreachable, ""}} {
		got := test(t, s, n)[0]
		if got.To = ""; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if n := len(h.post.requests()); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}

func TestSender_testsAreCounted(t *testing.T) {
	h := newHouse(t)
	s := h.sender(nil)
	for range maxTests {
		test(t, s, Settings{WebhookURL: h.post.URL})
	}
	if _, err := s.Test(t.Context(), tenant.Tenant{ID: "t-" + t.Name()}); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v", err)
	}
	h.redis.FastForward(testsIn)
	if _, err := s.Test(t.Context(), tenant.Tenant{ID: "t-" + t.Name()}); err != nil {
		t.Errorf("ten minutes later: %v", err)
	}
}

// Whenever the ten minutes of a count end, also in the middle of counting: the next count has an end, too.
func TestSender_everyCountOfTestsEnds(t *testing.T) {
	h := newHouse(t)
	s := h.sender(nil)
	test(t, s, Settings{WebhookURL: h.post.URL})
	s.db.AddHook(beforeIncr(func() { h.redis.FastForward(testsIn) }))
	test(t, s, Settings{WebhookURL: h.post.URL})
	if life := h.redis.TTL(store.Key("t-"+t.Name(), "notice", "tests")); life <= 0 {
		t.Errorf("the count is kept for %v", life)
	}
}

// beforeIncr is a hook of the client that calls itself before an INCR is sent.
type beforeIncr func()

func (f beforeIncr) DialHook(next redis.DialHook) redis.DialHook { return next }
func (f beforeIncr) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "incr" {
			f()
		}
		return next(ctx, cmd)
	}
}
func (f beforeIncr) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		f()
		return next(ctx, cmds)
	}
}

func TestSender_eachWayIsTracedWithItsOutcome(t *testing.T) {
	rec := tracetest.NewSpanRecorder()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(rec)))
	t.Cleanup(func() { otel.SetTracerProvider(noop.NewTracerProvider()) })
	h := newHouse(t)
	h.bot.Close()
	test(t, h.sender(nil), Settings{WebhookURL: h.post.URL, ChatID: "1", BotToken: "1:token"})
	var got []string
	for _, s := range rec.Ended() {
		if s.SpanKind() == trace.SpanKindProducer {
			got = append(got, fmt.Sprint(s.Name(), " ", s.Status().Code, " ", len(s.Attributes())))
		}
	}
	slices.Sort(got)
	if want := []string{"notice telegram Error 0", "notice webhook Unset 0"}; !slices.Equal(got, want) {
		t.Errorf("traced %q, want %q", got, want)
	}
}

func TestSender_cutOffIsUnreachable(t *testing.T) {
	h := newHouse(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := sendAll(ctx, h.sender(nil).channels(Settings{WebhookURL: h.post.URL}), message{}, text{})
	if got := outcome(channel{}, errs[0]); got.Problem != ProblemUnreachable {
		t.Errorf("%+v, %v", got, errs)
	}
}

// Every message in every language: all texts exist, and no client's data comes through.
func TestText_inEveryLanguage(t *testing.T) {
	h := newHouse(t)
	s := h.sender(nil)
	why := plain("amoCRM refused the deal: contact.name: \"Anna Petrova\" with 8 (999) 123-45-67 and anna@example.com is taken\r\nBcc: x")
	for _, m := range []message{
		{Event: EventTest}, {Event: EventLoginLost, Held: 3}, {Event: EventFailed, Failed: 1, Reason: why}, {Event: EventRemarks, Remarks: 2, Reason: why}, {Event: EventDigest, Held: 21, Failed: 2},
		{Event: EventRecovered, HeldOver: true, FailedOver: true}, {Event: EventRecovered, HeldOver: true, Failed: 5},
	} {
		subjects := map[string]bool{}
		for _, lang := range i18n.Langs {
			m.Since = h.clock()
			tn := choosing(tenant.Tenant{AmoBase: "https://example.amocrm.ru"}, Settings{Language: string(lang), ChatID: "1"})
			txt := s.text(tn, m)
			subjects[txt.Subject] = true
			whole := txt.Subject + "\n" + txt.Text
			for _, bad := range []string{"notice.", "<no value>", "Anna", "999", "anna@", "\r", "{{"} {
				if strings.Contains(whole, bad) {
					t.Errorf("%s in %s holds %q:\n%s", m.Event, lang, bad, whole)
				}
			}
			for _, want := range []string{"example.amocrm.ru"} {
				if !strings.Contains(whole, want) {
					t.Errorf("%s in %s lacks %q:\n%s", m.Event, lang, want, whole)
				}
			}
			if strings.ContainsAny(txt.Subject, "\r\n") {
				t.Errorf("subject %q", txt.Subject)
			}
		}
		if len(subjects) != len(i18n.Langs) {
			t.Errorf("%s has the subjects %v", m.Event, subjects)
		}
	}
}

func TestText_digestReads(t *testing.T) {
	h := newHouse(t)
	txt := h.sender(nil).text(choosing(tenant.Tenant{AmoBase: "https://example.amocrm.ru", Settings: tenant.Settings{Language: "en"}}, Settings{Language: "ru", ChatID: "1"}),
		message{Event: EventDigest, Held: 14, Failed: 1, Since: h.clock()})
	want := `14 deals of rules wait for somebody to log in to amoCRM.

1 deal of a rule could not be created and waits in the inbox for a person.

Since: 2026-11-21 12:00 UTC

Nothing is lost. Open the amoCRM block of any ticket and log in to amoCRM again: then they are sent by themselves.

Open the amoCRM block of any ticket, press the gear, then “Rule inbox”: there you can see why, correct it and send it again, or drop it.

Further ones are not reported singly. While it lasts, a summary comes at most every 6 hours, and one message when it is over.

amoCRM account: example.amocrm.ru. Service: https://sidecard.example.com`
	if diff := cmp.Diff(want, txt.Text); diff != "" {
		t.Error(diff)
	}
}

func TestPlain_boundsAndCutsOut(t *testing.T) {
	for in, want := range map[string]string{
		"fields.status_id: The value you selected is not a valid choice.": "fields.status_id: The value you selected is not a valid choice.",
		"field 1025541 is unknown, 55524250 too":                          "field 1025541 is unknown, 55524250 too",
		"call +7 999 123-45-67 now":                                       "call … now",
		"call (495)  -  123-45-67 or 8\u00a0999\u00a0123–45–67":           "call … or …",
		"a\x00b\u2028c":                "a b c",
		strings.Repeat("я", 400):       strings.Repeat("я", 300) + "…",
		`name "Anna" or «Анна» or “A”`: "name … or … or …",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNamed_tellsWaysApartWithoutNamingThem(t *testing.T) {
	a, b := named(KindMail, "a@example.com"), named(KindMail, "b@example.com")
	if a == b || strings.Contains(a, "example") || a != named(KindMail, "a@example.com") {
		t.Error(fmt.Sprint(a, b))
	}
}
