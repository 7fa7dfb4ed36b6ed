package rules

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
)

// after gives every pipeline of a client something to do when its answer is there.
type after func(cmds []redis.Cmder)

func (after) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (after) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (do after) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		do(cmds)
		return err
	}
}

// A worker that sleeps between making sure of its entries and sending them may wake up when they are another's.
func TestWork_whoSleptThroughItsLeaseSendsNothing(t *testing.T) {
	t.Parallel()
	for step, call := range map[string]string{"=sending_deal": complexCall, "=sending_note": notesCall} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.link(1)
			e := h.accept(published(1000))
			slow := h.replica()
			slow.deps.Lease = 300 * time.Millisecond
			var asleep atomic.Bool
			asleep.Store(true)
			h.db.AddHook(after(func(cmds []redis.Cmder) {
				if asleep.Load() && strings.Contains(fmt.Sprint(cmds[0].Args()), step) {
					<-time.After(slow.deps.Lease)
				}
			}))
			b, err := h.deps.Ledger.Claim(t.Context(), h.tenant.ID, 1)
			if err != nil {
				t.Fatal(err)
			}
			slow.worker.Handle(t.Context(), t.Context(), h.tenant.ID, b, time.Now())
			if n := h.crm.count(call); n != 0 {
				t.Errorf("%d calls of a worker that has slept", n)
			}
			asleep.Store(false)
			h.run(h.Service)
			got := h.until(e.ID, ledger.StateDone)
			if leads, notes, _ := h.crm.snapshot(); len(leads) != 1 || len(notes) != 1 || got.Attempts != 1 {
				t.Errorf("%d leads, %d notes, %+v", len(leads), len(notes), got)
			}
		})
	}
}

// What is sent apart because the CRM refused it together may have become another worker's meanwhile.
func TestWork_partsOfARefusedBatchAreSentByTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	for _, call := range []string{complexCall, notesCall} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.link(2)
			entries := []jobs.Job{h.accept(published(1000)), h.accept(published(1001))}
			h.crm.spoil(call, fault{status: 400, body: `{"title":"Bad Request","status":400}`, do: func() {
				for _, e := range entries {
					if err := h.db.HSet(t.Context(), entryKey(h.tenant.ID, e.ID), "claim", "another").Err(); err != nil {
						t.Error(err)
					}
				}
			}})
			h.oneHaul()
			if n := h.crm.count(call); n != 1 {
				t.Errorf("%d calls, want none after the first", n)
			}
		})
	}
}

// A refused batch is sent in halves. When the first half's outcome is not known, the second one must not overtake it on
// a ticket that both have.
func TestWork_halvesOfABatchKeepTheOrderOfATicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.link(2)
	h.crm.spoil(complexCall, fault{status: 400, body: `{"title":"Bad Request","status":400}`}, fault{cut: true})
	var entries []jobs.Job
	for i, ticket := range []int64{1000, 1001, 1000} {
		r := published(ticket)
		r.Fields.Name = fmt.Sprint("deal ", i)
		entries = append(entries, h.accept(r))
	}
	h.run(h.Service)
	var leads []int64
	for _, e := range entries {
		leads = append(leads, h.until(e.ID, ledger.StateDone).Steps.LeadID)
	}
	if made, _, _ := h.crm.snapshot(); len(made) != 3 || leads[0] > leads[2] {
		t.Errorf("%d leads, the ticket's first one is %d and its second one %d", len(made), leads[0], leads[2])
	}
}

// A CRM that is slow makes the deal after we have given up waiting for its answer.
func TestWork_writeThatIsDoneAfterWeGaveItUpIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	for step, call := range map[string]string{"deal": complexCall, "note": notesCall} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.link(1)
			slow := h.replica()
			slow.deps.Lease, slow.deps.LookSlow = 6*time.Second, patience // the write has four of them to get there
			givenUp := make(chan struct{})
			finish := sync.OnceFunc(func() { close(givenUp) })
			defer finish()
			h.crm.spoil(call, fault{commit: true, cut: true, before: func() { <-givenUp }})
			h.run(slow)
			e := h.accept(published(1000))
			h.untilWhy(e.ID, "not known yet")
			// A look or two has to find nothing before the CRM is done.
			for began, looks := time.Now(), 0; looks < 3; {
				if looks = 0; time.Since(began) > patience/2 {
					t.Fatal("it is not looked for")
				}
				for _, l := range h.get(e.ID).Timeline {
					if l.Text == ledger.Reason("="+step+"_looked") {
						looks += max(l.Times, 1)
					}
				}
				<-time.After(5 * time.Millisecond)
				if n := h.crm.count(call); n != 1 {
					t.Fatalf("sent %d times while the CRM was at it", n)
				}
			}
			finish()
			got := h.until(e.ID, ledger.StateDone)
			if leads, notes, _ := h.crm.snapshot(); len(leads) != 1 || len(notes) != 1 || h.crm.count(call) != 1 {
				t.Errorf("%d leads, %d notes, %+v", len(leads), len(notes), got.Steps)
			}
		})
	}
}

// Beside a lost deal the account may have got more deals than one page of them shows; the deal of a new contact is found
// by the contact.
func TestWork_lostDealOfANewContactIsFoundInABusyAccount(t *testing.T) {
	t.Parallel()
	const page = 250 // deals of one
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.crm.spoil(complexCall, fault{commit: true, cut: true})
	var once sync.Once
	h.crm.hook(func(int64) {
		once.Do(func() {
			h.crm.mu.Lock()
			defer h.crm.mu.Unlock()
			other := h.crm.id()
			for range page {
				h.crm.leads = append(h.crm.leads, obj{"id": h.crm.id(), "name": "walk-in", "created_at": time.Now().Unix(),
					"_embedded": obj{"contacts": arr{obj{"id": other, "is_main": true}}}})
			}
		})
	})
	h.run(h.Service)
	e := h.until(h.accept(published(101)).ID, ledger.StateDone)
	leads, notes, contacts := h.crm.snapshot()
	if len(leads) != page+1 || len(notes) != 1 || len(contacts) != 1 || e.Steps.LeadID != leads[0]["id"] {
		t.Errorf("%d leads beside %d others, %d notes, %d contacts, %+v", len(leads)-page, page, len(notes), len(contacts), e.Steps)
	}
}

// An unpaid account is asked ever more seldom, although each time it takes all reads and a note of the intent.
func TestWork_unpaidAccountIsAskedEverMoreSeldom(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.link(1)
	e := h.accept(published(1000))
	unpaid := fault{status: 402, body: `{"title":"Payment Required"}`}
	h.crm.spoil(complexCall, unpaid, unpaid, unpaid)
	for want := 1; want <= 3; want++ {
		h.oneHaul()
		got := h.get(e.ID)
		if got.State != ledger.StateAccepted || got.Waits != want || got.Attempts != 0 {
			t.Fatalf("%s (%s), %d waits in a row, want %d", got.State, got.Why, got.Waits, want)
		}
		if err := h.db.ZAdd(t.Context(), prefix(h.tenant.ID)+":due", zNow(e.ID)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	h.oneHaul()
	if got := h.get(e.ID); got.State != ledger.StateDone {
		t.Errorf("%s (%s)", got.State, got.Why)
	}
}
