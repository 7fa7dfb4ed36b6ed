package worker

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
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
	fresh := jobs.Job{CreatedAt: now, Attempts: 1}
	crm := func(k amocrm.Kind) error { return &amocrm.Error{Kind: k} }
	desk := func(k usedesk.Kind) error { return &usedesk.Error{Kind: k} }
	for code, err := range map[string]error{
		"no_login": oauth.ErrNeedsLogin, "account_gone": tenant.ErrNotFound, "payment": crm(amocrm.KindPayment),
		"blocked": crm(amocrm.KindBlocked), "no_right": crm(amocrm.KindForbidden), "crm_down": crm(amocrm.KindUpstream),
		"slow": &store.Busy{}, "no_desk_token": errNoDeskToken, "desk_token": desk(usedesk.KindRefused),
		"desk_down": desk(usedesk.KindUpstream), "desk_refused": desk(usedesk.KindInvalid), "look": &lookAgain{},
		"restart": context.Canceled, "client_busy": errClientBusy,
		"twins": &Refusal{Why: ledger.Because("twins", 2, "")}, "unexpected": errors.New("boom"),
	} {
		why := classify(err, fresh, now).Why
		if got, _, _ := why.Head(); got != code || !slices.Contains(jobs.ReasonCodes(), code) {
			t.Errorf("%s: %q is %q", code, why, got)
		}
	}
	for want, v := range map[ledger.Reason]outcome{
		"=gave_up:10 unexpected": classify(errors.New("boom"), jobs.Job{CreatedAt: now, Attempts: maxAttempts}, now),
		"=waited no_desk_token":  classify(errNoDeskToken, jobs.Job{CreatedAt: now.Add(-8 * 24 * time.Hour)}, now),
	} {
		if v.Why != want {
			t.Errorf("%q, want %q", v.Why, want)
		}
	}
}
