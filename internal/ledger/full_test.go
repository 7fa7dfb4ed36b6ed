package ledger

import (
	"testing"

	"github.com/sidecard/sidecard/internal/store"
)

// A full Redis takes no new firing, and none of it by halves; what a worker has done is stored even then.
func TestLedger_fullRedisRefusesFiringsAndNotesWhatWasDone(t *testing.T) {
	t.Parallel()
	l := ownLedger(t)
	ctx := t.Context()
	mustAccept(t, l, firing(1, "before"), "k1")
	working := mustClaim(t, l, 50)
	if err := l.db.ConfigSet(ctx, "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	before := l.db.DBSize(ctx).Val()
	_, _, err := l.Accept(ctx, "t1", firing(2, "during"), "k2")
	if err == nil || l.db.DBSize(ctx).Val() != before {
		t.Errorf("accepted in a full Redis: %v, %d keys, before %d", err, l.db.DBSize(ctx).Val(), before)
	}
	working[0].Steps.LeadID = 5
	if err := l.Record(ctx, working[0], "deal made"); err != nil {
		t.Errorf("the deal is not noted: %v", err)
	}
	if err := l.Finish(ctx, working[0], outcome{State: StateDone}); err != nil {
		t.Errorf("its end is not noted: %v", err)
	}
	if err := l.db.ConfigSet(ctx, "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	e, err := l.Get(ctx, "t1", working[0].ID)
	if err != nil || e.State != StateDone || e.Steps.LeadID != 5 {
		t.Errorf("%+v, %v", e, err)
	}
	if _, existed, err := l.Accept(ctx, "t1", firing(2, "during"), "k2"); err != nil || existed {
		t.Errorf("with room again: existed %v, %v", existed, err)
	}
}

// ownLedger is on a Redis of its own, which may be filled.
func ownLedger(t *testing.T) bench {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return bench{typed: typed{newLedger(db, realLease)}, db: db}
}
