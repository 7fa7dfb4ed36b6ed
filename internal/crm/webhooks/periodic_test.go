package webhooks

import (
	"context"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// hungCRM answers nothing until its asker gives up.
type hungCRM struct{ CRM }

func (hungCRM) Webhook(ctx context.Context, _ string) (amocrm.Webhook, error) {
	<-ctx.Done()
	return amocrm.Webhook{}, ctx.Err()
}

func TestWatchdog_whoDoesNotAnswerIsCutOffAndAskedAgainInAnHour(t *testing.T) {
	w := newHouse(t)
	w.s.CheckTime = 20 * time.Millisecond
	w.s.Open = func(context.Context, string) (Account, error) { return Account{CRM: hungCRM{}, Reads: w.reads}, nil }
	w.sweep()
	at, err := w.s.DB.ZScore(t.Context(), "sc:hooks:due", w.tenant).Result()
	if wait := time.Unix(int64(at), 0).Sub(w.clock()); err != nil || wait < 45*time.Minute || wait > 75*time.Minute {
		t.Errorf("next turn in %s, %v; want about an hour", wait, err)
	}
}

func TestWatchdog_accountThatDoesNotAnswerHoldsNobodyUp(t *testing.T) {
	w := newHouse(t)
	w.s.CheckTime = time.Minute
	w.connect("https://well.amocrm.ru", "token")
	well := make(chan struct{})
	w.s.Open = func(_ context.Context, id string) (Account, error) {
		if id != w.tenant {
			close(well)
			return Account{CRM: w.crm, Reads: w.reads}, nil
		}
		select {
		case <-well:
		case <-time.After(30 * time.Second):
			t.Error("nobody else is asked while one account hangs")
		}
		return Account{}, amocrm.ErrUpstream
	}
	w.sweep()
	if w.crm.asked != 1 {
		t.Errorf("%d asked", w.crm.asked)
	}
}
