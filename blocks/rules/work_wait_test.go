package rules

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/ledger"
)

func TestWork_neverConnectedIsHeldUntilTheLogin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connected = func(ctx context.Context, id string) {
		if _, err := h.Resume(ctx, id); err != nil {
			t.Error(err)
		}
	}
	h.deps.Lease = 6 * time.Second
	h.deps.Ledger = jobs.NewLedger(h.db, h.deps.Lease) // who stands behind a job that is held is looked at when that one's lease ends
	h.run(h.Service)
	var entries []jobs.Job
	for i := range 6 {
		ticket := int64(101 + i%2)
		h.desk.add(ticket, ticket, "Ann", fmt.Sprintf("+7999000000%d", i%2))
		r := published(ticket)
		r.Fields.Name, r.Comment = fmt.Sprint("deal ", i), ""
		entries = append(entries, h.accept(r))
	}
	for _, e := range entries {
		if got := h.until(e.ID, ledger.StateHeld); !contains(jobs.English(got.Why), "log in") || got.Attempts != 0 {
			t.Errorf("%+v", got)
		}
	}
	if c, err := h.Counts(t.Context(), h.tenant.ID); err != nil || c.Held != 6 {
		t.Errorf("%+v %v", c, err)
	}
	h.login()
	for _, e := range entries {
		h.until(e.ID, ledger.StateDone)
	}
	leads, _, _ := h.crm.snapshot()
	last := map[any]string{}
	for _, l := range leads {
		contact := fmt.Sprint(l["_embedded"])
		if name := l["name"].(string); name < last[contact] {
			t.Errorf("%q came after %q", name, last[contact])
		}
		last[contact] = l["name"].(string)
	}
	if len(leads) != 6 {
		t.Errorf("%d leads of 6", len(leads))
	}
}

func TestWork_deadGrantHoldsAndTheSweepReleases(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	if err := h.grants.Drop(t.Context(), h.tenant.ID, "revoked"); err != nil {
		t.Fatal(err)
	}
	h.run(h.Service)
	e := h.accept(published(101))
	h.until(e.ID, ledger.StateHeld)
	h.login() // nothing is called after it
	if err := h.queue.SweepAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.until(e.ID, ledger.StateDone)
}

func TestWork_lostHintIsHealedByTheSweep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	e := h.accept(published(101))
	if err := h.db.Del(t.Context(), hintKey).Err(); err != nil {
		t.Fatal(err)
	}
	other := h.replica() // which was not woken
	other.queue.Sweep = 50 * time.Millisecond
	h.run(other)
	h.until(e.ID, ledger.StateDone)
}

func TestWork_anotherReplicaTakesWhatOneAccepted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.run(h.replica())
	h.until(h.accept(published(101)).ID, ledger.StateDone)
}

func TestWork_waitingUsesUpNoAttempt(t *testing.T) {
	t.Parallel()
	const complex = "POST /leads/complex"
	cases := []struct {
		name, why string
		fault     fault
	}{
		{"rate limit", "slow down", fault{status: 429, header: map[string]string{"Retry-After": "1"}}},
		{"tariff ended", "tariff", fault{status: 402, body: `{"title":"Payment Required"}`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.desk.add(101, 55, "Ann", "+79990000001")
			h.crm.spoil(complex, c.fault)
			h.run(h.Service)
			e := h.accept(published(101))
			got := h.untilWhy(e.ID, c.why)
			if got.Attempts != 0 || got.Waits != 1 || !got.DueAt.After(time.Now()) || got.Steps.LeadIntent != nil {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestWork_helpdeskRefusesTheTokenThenTakesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.desk.fail(&usedesk.Error{Kind: usedesk.KindRefused})
	h.run(h.Service)
	e := h.accept(published(101))
	got := h.untilWhy(e.ID, "helpdesk refuses the API token")
	if got.Attempts != 0 || h.crm.count("POST /leads/complex") != 0 {
		t.Errorf("%+v", got)
	}
	h.desk.fail(nil)
	if err := h.db.ZAdd(t.Context(), prefix(h.tenant.ID)+":due", zNow(e.ID)).Err(); err != nil {
		t.Fatal(err)
	}
	h.queue.Restarted(t.Context(), h.tenant.ID, "")
	h.until(e.ID, ledger.StateDone)
}

func TestWork_whatHindersAllIsTriedByFew(t *testing.T) {
	t.Parallel()
	const complex = "POST /leads/complex"
	h := newHouse(t)
	h.login()
	slow := fault{status: 429, header: map[string]string{"Retry-After": "60"}}
	h.crm.spoil(complex, slow, slow, slow, slow, slow, slow, slow, slow, slow, slow, slow, slow)
	var entries []jobs.Job
	for i := range 20 {
		ticket := int64(100 + i)
		h.desk.add(ticket, ticket, "Ann", "")
		entries = append(entries, h.accept(published(ticket)))
	}
	h.run(h.Service)
	for _, e := range entries {
		if got := h.untilWhy(e.ID, "slow down"); got.Attempts != 0 {
			t.Errorf("%+v", got)
		}
	}
	if n := h.crm.count(complex); n > 2 {
		t.Errorf("%d calls after the first 429", n)
	}
}
