package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func init() {
	conformance = append(conformance, []struct {
		name string
		run  func(t *testing.T, l bench)
	}{
		{"a retried firing goes on from its steps, with its attempts anew, and is kept", retryGoesOn},
		{"two people who retry at once do it once", twiceAtOnce(func(l bench, id string) error { return l.Retry(context.Background(), "t1", id) })},
		{"two people who drop at once do it once", twiceAtOnce(func(l bench, id string) error { return l.Drop(context.Background(), "t1", id, "not ours") })},
		{"a retry and a drop at once: one of them", oneOfTwo},
		{"a retried firing joins behind what its ticket has waiting", retryJoinsBehind},
		{"only a failed firing can be retried", refusedIn(func(l bench, id string) error { return l.Retry(context.Background(), "t1", id) }, StateFailed)},
		{"only a firing that waits or has failed can be dropped", refusedIn(func(l bench, id string) error {
			return l.Drop(context.Background(), "t1", id, "x")
		}, StateFailed, StateHeld, StateAccepted)},
		{"only a failed or held firing can be edited", refusedIn(func(l bench, id string) error {
			_, err := l.Edit(context.Background(), "t1", id, firing(1, "new"))
			return err
		}, StateFailed, StateHeld)},
		{"another tenant can do nothing with an id", foreignID},
		{"retrying all takes what is failed now, once each", retryAll},
		{"an edited firing has the new request and ticket, sealed", editReplaces},
		{"a request that is saved as it was is retried", sameEdit},
		{"a firing that may have made a deal is not edited", editRefused},
		{"a dropped firing is out of the way and says why", dropLetsGo},
		{"a drop needs a reason of bounded length", dropNeedsReason},
		{"a chosen candidate is the deal", adoptChosen},
		{"a deal of another firing is not adopted", adoptTaken},
		{"when none is meant, the intent is gone with the candidates", makeNew},
	}...)
}

func edited(_ bool, err error) error { return err }

// failed brings a firing of ticket 1 to where a person is needed.
func failed(t *testing.T, l bench, steps Steps) Entry {
	t.Helper()
	return settled(t, l, StateFailed, steps)
}

func settled(t *testing.T, l bench, to State, steps Steps) Entry {
	t.Helper()
	return settledOn(t, l, 1, to, steps)
}

// settledOn brings a firing of a ticket that has none under way to a state.
func settledOn(t *testing.T, l bench, ticket int64, to State, steps Steps) Entry {
	t.Helper()
	a := mustAccept(t, l, firing(ticket, "x"), "")
	if to == StateAccepted {
		return a
	}
	claimed := mustClaim(t, l, 50)
	e := claimed[slices.Index(ids(claimed), a.ID)]
	e.Steps = steps
	if to == StateWorking {
		return e
	}
	if err := l.Finish(t.Context(), e, outcome{State: to, Why: "refused", Problems: []Problem{{Path: "fields"}}}); err != nil {
		t.Fatal(err)
	}
	return get(t, l, e.ID)
}

func get(t *testing.T, l bench, id string) Entry {
	t.Helper()
	e, err := l.Get(t.Context(), "t1", id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func retryGoesOn(t *testing.T, l bench) {
	intent := &Intent{At: time.Now().Truncate(time.Millisecond).UTC(), ContactID: 4}
	e := failed(t, l, Steps{ClientID: 3, LeadIntent: intent})
	if err := l.Retry(t.Context(), "t1", e.ID); err != nil {
		t.Fatal(err)
	}
	got := get(t, l, e.ID)
	if got.State != StateAccepted || got.Why != "" || got.Problems != nil || got.Attempts != 0 || got.DueAt.IsZero() ||
		got.Steps.ClientID != 3 || got.Steps.LeadIntent == nil || !got.Steps.LeadIntent.At.Equal(intent.At) {
		t.Errorf("%+v", got)
	}
	if last := got.Timeline[len(got.Timeline)-1].Text; last != textRetried {
		t.Errorf("timeline ends with %q", last)
	}
	for _, key := range []string{l.jobKey("t1", e.ID), l.lineKey("t1", e.ID)} {
		if life := l.db.TTL(t.Context(), key).Val(); life != -1 {
			t.Errorf("%s goes away in %v", key, life)
		}
	}
	if c, err := l.Counts(t.Context(), "t1"); err != nil || c != (Counts{Accepted: 1}) {
		t.Errorf("%+v, %v", c, err)
	}
	if c := mustClaim(t, l, 50); len(c) != 1 || c[0].Attempts != 1 {
		t.Errorf("claimed %+v", c)
	}
}

func twiceAtOnce(do func(l bench, id string) error) func(*testing.T, bench) {
	return func(t *testing.T, l bench) {
		e := failed(t, l, Steps{})
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() { errs[i] = do(l, e.ID) })
		}
		wg.Wait()
		did := 0
		for _, err := range errs {
			switch {
			case err == nil:
				did++
			case !errors.Is(err, ErrConflict):
				t.Error(err)
			}
		}
		if lines := len(get(t, l, e.ID).Timeline); did != 1 || lines != len(e.Timeline)+1 {
			t.Errorf("done %d times, %d lines", did, lines)
		}
	}
}

func oneOfTwo(t *testing.T, l bench) {
	for range 20 {
		e := failed(t, l, Steps{})
		var wg sync.WaitGroup
		var retried, dropped error
		wg.Go(func() { retried = l.Retry(context.Background(), "t1", e.ID) })
		wg.Go(func() { dropped = l.Drop(context.Background(), "t1", e.ID, "no") })
		wg.Wait()
		want := StateAccepted
		if retried != nil {
			want = StateDropped
		}
		got := get(t, l, e.ID)
		// A drop may follow a retry that it has seen.
		if got.State != want && !(retried == nil && dropped == nil && got.State == StateDropped) {
			t.Fatalf("%s; retry %v, drop %v", got.State, retried, dropped)
		}
		claimed := mustClaim(t, l, 50)
		if (got.State == StateDropped) != (len(claimed) == 0) {
			t.Fatalf("%s, claimed %d", got.State, len(claimed))
		}
		for _, c := range claimed {
			if err := l.Finish(t.Context(), c, outcome{State: StateDone}); err != nil {
				t.Fatal(err)
			}
		}
		l.db.Del(t.Context(), l.prefix("t1")+":f:1") // it is no loop
	}
}

func retryJoinsBehind(t *testing.T, l bench) {
	e := failed(t, l, Steps{})
	later := mustAccept(t, l, firing(1, "later"), "")
	if err := l.Retry(t.Context(), "t1", e.ID); err != nil {
		t.Fatal(err)
	}
	if got := mustClaim(t, l, 1); !slices.Equal(ids(got), []string{later.ID}) {
		t.Fatalf("claimed %v, want the one that waited", ids(got))
	}
	if got := mustClaim(t, l, 50); len(got) != 0 {
		t.Errorf("%v overtook", ids(got))
	}
}

func refusedIn(do func(l bench, id string) error, allowed ...State) func(*testing.T, bench) {
	return func(t *testing.T, l bench) {
		for _, s := range []State{StateAccepted, StateWorking, StateHeld, StateFailed, StateDone, StateDropped} {
			from := s
			if s == StateDropped {
				from = StateFailed
			}
			e := settled(t, l, from, Steps{})
			if s == StateDropped {
				if err := l.Drop(t.Context(), "t1", e.ID, "no"); err != nil {
					t.Fatal(err)
				}
			}
			err := do(l, e.ID)
			if slices.Contains(allowed, s) != (err == nil) || err != nil && !errors.Is(err, ErrConflict) {
				t.Errorf("%s: %v", s, err)
			}
			l.db.FlushDB(t.Context())
		}
	}
}

func foreignID(t *testing.T, l bench) {
	e := failed(t, l, Steps{Candidates: []Candidate{{LeadID: 7}}})
	for name, err := range map[string]error{
		"retry": l.Retry(t.Context(), "t2", e.ID), "edit": edited(l.Edit(t.Context(), "t2", e.ID, firing(1, "x"))),
		"drop": l.Drop(t.Context(), "t2", e.ID, "x"), "adopt": l.Adopt(t.Context(), "t2", e.ID, 7),
		"new": l.MakeNew(t.Context(), "t2", e.ID), "made up": l.Retry(t.Context(), "t1", strings.Repeat("0", idLen)),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := get(t, l, e.ID); got.rev != e.rev {
		t.Error("it was changed")
	}
}

func retryAll(t *testing.T, l bench) {
	const n = restartStep + 20
	for i := range n {
		mustAccept(t, l, firing(int64(i/10+1), "x"), "")
	}
	var order []string
	for len(order) < n {
		for _, e := range mustClaim(t, l, 50) {
			if err := l.Finish(t.Context(), e, outcome{State: StateFailed, Why: "no"}); err != nil {
				t.Fatal(err)
			}
			order = append(order, e.ID)
		}
	}
	gone := order[3] // its hash has expired, its place in the set not yet
	l.db.Del(t.Context(), l.jobKey("t1", gone))
	if got, err := l.RestartAll(t.Context(), "t1"); err != nil || got != n-1 {
		t.Errorf("retried %d, %v, want %d", got, err, n-1)
	}
	if c, err := l.Counts(t.Context(), "t1"); err != nil || c != (Counts{Accepted: n - 1}) {
		t.Errorf("%+v, %v", c, err)
	}
	if got, err := l.RestartAll(t.Context(), "t1"); err != nil || got != 0 {
		t.Errorf("again %d, %v", got, err)
	}
}

func dropLetsGo(t *testing.T, l bench) {
	first := mustAccept(t, l, firing(1, "a"), "k")
	second := mustAccept(t, l, firing(1, "b"), "")
	mustClaim(t, l, 1)
	if got := mustClaim(t, l, 50); len(got) != 0 { // the second one waits at the gate
		t.Fatal("overtaken")
	}
	if err := l.Finish(t.Context(), Entry{Tenant: "t1", ID: first.ID, claim: get(t, l, first.ID).claim},
		outcome{State: StateAccepted, After: time.Hour, Why: "later"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Drop(t.Context(), "t1", first.ID, "  asked twice\nby mistake "); err != nil {
		t.Fatal(err)
	}
	if got := mustClaim(t, l, 50); !slices.Equal(ids(got), []string{second.ID}) {
		t.Errorf("claimed %v, want the one that waited behind", ids(got))
	}
	got := get(t, l, first.ID)
	if got.State != StateDropped || got.Why != "asked twice\nby mistake" || !got.DueAt.IsZero() ||
		got.Timeline[len(got.Timeline)-1].Text != Because("dropped", "", got.Why) {
		t.Errorf("%+v", got)
	}
	if life := l.db.PTTL(t.Context(), l.jobKey("t1", first.ID)).Val(); life < kind.KeepFailed-time.Hour || life > kind.KeepFailed {
		t.Errorf("it goes away in %v", life)
	}
	again, existed, err := l.Accept(t.Context(), "t1", firing(1, "a"), "k")
	if err != nil || !existed || again.State != StateDropped {
		t.Errorf("a repeat of a dropped firing: %+v, existed %v, %v", again, existed, err)
	}
}

func dropNeedsReason(t *testing.T, l bench) {
	e := failed(t, l, Steps{})
	for _, reason := range []string{"", " \n\t", strings.Repeat("я", MaxReason+1)} {
		if err := l.Drop(t.Context(), "t1", e.ID, reason); !errors.Is(err, ErrReason) {
			t.Errorf("%.10q: %v", reason, err)
		}
	}
	if err := l.Drop(t.Context(), "t1", e.ID, strings.Repeat("я", MaxReason)); err != nil {
		t.Error(err)
	}
}
