package ledger

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A replica of an older version leaves firings of a newer form to those that know it, and works off its own meanwhile.
func TestLedger_newerFormIsLeftAlone(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	ctx := t.Context()
	newer, own := mustAccept(t, l, firing(1, "newer"), ""), mustAccept(t, l, firing(2, "own"), "")
	if err := l.db.HSet(ctx, l.jobKey("t1", newer.ID), "v", schema+1, "request", "in another form").Err(); err != nil {
		t.Fatal(err)
	}
	if err := l.db.HSet(ctx, l.jobKey("t1", own.ID), "of_a_newer_version", "kept").Err(); err != nil {
		t.Fatal(err)
	}
	claimed := mustClaim(t, l, 50)
	if len(claimed) != 1 || claimed[0].ID != own.ID {
		t.Fatalf("claimed %v, want the own one %s only", ids(claimed), own.ID)
	}
	if state := l.db.HGet(ctx, l.jobKey("t1", newer.ID), "state").Val(); state != string(StateAccepted) {
		t.Errorf("the newer one is %s", state)
	}
	if due, ok, err := l.Next(ctx, "t1"); err != nil || !ok || time.Until(due) > 2*time.Second {
		t.Errorf("the newer one is due %s, %v, %v; want within a second or so", due, ok, err)
	}
	if _, err := l.Get(ctx, "t1", newer.ID); !errors.Is(err, ErrNewer) {
		t.Errorf("asked for it: %v, want ErrNewer", err)
	}
	page, err := l.Inbox(ctx, "t1", query{})
	list := page.Jobs
	if err != nil || len(list) != 1 || list[0].ID != own.ID {
		t.Errorf("listed %v, %v", ids(list), err)
	}
	if err := l.Finish(ctx, claimed[0], outcome{State: StateDone}); err != nil {
		t.Fatal(err)
	}
	if kept := l.db.HGet(ctx, l.jobKey("t1", own.ID), "of_a_newer_version").Val(); kept != "kept" {
		t.Error("a field that this version does not know is lost")
	}
}

// Failed firings of a newer form are passed over, however many there are.
func TestRetryAll_passesOverWhatANewerVersionLeft(t *testing.T) {
	t.Parallel()
	l := realLedger(t)
	ctx := t.Context()
	for i := range restartStep {
		e := settledOn(t, l, int64(100+i), StateFailed, Steps{})
		if err := l.db.HSet(ctx, l.jobKey("t1", e.ID), "v", schema+1, "request", "in another form").Err(); err != nil {
			t.Fatal(err)
		}
	}
	l.pass(time.Millisecond)
	own := failed(t, l, Steps{})
	within, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if n, err := l.RestartAll(within, "t1"); err != nil || n != 1 {
		t.Errorf("started %d, %v", n, err)
	}
	if got := get(t, l, own.ID); got.State != StateAccepted {
		t.Errorf("our own is %s", got.State)
	}
}
