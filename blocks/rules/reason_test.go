package rules

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

func TestReason_ofEveryErrorIsKnown(t *testing.T) {
	t.Parallel()
	now := time.Now()
	fresh := Entry{CreatedAt: now, Attempts: 1}
	crm := func(k amocrm.Kind) error { return &amocrm.Error{Kind: k} }
	desk := func(k usedesk.Kind) error { return &usedesk.Error{Kind: k} }
	for code, err := range map[string]error{
		"no_login": oauth.ErrNeedsLogin, "account_gone": tenant.ErrNotFound, "payment": crm(amocrm.KindPayment),
		"blocked": crm(amocrm.KindBlocked), "no_right": crm(amocrm.KindForbidden), "crm_down": crm(amocrm.KindUpstream),
		"slow": &store.Busy{}, "no_desk_token": errNoDeskToken, "desk_token": desk(usedesk.KindRefused),
		"desk_down": desk(usedesk.KindUpstream), "desk_refused": desk(usedesk.KindInvalid), "look": &lookAgain{},
		"restart": context.Canceled, "client_busy": errClientBusy,
		"twins": &refusal{why: ledger.Because("twins", 2, "")}, "unexpected": errors.New("boom"),
	} {
		why := classify(err, fresh, now).Why
		if got, _, _ := why.Head(); got != code || reasonTexts[code] == "" {
			t.Errorf("%s: %q is %q", code, why, got)
		}
	}
	for want, v := range map[ledger.Reason]outcome{
		"=gave_up:10 unexpected": classify(errors.New("boom"), Entry{CreatedAt: now, Attempts: maxAttempts}, now),
		"=waited no_desk_token":  classify(errNoDeskToken, Entry{CreatedAt: now.Add(-8 * 24 * time.Hour)}, now),
	} {
		if v.Why != want {
			t.Errorf("%q, want %q", v.Why, want)
		}
	}
}

func TestEnglish(t *testing.T) {
	t.Parallel()
	for made, want := range map[ledger.Reason]string{
		ledger.Because("deal_made", 12, ""):                              "deal 12 made",
		ledger.Because("failed", "", ledger.Because("no_ticket", 5, "")): "failed: the helpdesk has no ticket 5",
		ledger.Because("dropped", "", ledger.InWords("a\nb | c")):        "dropped by a person: a\nb | c",
		ledger.InWords("=1+1"):                                           "=1+1",
		"the helpdesk has no ticket 5":                                   "the helpdesk has no ticket 5", // of form 2
		"=of_later:3 slow":                                               "of_later: amoCRM asks to slow down",
		"":                                                               "",
		"=waits crm_down cause_answer:500|=1+1":                          "accepted: amoCRM can't be reached or has trouble: its answer was 500: =1+1",
	} {
		if got := English(made); got != want {
			t.Errorf("%q is %q, want %q", made, got, want)
		}
	}
}

func FuzzEnglish_wordsComeBack(f *testing.F) {
	f.Add("=|a")
	f.Add("a|b =c")
	f.Fuzz(func(t *testing.T, text string) {
		if got := English(ledger.InWords(text)); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		got := English(ledger.Because("failed", "", ledger.Because("gave_up", 3, ledger.InWords(text))))
		if text != "" && got != "failed: gave up after 3 attempts: "+text {
			t.Errorf("%q came back as %q", text, got)
		}
	})
}
