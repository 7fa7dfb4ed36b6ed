package rules

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
)

// Leases: the real one has to outlive a slow machine.
const (
	testLease = 200 * time.Millisecond
	realLease = 3 * time.Second
)

// bench is a ledger with a way to let its clock run.
type bench struct {
	*jobs.Ledger
	db   *store.DB
	pass func(time.Duration)
}

func memoryLedger(t testing.TB) bench {
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
	return bench{jobs.NewLedger(db, testLease), db, func(d time.Duration) {
		now = now.Add(d)
		m.SetTime(now)
		m.FastForward(d)
	}}
}

func realLedger(t testing.TB) bench {
	t.Helper()
	db := server.open(t)
	return bench{jobs.NewLedger(db, realLease), db, func(d time.Duration) {
		time.Sleep(d + 2*time.Millisecond) // a real server's clock can't be moved
	}}
}

func prefix(tenantID string) string       { return store.Key(tenantID, "fire") }
func entryKey(tenantID, id string) string { return prefix(tenantID) + ":e:" + id }

func firing(ticket int64, name string) request.Request {
	return request.Request{TicketID: ticket, Fields: request.LeadFields{Name: name}, Comment: "a secret remark"}
}

// hintKey is where dispatch keeps which tenants have due work.
var hintKey = store.Shared("fire", "due")

// hinted reports whether one tenant, and no other, has a hint that is due.
func hinted(t testing.TB, db *store.DB, tenantID string) bool {
	t.Helper()
	now, err := db.Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	due, err := db.ZRangeByScore(t.Context(), hintKey, &redis.ZRangeBy{Min: "0", Max: strconv.FormatInt(now.UnixMicro(), 10)}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return len(due) == 1 && due[0] == tenantID
}

// accept stores a request as a job that is not refused.
func (l bench) accept(ctx context.Context, r request.Request, idem string) (jobs.Job, bool, error) {
	return l.Accept(ctx, "t1", jobs.Offer{Request: r, Repeat: idem})
}

func mustAccept(t testing.TB, l bench, r request.Request, idem string) jobs.Job {
	t.Helper()
	e, existed, err := l.accept(t.Context(), r, idem)
	if err != nil || existed {
		t.Fatalf("accept: existed %v, %v", existed, err)
	}
	return e
}

func mustClaim(t testing.TB, l bench, n int) []jobs.Job {
	t.Helper()
	b, err := l.Claim(t.Context(), "t1", n)
	if err != nil {
		t.Fatal(err)
	}
	return b.Jobs
}

// failed is a job that has failed with these steps.
func failed(t testing.TB, l bench, steps jobs.Steps) jobs.Job {
	t.Helper()
	mustAccept(t, l, firing(1, "x"), "")
	e := mustClaim(t, l, 1)[0]
	e.Steps = steps
	if err := l.Finish(t.Context(), e, jobs.Outcome{State: ledger.StateFailed, Why: "refused", Problems: []request.Problem{{Path: "fields"}}}); err != nil {
		t.Fatal(err)
	}
	return get(t, l, e.ID)
}

func get(t testing.TB, l bench, id string) jobs.Job {
	t.Helper()
	e, err := l.Get(t.Context(), "t1", id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
