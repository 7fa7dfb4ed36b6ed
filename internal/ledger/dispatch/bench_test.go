package dispatch

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
)

const patience = 2 * time.Minute // for what a slow machine does in time

type (
	queue = Dispatcher[int64, string, string]
	offer = ledger.Offer[int64, string, string]
)

// bench is a dispatcher of jobs that are numbers, ordered by themselves, with a way to let its clock run.
type bench struct {
	*queue
	db   *store.DB
	pass func(time.Duration)
}

// newBench returns a bench without a handler; all are its tenants.
func newBench(db *store.DB, pass func(time.Duration), all ...string) bench {
	kind := ledger.Kind[int64, string]{
		Name: "fire", Order: func(n int64) string { return strconv.FormatInt(n, 10) }, Objects: func(string) []string { return nil },
		Lease: 3 * time.Second, RepeatFor: time.Hour, KeepDone: time.Hour, KeepFailed: time.Hour, KeepObjects: time.Hour,
		MaxBatch: 50, MaxWaiting: 20_000, MaxFinished: 1000, MaxRefused: 1000, MaxRecent: 20, MaxRepeats: 20, RepeatsFor: time.Hour,
	}
	each := func(_ context.Context, visit func(string) error) error {
		for _, id := range all {
			if err := visit(id); err != nil {
				return err
			}
		}
		return nil
	}
	return bench{New(Config[int64, string, string]{DB: db, Ledger: ledger.New[int64, string, string](db, kind), Name: kind.Name, Each: each,
		Log: slog.New(slog.DiscardHandler)}), db, pass}
}

func memoryBench(t testing.TB, all ...string) bench {
	t.Helper()
	m := miniredis.RunT(t)
	now := time.Now()
	m.SetTime(now)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + m.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return newBench(db, func(d time.Duration) {
		now = now.Add(d)
		m.SetTime(now)
		m.FastForward(d)
	}, all...)
}

func (b bench) mustAccept(t testing.TB, tenant string, n int64) ledger.Job[int64, string, string] {
	t.Helper()
	j, existed, err := b.Accept(t.Context(), tenant, offer{Request: n})
	if err != nil || existed {
		t.Fatalf("existed %v, %v", existed, err)
	}
	return j
}

func (b bench) hinted(t testing.TB, want ...string) {
	t.Helper()
	if due, err := b.hints.due(t.Context(), 5); err != nil || !slices.Equal(due, want) {
		t.Errorf("hints %v, want %v, %v", due, want, err)
	}
}
