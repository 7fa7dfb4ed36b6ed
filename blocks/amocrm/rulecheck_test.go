package amocrm

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/oauth"
)

func tryRule(rule string) func(*fixture, string) *httptest.ResponseRecorder {
	return func(w *fixture, base string) *httptest.ResponseRecorder {
		return w.post(base+"/rule/check", url.Values{"do": {"check"}, "rule": {rule}}, false)
	}
}

func goodTrial() rules.Trial {
	price := money.Of(185000)
	ref := func(id int64, name string) plan.Ref { return plan.Ref{ID: id, Name: name} }
	return rules.Trial{
		Remarks:  []request.Problem{{Path: "fields.pipeline", Code: "unknown_choice", Key: "no_pipeline", Params: map[string]string{"Near": "1 (Sales)", "Accepted": "1 (Sales)"}}},
		Warnings: []request.Problem{{Path: "fields.status", Code: "closed_stage", Key: "closed_stage", Params: map[string]string{"Stage": "142 (Won)"}}},
		Would: &plan.Would{Contact: ref(7, "Anna Petrova"), Name: "Chairs for <Anna>", Price: &price, Pipeline: ref(1, "Sales"),
			Status: ref(142, "Won"), Responsible: ref(2, "Maria Kuznetsova"), Tags: []string{"vip", "email"}, Company: "Chairs & Co",
			Fields: []plan.FilledField{{Ref: ref(2, "Source"), Values: []string{"1 (Website)"}}}, Task: &plan.Task{Text: "Call +7 999 123-45-67", Due: now.Add(day)},
			Comment: "From ticket 101", IfOpenDeal: request.OpenDealSkip},
	}
}

func badTrial() rules.Trial {
	return rules.Trial{Problems: []request.Problem{
		{Path: "fields.pipeline", Code: "unknown_choice", Key: "no_pipeline", Params: map[string]string{"Near": "1 (Sales)", "Accepted": "1 (Sales), 2 (Service)"}},
		{Path: "fields.custom_fields.<b>", Code: "wrong_type", Key: "field_takes_date", Params: map[string]string{"Field": "Delivery date"}},
	}}
}

// Scenes of trying a rule.
func init() {
	fields := func(w *fixture) { w.crm.meta = sampleMeta() }
	scenes = append(scenes, []dealScene{
		{"rule-check", func(w *fixture, _ *helpdesk.Ticket) { fields(w) }, path("/rule/check")},
		{"rule-check-found", func(w *fixture, _ *helpdesk.Ticket) { fields(w) }, path("/rule/check?q=sour")},
		{"rule-check-good", func(w *fixture, _ *helpdesk.Ticket) { fields(w); w.rules.trial = goodTrial() }, tryRule(`{"ticketId":"{{ticket_id}}"}`)},
		{"rule-check-bad", func(w *fixture, _ *helpdesk.Ticket) { fields(w); w.rules.trial = badTrial() }, tryRule(`{"fields":{"pipeline":"Slaes"}}</textarea>`)},
		{"rule-check-broken", func(w *fixture, _ *helpdesk.Ticket) {
			fields(w)
			w.rules.err = &body.SyntaxError{Line: 2, Column: 5, Detail: "english"}
		}, tryRule("{\n\"a\" 1}")},
	}...)
}

func TestRuleCheck_triesForTheSessionsOwnTenantAndTicket(t *testing.T) {
	w := newFixture(t)
	w.rules.trial = goodTrial()
	base := w.session(i18n.EN, sampleTicket())
	const rule = `{"ticketId":999,"key":"another"}`
	w.post(base+"/rule/check", url.Values{"do": {"check"}, "rule": {rule}, "ticket": {"999"}, "tenant": {"t2"}}, true)
	if w.rules.tenant != "t1" || w.rules.ticket != 101 || w.rules.rule != rule {
		t.Errorf("tried for tenant %q, ticket %d: %q", w.rules.tenant, w.rules.ticket, w.rules.rule)
	}
	w.rules.tenant = ""
	rec := w.post("/blocks/amocrm/"+strings.Repeat("x", 22)+"/rule/check", url.Values{"do": {"check"}, "rule": {rule}}, true)
	if rec.Code != 410 || w.rules.tenant != "" {
		t.Errorf("a session that is not there: %d, tried for %q", rec.Code, w.rules.tenant)
	}
}

func TestRuleCheck_keepsWhatWasTypedWhenItCanNotBeTried(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	post := func(rule, do string) *httptest.ResponseRecorder {
		return w.post(base+"/rule/check", url.Values{"do": {do}, "rule": {rule}, "q": {"sal"}}, true)
	}
	w.rules.err = amoapi.ErrUpstream
	w.contains(post("typed by hand", "check"), "typed by hand", `role="alert"`, `value="sal"`)
	w.crm.metaErr = amoapi.ErrUpstream
	w.contains(post("typed by hand", "check"), "typed by hand", `role="alert"`)
	w.crm.metaErr, w.rules.rule = nil, ""
	w.contains(post("typed by hand", "find"), "typed by hand")
	w.contains(post(strings.Repeat("x", 100_000+1), "check"), "The rule is too long.")
	w.contains(post(" \n", "check"), "Fill this in.")
	if w.rules.rule != "" {
		t.Errorf("tried %.40q", w.rules.rule)
	}
	w.rules.err = &body.SyntaxError{Detail: "the body ends too early"}
	w.contains(post("{", "check"), "Not valid JSON")
	w.rules.err = oauth.ErrGrantLost{}
	w.contains(post("x", "check"), "data-popup")
}

func TestRuleCheck_phonesStayMasked(t *testing.T) {
	w := newFixture(t)
	w.tenants.settings.MaskPhones = true
	w.rules.trial = goodTrial()
	rec := w.post(w.session(i18n.EN, sampleTicket())+"/rule/check", url.Values{"do": {"check"}, "rule": {"{}"}}, true)
	w.contains(rec, "Call &#43;7 ")
	if strings.Contains(rec.Body.String(), "123-45") {
		t.Errorf("a phone is shown:\n%s", rec.Body)
	}
}
