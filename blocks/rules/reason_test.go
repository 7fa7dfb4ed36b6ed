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

// What judge says is understood: a reworded reason would be shown in English to everybody.
func TestMeaning_knowsWhatJudgeSays(t *testing.T) {
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
		"twins": &refusal{why: "amoCRM's answer was lost, and 2 deals may be the one that it made: say which"}, "unexpected": errors.New("boom"),
	} {
		if m, ok := MeaningOf(judge(err, fresh, now).Why); !ok || m.Code != code {
			t.Errorf("%s: %q is %q", code, judge(err, fresh, now).Why, m.Code)
		}
	}
	v := judge(errors.New("boom"), Entry{CreatedAt: now, Attempts: maxAttempts}, now)
	m, _ := MeaningOf(v.Why)
	if rest, ok := MeaningOf(m.Rest); m.Code != "gave_up" || m.N != "10" || !ok || rest.Code != "unexpected" {
		t.Errorf("%q: %+v %+v", v.Why, m, rest)
	}
	v = judge(errNoDeskToken, Entry{CreatedAt: now.Add(-8 * 24 * time.Hour)}, now)
	m, _ = MeaningOf(v.Why)
	if rest, ok := MeaningOf(m.Rest); m.Code != "waited" || !ok || rest.Code != "no_desk_token" {
		t.Errorf("%q: %+v %+v", v.Why, m, rest)
	}
}

func TestMeaning_readsTimelinesAndLeavesOtherWordsAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Meaning{
		"deal 12 made":                            {Code: "deal_made", N: "12"},
		"deal 12 chosen by a person":              {Code: "chosen", N: "12"},
		"dropped by a person: a\nb":               {Code: "dropped", Rest: "a\nb"},
		"failed: the helpdesk has no ticket 5":    {Code: "failed", Rest: "the helpdesk has no ticket 5"},
		"held: log in":                            {Code: "held", Rest: "log in"},
		"amoCRM refused the deal: name: too long": {Code: "refused_deal", Rest: "name: too long"},
	} {
		if m, ok := MeaningOf(text); !ok || m != want {
			t.Errorf("%q: %+v", text, m)
		}
	}
	for _, text := range []string{"", "deal x made", "something new", "xaccepted"} {
		if m, ok := MeaningOf(text); ok {
			t.Errorf("%q: %+v", text, m)
		}
	}
}
