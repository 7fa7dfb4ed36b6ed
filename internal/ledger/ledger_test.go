package ledger

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLedger runs the same promises on the in-process Redis and on a real one.
func TestLedger(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) bench{"memory": memoryLedger, "redis-server": realLedger} {
		t.Run(name, func(t *testing.T) {
			for _, c := range conformance {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, open(t))
				})
			}
		})
	}
}

var conformance = []struct {
	name string
	run  func(t *testing.T, l bench)
}{
	{"a repeat is the same entry for 24 hours", func(t *testing.T, l bench) {
		a := mustAccept(t, l, firing(1, "x"), "k")
		b, existed, err := l.Accept(t.Context(), "t1", firing(1, "x"), "k")
		if err != nil || !existed || b.ID != a.ID || b.State != StateAccepted {
			t.Errorf("got %+v, existed %v, %v", b, existed, err)
		}
		other, existed, err := l.Accept(t.Context(), "t2", firing(1, "x"), "k")
		if err != nil || existed || other.ID == a.ID {
			t.Errorf("another tenant's firing was taken for the same: %v %v", existed, err)
		}
	}},
	{"accepting fifty times at once makes one entry", func(t *testing.T, l bench) {
		var wg sync.WaitGroup
		got := make([]string, 50)
		for i := range got {
			wg.Go(func() {
				e, _, err := l.Accept(context.WithoutCancel(t.Context()), "t1", firing(1, "x"), "k")
				if err != nil {
					t.Error(err)
				}
				got[i] = e.ID
			})
		}
		wg.Wait()
		if slices.Sort(got); got[0] != got[49] || len(mustClaim(t, l, 50)) != 1 {
			t.Errorf("ids %v", slices.Compact(got))
		}
	}},
	{"what was accepted comes back from Get and Claim", func(t *testing.T, l bench) {
		a := mustAccept(t, l, firing(7, "x"), "")
		got, err := l.Get(t.Context(), "t1", a.ID)
		if err != nil || got.Request.TicketID != 7 || got.State != StateAccepted || got.DueAt.IsZero() ||
			len(got.Timeline) != 1 || got.Timeline[0].Text != textAccepted {
			t.Errorf("%+v, %v", got, err)
		}
		c := mustClaim(t, l, 50)
		if len(c) != 1 || c[0].Request.Comment != "a secret remark" || c[0].Attempts != 1 || c[0].State != StateWorking {
			t.Errorf("%+v", c)
		}
		if again := mustClaim(t, l, 50); len(again) != 0 {
			t.Errorf("claimed twice: %v", ids(again))
		}
	}},
	{"another tenant's or a made-up id is not found", func(t *testing.T, l bench) {
		a := mustAccept(t, l, firing(7, "x"), "")
		for tenant, id := range map[string]string{"t2": a.ID, "t1": strings.Repeat("0", idLen), "": "x", "t3": "*"} {
			if _, err := l.Get(t.Context(), tenant, id); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s/%s: %v", tenant, id, err)
			}
		}
	}},
	{"a crashed worker's entries come back and it can change nothing any more", func(t *testing.T, l bench) {
		mustAccept(t, l, firing(1, "x"), "")
		late := mustClaim(t, l, 50)[0]
		late.Steps.LeadID = 5
		if err := l.Record(t.Context(), late, "lead 5"); err != nil {
			t.Fatal(err)
		}
		l.pass(l.kind.Lease + time.Millisecond)
		now := mustClaim(t, l, 50)
		if len(now) != 1 || now[0].Steps.LeadID != 5 || now[0].Attempts != 2 {
			t.Fatalf("%+v", now)
		}
		late.Steps.LeadID = 6
		if err := l.Record(t.Context(), late, ""); !errors.Is(err, ErrClaimLost) {
			t.Errorf("late record: %v", err)
		}
		if err := l.Finish(t.Context(), late, outcome{State: StateDone}); !errors.Is(err, ErrClaimLost) {
			t.Errorf("late end: %v", err)
		}
		if got, err := l.Get(t.Context(), "t1", late.ID); err != nil || got.Steps.LeadID != 5 || got.State != StateWorking {
			t.Errorf("%+v, %v", got, err)
		}
	}},
	{"a renewed claim is not given away", func(t *testing.T, l bench) {
		mustAccept(t, l, firing(1, "x"), "")
		e := mustClaim(t, l, 50)[0]
		l.pass(l.kind.Lease * 3 / 4)
		if err := l.Renew(t.Context(), "t1", e.claim, []string{e.ID}); err != nil {
			t.Fatal(err)
		}
		l.pass(l.kind.Lease / 2)
		if got := mustClaim(t, l, 50); len(got) != 0 {
			t.Error("given away")
		}
		if err := l.Finish(t.Context(), e, outcome{State: StateDone}); err != nil {
			t.Error(err)
		}
	}},
	{"postponing waits its time and uses up no attempt", func(t *testing.T, l bench) {
		mustAccept(t, l, firing(1, "x"), "")
		e := mustClaim(t, l, 50)[0]
		if err := l.Finish(t.Context(), e, outcome{State: StateAccepted, After: l.kind.Lease, Why: "CRM is down"}); err != nil {
			t.Fatal(err)
		}
		if got := mustClaim(t, l, 50); len(got) != 0 {
			t.Error("too early")
		}
		if due, ok, err := l.Next(t.Context(), "t1"); err != nil || !ok || due.IsZero() {
			t.Errorf("next %v %v %v", due, ok, err)
		}
		l.pass(l.kind.Lease + time.Millisecond)
		got := mustClaim(t, l, 50)
		if len(got) != 1 || got[0].Attempts != 1 || got[0].Waits != 1 || got[0].Why != "CRM is down" {
			t.Errorf("%+v", got)
		}
	}},
	{"held entries wait for the release and come in order", func(t *testing.T, l bench) {
		var want []string
		for i := range 120 {
			want = append(want, mustAccept(t, l, firing(int64(i%7+1), "x"), "").ID)
		}
		for round := 0; round < 4; round++ {
			for _, e := range mustClaim(t, l, 50) {
				if err := l.Finish(t.Context(), e, outcome{State: StateHeld, Why: "log in"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if c, err := l.Counts(t.Context(), "t1"); err != nil || c != (Counts{Held: 120}) {
			t.Errorf("%+v, %v", c, err)
		}
		l.pass(3 * l.kind.Lease)
		if got := mustClaim(t, l, 50); len(got) != 0 {
			t.Error("held entries were claimed")
		}
		if n, err := l.Resume(t.Context(), "t1"); err != nil || n != 120 {
			t.Errorf("released %d, %v", n, err)
		}
		var got []string
		for len(got) < 120 {
			c := mustClaim(t, l, 50)
			if len(c) == 0 {
				t.Fatalf("only %d came back", len(got))
			}
			for _, e := range c {
				got = append(got, e.ID)
				if err := l.Finish(t.Context(), e, outcome{State: StateDone}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !slices.Equal(want, got) {
			t.Error("not in the order of acceptance")
		}
	}},
	{"a login between claim and hold is not missed", func(t *testing.T, l bench) {
		mustAccept(t, l, firing(1, "x"), "")
		e := mustClaim(t, l, 50)[0]
		if _, err := l.Resume(t.Context(), "t1"); err != nil {
			t.Fatal(err)
		}
		if err := l.Finish(t.Context(), e, outcome{State: StateHeld, Why: "log in"}); err != nil {
			t.Fatal(err)
		}
		if got := mustClaim(t, l, 50); len(got) != 1 {
			t.Error("the entry is held although the login is done")
		}
	}},
	{"a later firing of a ticket waits for the earlier one", func(t *testing.T, l bench) {
		first := mustAccept(t, l, firing(1, "a"), "")
		second := mustAccept(t, l, firing(1, "b"), "")
		other := mustAccept(t, l, firing(2, "c"), "")
		c := mustClaim(t, l, 1)
		if len(c) != 1 || c[0].ID != first.ID {
			t.Fatalf("%v", ids(c))
		}
		if got := mustClaim(t, l, 50); !slices.Equal(ids(got), []string{other.ID}) {
			t.Fatalf("got %v, want only the other ticket's", ids(got))
		}
		if err := l.Finish(t.Context(), c[0], outcome{State: StateFailed, Why: "refused"}); err != nil {
			t.Fatal(err)
		}
		if got := mustClaim(t, l, 50); !slices.Equal(ids(got), []string{second.ID}) {
			t.Errorf("got %v; the next must be due as soon as the first has ended", ids(got))
		}
	}},
	{"behind a held firing of its ticket one is held too", func(t *testing.T, l bench) {
		mustAccept(t, l, firing(1, "a"), "")
		if err := l.Finish(t.Context(), mustClaim(t, l, 1)[0], outcome{State: StateHeld, Why: whyNoLogin}); err != nil {
			t.Fatal(err)
		}
		second := mustAccept(t, l, firing(1, "b"), "")
		if got := mustClaim(t, l, 50); len(got) != 0 {
			t.Errorf("got %v", ids(got))
		}
		if e, err := l.Get(t.Context(), "t1", second.ID); err != nil || e.State != StateHeld || e.Why != whyNoLogin {
			t.Errorf("%+v, %v", e, err)
		}
		if n, err := l.Resume(t.Context(), "t1"); err != nil || n != 2 || len(mustClaim(t, l, 50)) != 2 {
			t.Errorf("released %d, %v", n, err)
		}
	}},
	{"what the CRM refused is kept with its reasons", func(t *testing.T, l bench) {
		mustAccept(t, l, firing(1, "a"), "")
		e := mustClaim(t, l, 1)[0]
		why := []Problem{{Path: "fields.status_id", Code: "NotSupportedChoice", Detail: "no", Key: "k", Params: map[string]string{"a": "b"}}}
		if err := l.Finish(t.Context(), e, outcome{State: StateFailed, Why: "refused", Problems: why}); err != nil {
			t.Fatal(err)
		}
		page, err := l.Inbox(t.Context(), "t1", query{State: StateFailed})
		list := page.Jobs
		if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0].Problems, why) || list[0].Why != "refused" || !list[0].DueAt.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		l.pass(time.Second)
		if got := mustClaim(t, l, 1); len(got) != 0 {
			t.Error("tried again")
		}
	}},
	{"requests are sealed", func(t *testing.T, l bench) {
		e := mustAccept(t, l, firing(1, "a"), "")
		all, err := l.db.HGetAll(t.Context(), l.jobKey("t1", e.ID)).Result()
		if err != nil || strings.Contains(fmt.Sprint(all), "secret remark") {
			t.Errorf("%v, %v", all, err)
		}
	}},
}

func TestLedger_refusesMoreThanCanWait(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	full := make([]any, 0, 2*kind.MaxWaiting)
	for i := range kind.MaxWaiting {
		full = append(full, i+1<<50, fmt.Sprint("x", i))
	}
	for len(full) > 0 {
		args := append([]any{"ZADD", l.prefix("t1") + ":due"}, full[:2000]...)
		if err := l.db.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
		full = full[2000:]
	}
	if _, _, err := l.Accept(t.Context(), "t1", firing(1, "a"), ""); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
}
