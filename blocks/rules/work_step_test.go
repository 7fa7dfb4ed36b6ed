package rules

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
)

const stepTries = 8

// Redis' clock steps forward by more than a lease while the CRM takes its time over a write: the other replica does not take
// the job, and so nothing is made twice.
func TestWork_stepForwardDuringASlowWriteDoublesNothing(t *testing.T) {
	t.Parallel()
	for try := range stepTries {
		call := []string{complexCall, notesCall}[try%2]
		t.Run(fmt.Sprint(call, try), func(t *testing.T) {
			t.Parallel()
			db, step := clockThatSteps(t, 0)
			h := newHouseOn(t, db)
			h.login()
			h.link(1)
			other := h.replica()
			leases(6*time.Second, h.Service, other)
			h.run(h.Service)
			h.run(other)
			h.crm.spoil(call, fault{commit: true, status: []int{0, 504}[try/2%2], cut: try/2%2 == 0 && try%3 == 0, before: func() {
				step(time.Duration(1+try) * time.Minute)
				<-time.After(500 * time.Millisecond) // many polls of both
			}})
			e := h.until(h.accept(published(1000)).ID, ledger.StateDone)
			if leads, notes, _ := h.crm.snapshot(); len(leads) != 1 || len(notes) != 1 || h.crm.count(call) != 1 {
				t.Errorf("%d leads, %d notes; %v", len(leads), len(notes), e.Timeline)
			}
		})
	}
}

// What a dead worker has left is taken up soon after a step, too.
func TestWork_aDeadWorkersFiringIsTakenUpAfterAStep(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			db, step := clockThatSteps(t, 0)
			h := newHouseOn(t, db)
			leases(3*time.Second, h.Service)
			h.login()
			h.link(1)
			e := h.accept(published(1000))
			if b, err := h.deps.Ledger.Claim(t.Context(), h.tenant.ID, 1); err != nil || len(b.Jobs) != 1 {
				t.Fatalf("%+v, %v", b, err)
			}
			h.run(h.Service)
			step(by)
			began := time.Now()
			h.until(e.ID, ledger.StateDone)
			if took := time.Since(began); took < 2*time.Second {
				t.Errorf("taken up after %s", took)
			}
		})
	}
}

// After a step back nothing waits for as long as the step: neither what was accepted before it, nor what is tried again
// later, nor what was lost and is looked for, and nothing is made twice.
func TestWork_stepBackHoldsNothingUpAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for try := range stepTries {
		t.Run(fmt.Sprint(try), func(t *testing.T) {
			t.Parallel()
			db, step := clockThatSteps(t, 0)
			h := newHouseOn(t, db)
			h.login()
			h.link(4)
			back := func() { step(-time.Duration(10+try*try) * time.Minute) } // far more than the test has patience for
			other := h.replica()
			if try%2 == 0 {
				h.run(h.Service)
				h.run(other)
			}
			lost, late := published(1000), published(1001)
			switch try % 4 {
			case 0: // lost, and the clock is set back before it is looked for
				h.crm.spoil(complexCall, fault{commit: true, cut: true, do: back})
			case 2: // the same while it is being waited for
				h.crm.spoil(complexCall, fault{status: 429, header: map[string]string{"Retry-After": "1"}, do: back})
			}
			entries := []jobs.Job{h.accept(lost), h.accept(late)}
			if try%2 == 1 { // between the acceptance and the work
				back()
				h.run(h.Service)
				h.run(other)
			}
			entries = append(entries, h.accept(published(1002)))
			for _, e := range entries {
				h.until(e.ID, ledger.StateDone)
			}
			if leads, notes, _ := h.crm.snapshot(); len(leads) != 3 || len(notes) != 3 {
				t.Errorf("%d leads, %d notes of 3", len(leads), len(notes))
			}
		})
	}
}

// What waits is hinted at as it waits, although another replica has hinted at the end of the lease meanwhile.
func TestHints_ofWhatWaitsAreNotPutOffToTheLeasesEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.link(1)
	stop := h.run(h.Service)
	h.crm.spoil(complexCall, fault{status: 429, header: map[string]string{"Retry-After": "1"}, do: func() {
		if err := h.db.ZAdd(t.Context(), hintKey, redis.Z{Score: float64(time.Now().Add(h.deps.Lease).UnixMicro()), Member: h.tenant.ID}).Err(); err != nil {
			t.Error(err)
		}
	}})
	e := h.accept(published(1000))
	h.untilWhy(e.ID, jobs.English("=slow"))
	stop()
	if score := h.db.ZScore(t.Context(), hintKey, h.tenant.ID).Val(); time.Until(time.UnixMicro(int64(score))) > 10*time.Second {
		t.Errorf("it is to be looked at in %s", time.Until(time.UnixMicro(int64(score))))
	}
}

// A hint that is lost together with a step back is found by the sweep.
func TestSweep_findsWhatAStepBackHasPutFarAway(t *testing.T) {
	t.Parallel()
	db, step := clockThatSteps(t, 0)
	h := newHouseOn(t, db)
	h.login()
	h.link(1)
	e := h.accept(published(1000))
	step(-24 * time.Hour)
	if err := h.db.Del(t.Context(), hintKey).Err(); err != nil {
		t.Fatal(err)
	}
	other := h.replica() // which was not woken
	h.run(other)
	for other.queue.Clock().Latest().IsZero() {
		<-time.After(time.Millisecond)
	}
	if err := other.queue.SweepAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.until(e.ID, ledger.StateDone)
}
