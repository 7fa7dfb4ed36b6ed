package ledger

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestLedger_finishedEntriesEndWithTheirPlaceInTheSets(t *testing.T) {
	t.Parallel()
	for to, keep := range map[State]time.Duration{StateDone: kind.KeepDone, StateFailed: kind.KeepFailed, StateDropped: kind.KeepFailed} {
		t.Run(string(to), func(t *testing.T) {
			l := memoryLedger(t)
			first := to
			if to == StateDropped {
				first = StateFailed
			}
			e := settled(t, l, first, Steps{})
			if to == StateDropped {
				if err := l.Drop(t.Context(), "t1", e.ID, "no"); err != nil {
					t.Fatal(err)
				}
			}
			l.pass(keep - time.Minute)
			if p, err := l.Inbox(t.Context(), "t1", query{State: to}); err != nil || len(p.Jobs) != 1 {
				t.Fatalf("before its time: %+v, %v", p, err)
			}
			l.pass(2 * time.Minute)
			if c, err := l.Counts(t.Context(), "t1"); err != nil || c != (Counts{}) {
				t.Errorf("%+v, %v", c, err)
			}
			if p, err := l.Inbox(t.Context(), "t1", query{}); err != nil || len(p.Jobs) != 0 {
				t.Errorf("%+v, %v", p, err)
			}
			if _, err := l.Get(t.Context(), "t1", e.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("got %v", err)
			}
			if left := l.db.Exists(t.Context(), l.prefix("t1")+":index", l.prefix("t1")+":s:"+string(to)).Val(); left != 0 {
				t.Errorf("%d sets still name it", left)
			}
		})
	}
}

// Beyond 10,000 finished entries the oldest done ones go, never one by which a repeat is recognised, never a failed one.
func TestLedger_tooManyFinishedOnesAreTrimmedAndCounted(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	fail := failed(t, l, Steps{})
	old := settled(t, l, StateDone, Steps{})
	l.pass(25 * time.Hour)
	recent := settled(t, l, StateDone, Steps{})
	fill := []any{"ZADD", l.prefix("t1") + ":s:done"}
	for i := range kind.MaxFinished - 2 {
		fill = append(fill, time.Now().Add(24*time.Hour).UnixMilli(), fmt.Sprint("x", i))
	}
	if err := l.db.Do(t.Context(), fill...).Err(); err != nil {
		t.Fatal(err)
	}
	p, err := l.Inbox(t.Context(), "t1", query{})
	if err != nil || p.Trimmed.Count != 1 || p.Trimmed.Since.IsZero() {
		t.Errorf("%+v, %v", p.Trimmed, err)
	}
	if _, err := l.Get(t.Context(), "t1", old.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the oldest is still there: %v", err)
	}
	for _, e := range []Entry{fail, recent} {
		get(t, l, e.ID)
	}
	again := settled(t, l, StateDone, Steps{}) // one more, and nothing is old enough to go
	get(t, l, again.ID)
	get(t, l, recent.ID)
	if c, err := l.Counts(t.Context(), "t1"); err != nil || c.Done != kind.MaxFinished || c.Failed != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestLedger_aLoopIsStoppedWithOneLine(t *testing.T) {
	t.Parallel()
	l := memoryLedger(t)
	fire := func(ticket int64, n int, idem string) (Entry, bool) {
		t.Helper()
		e, existed, err := l.Accept(t.Context(), "t1", firing(ticket, fmt.Sprint(n)), idem)
		if err != nil {
			t.Fatal(err)
		}
		return e, existed
	}
	for i := range kind.MaxRepeats {
		if e, existed := fire(1, i, fmt.Sprint(i)); existed || e.State != StateAccepted {
			t.Fatalf("%d: %s", i, e.State)
		}
		l.pass(time.Minute)
	}
	if _, existed := fire(1, 0, "0"); !existed {
		t.Error("a repeat is new")
	}
	line, existed := fire(1, 20, "20")
	if existed || line.State != StateFailed || line.Why != whyLoop || !line.DueAt.IsZero() || line.Repeats != 0 {
		t.Fatalf("the 21st: %+v, existed %v", line, existed)
	}
	for i := range 3 {
		idem := fmt.Sprint("more", i)
		if e, existed := fire(1, 21+i, idem); !existed || e.ID != line.ID || e.Repeats != i+1 || e.State != StateFailed {
			t.Errorf("%+v, existed %v", e, existed)
		}
		if e, existed := fire(1, 21+i, idem); !existed || e.ID != line.ID || e.Repeats != i+1 {
			t.Errorf("a repeat was counted: %+v, existed %v", e, existed)
		}
	}
	if e, _ := fire(2, 0, ""); e.State != StateAccepted {
		t.Error("another ticket was stopped")
	}
	if c, err := l.Counts(t.Context(), "t1"); err != nil || c.Failed != 1 || c.Accepted != kind.MaxRepeats+1 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := l.Retry(t.Context(), "t1", line.ID); err != nil {
		t.Error(err)
	}
	next, existed := fire(1, 99, "")
	if existed || next.ID == line.ID || next.State != StateFailed {
		t.Errorf("after the line was retried: %+v, existed %v", next, existed)
	}
	if err := l.Drop(t.Context(), "t1", next.ID, "the rule is mended"); err != nil {
		t.Error(err)
	}
	if e, existed := fire(1, 100, ""); !existed || e.ID != next.ID || e.Repeats != 1 || e.State != StateDropped {
		t.Errorf("after the line was dropped: %+v", e)
	}
	l.pass(kind.RepeatsFor + time.Second)
	if e, existed := fire(1, 101, ""); existed || e.State != StateAccepted {
		t.Errorf("an hour later: %+v", e)
	}
}
