package crm_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestLockClient_oneAtATime(t *testing.T) {
	f := crmtest.New(t)
	var inside atomic.Int32
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			unlock, err := f.Memory().Lock(t.Context(), 55, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d at once", n)
			}
			for range 200 {
				runtime.Gosched() // let the others try
			}
			inside.Add(-1)
		})
	}
	wg.Wait()
	unlock, err := f.Memory().Lock(t.Context(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestRecall_forgetsAfterADayAndKeepsABoundedNumber(t *testing.T) {
	f := crmtest.New(t)
	for i := range int64(crm.MaxRemembered + 10) {
		if err := f.Memory().RememberDeal(t.Context(), 55, 5000+i); err != nil {
			t.Fatal(err)
		}
	}
	m, err := f.Memory().Recall(t.Context(), 55)
	if err != nil || len(m.Deals) != crm.MaxRemembered {
		t.Errorf("%d deals, %v", len(m.Deals), err)
	}
	if ttl := f.DB().TTL(t.Context(), f.Keys().Made(55)).Val(); ttl <= 23*time.Hour || ttl > 24*time.Hour {
		t.Errorf("kept for %s", ttl)
	}
}
