package rules

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
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
		"twins": &refusal{why: because("twins", 2, "")}, "unexpected": errors.New("boom"),
	} {
		why := judge(err, fresh, now).Why
		if got, _, _ := why.Head(); got != code || reasonTexts[code] == "" {
			t.Errorf("%s: %q is %q", code, why, got)
		}
	}
	for want, v := range map[Reason]verdict{
		"=gave_up:10 unexpected": judge(errors.New("boom"), Entry{CreatedAt: now, Attempts: maxAttempts}, now),
		"=waited no_desk_token":  judge(errNoDeskToken, Entry{CreatedAt: now.Add(-8 * 24 * time.Hour)}, now),
	} {
		if v.Why != want {
			t.Errorf("%q, want %q", v.Why, want)
		}
	}
}

func TestReason_isReadAsItWasMade(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		made Reason
		text string
		ours bool
	}{
		{because("deal_made", 12, ""), "deal 12 made", true},
		{because("failed", "", because("no_ticket", 5, "")), "failed: the helpdesk has no ticket 5", true},
		{because("dropped", "", inWords("a\nb | c")), "dropped by a person: a\nb | c", false},
		{because("waits", "", because("crm_down", "", because("cause_answer", 500, inWords("=1+1")))),
			"accepted: amoCRM can't be reached or has trouble: its answer was 500: =1+1", false},
		{inWords("=1+1"), "=1+1", false},
		{"the helpdesk has no ticket 5", "the helpdesk has no ticket 5", false}, // of form 2
		{"=of_later:3 slow", "of_later: amoCRM asks to slow down", true},
		{"", "", true},
	} {
		if c.made.String() != c.text || c.made.ours() != c.ours {
			t.Errorf("%q is %q, ours: %v; want %q", c.made, c.made, c.made.ours(), c.text)
		}
	}
	chain := because("failed", "", because("gave_up", 3, inWords("x")))
	code, n, rest := chain.Head()
	inner, innerN, words := rest.Head()
	if code != "failed" || n != "" || inner != "gave_up" || innerN != "3" || words != "x" {
		t.Errorf("%q: %s %s, %s %s, %q", chain, code, n, inner, innerN, words)
	}
}

func FuzzReason_wordsComeBack(f *testing.F) {
	f.Add("=|a")
	f.Add("a|b =c")
	f.Fuzz(func(t *testing.T, text string) {
		if got := inWords(text).String(); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		if got := because("failed", "", because("gave_up", 3, inWords(text))); text != "" && got.String() != "failed: gave up after 3 attempts: "+text {
			t.Errorf("%q came back as %q", text, got.String())
		}
	})
}
