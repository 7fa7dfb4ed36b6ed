package ledger

import "testing"

// A crash between the two halves leaves jobs with both tenants; the next Move mends it and makes none a second time.
func TestMove_brokenOffIsMendedByTheNext(t *testing.T) {
	t.Parallel()
	l, ctx := memoryLedger(t), t.Context()
	e := mustAccept(t, l, firing(1, "only"), "")
	if err := l.move(ctx, e, "t2"); err != nil {
		t.Fatal(err)
	}
	b, err := l.Claim(ctx, "t2", 1)
	if err != nil || len(b.Jobs) != 1 {
		t.Fatal(b, err)
	}
	if err := l.Finish(ctx, b.Jobs[0], outcome{State: StateDone}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Move(ctx, "t1", "t2", func(Request) (string, error) { return "k", nil }); err != nil {
		t.Fatal(err)
	}
	c, err := l.Counts(ctx, "t2")
	if old, _ := l.Counts(ctx, "t1"); err != nil || c.Done != 1 || c.Waiting() != 0 || old.Waiting() != 0 {
		t.Errorf("%+v, %+v, %v", c, old, err)
	}
}
