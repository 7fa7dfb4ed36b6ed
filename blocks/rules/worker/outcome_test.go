package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
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

func TestJudge_waitingHoldingAndFailing(t *testing.T) {
	now := time.Now()
	fresh := jobs.Job{CreatedAt: now.Add(-time.Hour), Attempts: 1}
	crm := func(k amocrm.Kind) error { return fmt.Errorf("x: %w", &amocrm.Error{Kind: k}) }
	desk := func(k usedesk.Kind) error { return fmt.Errorf("x: %w", &usedesk.Error{Kind: k}) }
	cases := []struct {
		name   string
		err    error
		entry  jobs.Job
		state  ledger.State
		tried  bool
		shared bool
	}{
		{"never connected", oauth.ErrNoGrant, fresh, ledger.StateHeld, false, true},
		{"grant lost", fmt.Errorf("x: %w", oauth.ErrGrantLost{Why: "revoked"}), fresh, ledger.StateHeld, false, true},
		{"login refused for now", fmt.Errorf("x: %w", &oauth.RefusedError{Why: "no reason given"}), fresh, ledger.StateAccepted, false, true},
		{"limited", crm(amocrm.KindLimited), fresh, ledger.StateAccepted, false, true},
		{"our own limiter is full", fmt.Errorf("x: %w", &store.Busy{Wait: time.Minute}), fresh, ledger.StateAccepted, false, true},
		{"payment", crm(amocrm.KindPayment), fresh, ledger.StateAccepted, false, true},
		{"blocked", crm(amocrm.KindBlocked), fresh, ledger.StateAccepted, false, true},
		{"down", crm(amocrm.KindUpstream), fresh, ledger.StateAccepted, false, true},
		{"network", crm(amocrm.KindNetwork), fresh, ledger.StateAccepted, false, true},
		{"no right", crm(amocrm.KindForbidden), fresh, ledger.StateFailed, false, false},
		{"outcome unknown", &lookAgain{after: time.Second}, fresh, ledger.StateAccepted, false, false},
		{"desk refuses", desk(usedesk.KindRefused), fresh, ledger.StateAccepted, false, true},
		{"desk down", desk(usedesk.KindUpstream), fresh, ledger.StateAccepted, false, true},
		{"desk says no", desk(usedesk.KindInvalid), fresh, ledger.StateFailed, false, false},
		{"no desk token", errNoDeskToken, fresh, ledger.StateAccepted, false, true},
		{"tenant gone", tenant.ErrNotFound, fresh, ledger.StateFailed, false, false},
		{"our own storage is full", fmt.Errorf("x: %w", &store.Trouble{Why: "full", Err: errors.New("OOM")}), fresh, ledger.StateAccepted, false, true},
		{"restart", context.Canceled, fresh, ledger.StateAccepted, false, true},
		{"not foreseen", errors.New("boom at 10.0.0.1"), fresh, ledger.StateAccepted, true, false},
		{"not foreseen ten times", errors.New("boom"), jobs.Job{CreatedAt: now, Attempts: 10}, ledger.StateFailed, false, false},
		{"waited for a week", desk(usedesk.KindRefused), jobs.Job{CreatedAt: now.Add(-8 * 24 * time.Hour)}, ledger.StateFailed, false, false},
		{"held for a week", oauth.ErrNoGrant, jobs.Job{CreatedAt: now.Add(-8 * 24 * time.Hour)}, ledger.StateHeld, false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := classify(c.err, c.entry, now)
			if v.State != c.state || v.Tried != c.tried || v.shared != c.shared || v.Why == "" || strings.Contains(jobs.English(v.Why), "10.0.0.1") {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestJudge_waitsAsLongAsTheCRMAsks(t *testing.T) {
	if v := classify(&store.Busy{Wait: time.Minute}, jobs.Job{CreatedAt: time.Now()}, time.Now()); v.After < time.Minute || v.Why != whySlow {
		t.Errorf("a full limiter gives %+v, want to wait as long as it says", v)
	}
	v := classify(&amocrm.Error{Kind: amocrm.KindLimited, RetryAfter: 300}, jobs.Job{CreatedAt: time.Now()}, time.Now())
	if v.After != 300*time.Second {
		t.Errorf("waits %s", v.After)
	}
}

// A call of the CRM needs a slot from Redis first.
func TestJudge_ourOwnStorageIsNotTakenForTheCRM(t *testing.T) {
	down := &store.Trouble{Why: "not reachable", Err: syscall.ECONNREFUSED}
	v := classify(fmt.Errorf("%w: %w", &amocrm.Error{Kind: amocrm.KindNetwork}, down), jobs.Job{CreatedAt: time.Now()}, time.Now())
	if v.State != ledger.StateAccepted || strings.Contains(jobs.English(v.Why), "amoCRM") {
		t.Errorf("%+v", v)
	}
}

func TestBackoff_growsToItsLimit(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 2 * time.Second, 3: 16 * time.Second, 50: time.Minute} {
		for range 50 {
			if d := backoff(n, 2*time.Second, time.Minute); d < want*3/4 || d > want*5/4 {
				t.Errorf("after %d: %s, want about %s", n, d, want)
			}
		}
	}
}

// A job that was retried after eight days may wait for seven more.
func TestJudge_waitingStartsAnewWithARetry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e := jobs.Job{CreatedAt: now.Add(-8 * 24 * time.Hour), Since: now.Add(-time.Hour)}
	if v := classify(errNoDeskToken, e, now); v.State != ledger.StateAccepted {
		t.Errorf("%+v", v)
	}
}
