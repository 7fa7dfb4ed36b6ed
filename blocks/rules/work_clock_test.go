package rules

import (
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
)

// clockOff opens a Redis whose clock is off by so much and goes on.
func clockOff(t *testing.T, by time.Duration) *store.DB {
	t.Helper()
	db, _ := clockThatSteps(t, by)
	return db
}

// clockThatSteps is clockOff with a clock that can be set: step moves it by so much.
func clockThatSteps(t *testing.T, by time.Duration) (db *store.DB, step func(by time.Duration)) {
	t.Helper()
	m := miniredis.RunT(t)
	m.ClockTTL(true)
	var mu sync.Mutex
	set := func(step time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		by += step
		m.SetTime(time.Now().Add(by))
	}
	set(0)
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				set(0)
			}
		}
	})
	t.Cleanup(func() { close(stop); ticking.Wait() })
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + m.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, set
}

// The replicas' clocks and Redis' differ by ten minutes, and amoCRM's goes with either. What is due comes at once, what
// waits comes when it is due, a claim ends by Redis' clock, a lost deal is found, and nothing is made twice or early.
func TestWork_clocksTenMinutesApart(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]struct{ redis, crm time.Duration }{
		"Redis is ahead of us and amoCRM":    {10 * time.Minute, 0},
		"Redis is behind us and amoCRM":      {-10 * time.Minute, 0},
		"we are behind Redis and amoCRM":     {10 * time.Minute, 10 * time.Minute},
		"we are ahead of Redis and amoCRM":   {-10 * time.Minute, -10 * time.Minute},
		"amoCRM is ahead of Redis and of us": {0, 10 * time.Minute},
		"amoCRM is behind Redis and us":      {0, -10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, clockOff(t, off.redis))
			other := h.replica()
			leases(10*time.Second, h.Service, other)
			h.crm.ahead = off.crm
			h.login()
			h.link(3)

			// Somebody's claim of a moment ago is not taken away; the one of its ticket waits behind it.
			claimed := h.accept(published(1002))
			b, err := h.deps.Ledger.Claim(t.Context(), h.tenant.ID, 1)
			if err != nil || len(b.Jobs) != 1 {
				t.Fatalf("%+v, %v", b, err)
			}
			behind := published(1002)
			behind.Comment = "behind"
			waits := h.accept(behind)
			early, err := other.deps.Ledger.Claim(t.Context(), h.tenant.ID, jobs.MaxBatch)
			if err != nil || len(early.Jobs) != 0 && early.Now.Sub(b.Now) < h.deps.Lease {
				t.Fatalf("a living claim and what is behind it were taken: %+v, %v", early.Jobs, err)
			}

			h.crm.spoil(notesCall, fault{commit: true, cut: true})
			h.crm.spoil(complexCall, fault{commit: true, cut: true})
			lost := h.accept(published(1000))
			again, existed, err := h.Accept(t.Context(), h.tenant, published(1000), "")
			if err != nil || !existed || again.ID != lost.ID {
				t.Errorf("the same firing again is %s, existed %v, %v", again.ID, existed, err)
			}
			h.run(h.Service)
			h.run(other)
			h.until(lost.ID, ledger.StateDone) // what is limited is that one alone, and not the dead worker's later
			h.crm.spoil(complexCall, fault{status: 429, header: map[string]string{"Retry-After": "1"}})
			limited := h.accept(published(1001))
			ids := map[string]bool{}
			for _, e := range []jobs.Job{lost, limited, claimed, waits} { // the dead worker's claim ends with its lease
				e = h.until(e.ID, ledger.StateDone)
				ids[e.ID] = true
				if took := e.UpdatedAt.Sub(e.CreatedAt); took < 0 || took > patience {
					t.Errorf("done %s after it was accepted: %+v", took, e.Timeline)
				}
			}
			leads, notes, _ := h.crm.snapshot()
			if len(leads) != 4 || len(notes) != 4 {
				t.Errorf("%d leads, %d notes of %d", len(leads), len(notes), len(ids))
			}
			if first, second := h.get(claimed.ID).Steps.LeadID, h.get(waits.ID).Steps.LeadID; first > second {
				t.Errorf("deals %d and %d of one ticket", first, second)
			}
		})
	}
}

// What a person or a login starts anew is due at once for the other replicas, too: nobody's clock but Redis' says so.
func TestHints_ofWhatIsStartedAnewGoByRedisClock(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{"behind us": -10 * time.Minute, "ahead of us": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, clockOff(t, off))
			h.login()
			h.link(2)
			start := map[string]func(e jobs.Job) error{
				"retried": func(e jobs.Job) error { return h.Retry(t.Context(), h.tenant.ID, e.ID) },
				"released": func(jobs.Job) error {
					_, err := h.Resume(t.Context(), h.tenant.ID)
					return err
				},
			}
			for what, state := range map[string]ledger.State{"retried": ledger.StateFailed, "released": ledger.StateHeld} {
				r := published(1000)
				r.Comment = what
				e := h.accept(r)
				b, err := h.deps.Ledger.Claim(t.Context(), h.tenant.ID, jobs.MaxBatch)
				if err != nil || len(b.Jobs) != 1 {
					t.Fatalf("%+v, %v", b, err)
				}
				if err := h.deps.Ledger.Finish(t.Context(), b.Jobs[0], jobs.Outcome{State: state, Why: "x"}); err != nil {
					t.Fatal(err)
				}
				if err := h.db.Del(t.Context(), hintKey).Err(); err != nil {
					t.Fatal(err)
				}
				if err := start[what](e); err != nil {
					t.Fatal(err)
				}
				if !hinted(t, h.db, h.tenant.ID) {
					t.Errorf("%s: the other replicas see nothing due", what)
				}
				h.oneHaul()
			}
		})
	}
}
