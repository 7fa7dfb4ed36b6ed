package ledger

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// manyTenants are tenants t0, t1, …
type manyTenants int

func (m manyTenants) Each(_ context.Context, visit func(string) error) error {
	for i := range int(m) {
		if err := visit(fmt.Sprintf("t%d", i)); err != nil {
			return err
		}
	}
	return nil
}

func TestTotals_areOverAllTenants(t *testing.T) {
	l := memoryLedger(t)
	tenants := manyTenants(2*totalsStep + 7)
	if got, err := l.Totals(t.Context(), tenants.Each); err != nil || len(got) != 4 || got[StateAccepted] != (Total{}) {
		t.Errorf("empty: %v, %v", got, err)
	}
	first := mustAccept(t, l, firing(1, "x"), "")
	if got := mustClaim(t, l, 1); len(got) != 1 {
		t.Fatal("nothing claimed")
	} else if err := l.Finish(t.Context(), got[0], outcome{State: StateFailed, Why: "no"}); err != nil {
		t.Fatal(err)
	}
	l.pass(time.Minute)
	var second Entry
	for _, id := range []string{"t0", "t150", "t206", "stranger"} {
		e, _, err := l.Accept(t.Context(), id, firing(1, "x"), "")
		if err != nil {
			t.Fatal(err)
		}
		if second.ID == "" {
			second = e
		}
		l.pass(time.Minute)
	}
	got, err := l.Totals(t.Context(), tenants.Each)
	if err != nil {
		t.Fatal(err)
	}
	if w := got[StateAccepted]; w.Count != 3 || !w.Oldest.Equal(second.CreatedAt) {
		t.Errorf("accepted %+v, want 3 since %s", w, second.CreatedAt)
	}
	if w := got[StateFailed]; w.Count != 1 || !w.Oldest.Equal(first.CreatedAt) {
		t.Errorf("failed %+v, want 1 since %s", w, first.CreatedAt)
	}
}
