package hooks

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/sandbox/amocrm/stats"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

func TestHooks_retryTable(t *testing.T) {
	for name, tc := range map[string]struct {
		code  int
		waits []time.Duration
	}{
		"no answer":     {0, []time.Duration{5 * time.Minute, 15 * time.Minute}},
		"not found":     {404, []time.Duration{5 * time.Minute, 15 * time.Minute}},
		"redirect":      {302, []time.Duration{5 * time.Minute, 15 * time.Minute}},
		"server error":  {500, []time.Duration{5 * time.Minute, 15 * time.Minute, 15 * time.Minute, time.Hour}},
		"client closed": {499, []time.Duration{5 * time.Minute, 15 * time.Minute, 15 * time.Minute, time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []time.Duration
			for n := 1; ; n++ {
				wait, again := nextAttempt(n, tc.code)
				if !again {
					break
				}
				got = append(got, wait)
			}
			if diff := cmp.Diff(tc.waits, got); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCourier_disablesAfterMoreThanAHundredBadAnswersInTwoHours(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	h := &world.Hook{ID: 1, Destination: "http://127.0.0.1:1/hook", Settings: []string{"status_lead"}}
	a := &world.Account{ID: 2, Host: "one.test", Hooks: []*world.Hook{h}}
	c := NewCourier(kit.NewState(&world.World{Accounts: []*world.Account{a}}, "", nil), func() time.Time { return now }, &stats.Stats{}, 1)
	defer func() {
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	d := newHookDelivery(0, a, h, "a=b")
	for i := range 100 {
		if c.failed(d) {
			t.Fatalf("disabled after %d bad answers", i+1)
		}
		now = now.Add(time.Minute)
	}
	now = now.Add(21 * time.Minute) // the first ones are older than two hours now
	if c.failed(d) {
		t.Fatal("disabled by bad answers of more than two hours ago")
	}
	for range 20 {
		c.failed(d)
	}
	if !c.failed(d) || !h.Disabled {
		t.Error("not disabled after more than 100 bad answers within two hours")
	}
}
