package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// Records are the jobs as people look at them and change them.
type Records[P, S, R any] struct{ *stored[P, S, R] }

// Counts counts a tenant's jobs; done ones of the last seven days, failed and dropped ones of the last ninety. It is
// cheap: every card asks for it.
func (l *Records[P, S, R]) Counts(ctx context.Context, tenantID string) (Counts, error) {
	now, err := l.db.Time(ctx).Result()
	if err != nil {
		return Counts{}, fmt.Errorf("count runs: %w", err)
	}
	var c Counts
	counted := []struct {
		to   *int
		set  string
		keep time.Duration // what is older counts no more
	}{
		{&c.Accepted, ":s:accepted", 0}, {&c.Working, ":s:working", 0}, {&c.Held, ":s:held", 0},
		{&c.Failed, ":s:failed", l.kind.KeepFailed}, {&c.Done, ":s:done", l.kind.KeepDone}, {&c.Dropped, ":s:dropped", l.kind.KeepFailed},
		{&c.Remarks, ":m:remarks", l.kind.KeepDone}, {&c.Refused, ":m:refused", l.kind.KeepFailed}, {&c.RemarksToday, ":m:remarks", 24 * time.Hour},
	}
	answers, err := l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, x := range counted {
			from := "-inf"
			if x.keep > 0 {
				from = "(" + strconv.FormatInt(now.Add(-x.keep).UnixMilli(), 10)
			}
			p.ZCount(ctx, l.prefix(tenantID)+x.set, from, "+inf")
		}
		return nil
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count runs: %w", err)
	}
	for i, x := range counted {
		*x.to = int(answers[i].(*redis.IntCmd).Val())
	}
	return c, nil
}

// Trimmed says how many done jobs were removed before their time because there were too many, and since when.
type Trimmed struct {
	Count int
	Since time.Time
}

// trim removes what is too old or too much, and says what was removed before its time so far.
func (l *Records[P, S, R]) trim(ctx context.Context, tenantID string) (Trimmed, error) {
	n, err := l.run(ctx, l.scripts.trim, tenantID).Int64Slice()
	if err != nil {
		return Trimmed{}, fmt.Errorf("trim runs: %w", err)
	}
	if n[0] == 0 {
		return Trimmed{}, nil
	}
	return Trimmed{Count: int(n[0]), Since: time.UnixMilli(n[1]).UTC()}, nil
}

// OfOrder returns the newest jobs of an order, newest first, without timelines.
func (l *Records[P, S, R]) OfOrder(ctx context.Context, tenantID, order string) ([]Job[P, S, R], error) {
	ids, err := l.db.ZRevRange(ctx, l.prefix(tenantID)+":t:"+order, 0, int64(l.kind.MaxRecent)-1).Result()
	if err != nil {
		return nil, fmt.Errorf("list runs of a ticket: %w", err)
	}
	found, err := l.load(ctx, tenantID, ids, false)
	found = slices.DeleteFunc(found, func(j Job[P, S, R]) bool { return j.Order != order }) // it was edited since
	return found, store.Wrap("read runs of a ticket", err)
}

// totalsStep is how many tenants are counted in one round trip.
const totalsStep = 100

// Total is how many jobs of all tenants are in a state, and when the first of them was accepted: of the one that is next
// in its tenant's order, which is the oldest but for postponed ones. Oldest is zero when there are none.
type Total struct {
	Count  int
	Oldest time.Time
}

// Totals counts what is unfinished or failed over all tenants that each visits: accepted, working, held and failed jobs. It
// costs two round trips for a hundred tenants, so ask now and then only.
func (l *Records[P, S, R]) Totals(ctx context.Context, each func(context.Context, func(id string) error) error) (map[State]Total, error) {
	sum := map[State]Total{StateAccepted: {}, StateWorking: {}, StateHeld: {}, StateFailed: {}}
	err := store.InBatches(totalsStep, func(add func(string) error) error { return each(ctx, add) },
		func(some []string) error { return l.addTotals(ctx, some, sum) })
	return sum, store.Wrap("count all runs", err)
}

func (l *Records[P, S, R]) addTotals(ctx context.Context, tenants []string, sum map[State]Total) error {
	type part struct {
		tenant string
		state  State
		count  *redis.IntCmd
		head   *redis.StringSliceCmd
	}
	var parts []part
	_, err := l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range tenants {
			for state := range sum {
				set := l.prefix(id) + ":s:" + string(state)
				parts = append(parts, part{id, state, p.ZCard(ctx, set), p.ZRange(ctx, set, 0, 0)})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	created := map[State][]*redis.StringCmd{}
	_, err = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, x := range parts {
			t := sum[x.state]
			t.Count += int(x.count.Val())
			sum[x.state] = t
			if head := x.head.Val(); len(head) == 1 {
				created[x.state] = append(created[x.state], p.HGet(ctx, l.jobKey(x.tenant, head[0]), "created"))
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) { // a job may have gone meanwhile
		return err
	}
	for state, all := range created {
		t := sum[state]
		for _, c := range all {
			ms, err := strconv.ParseInt(c.Val(), 10, 64)
			if at := time.UnixMilli(ms); err == nil && (t.Oldest.IsZero() || at.Before(t.Oldest)) {
				t.Oldest = at
			}
		}
		sum[state] = t
	}
	return nil
}

// Due is what a tenant has to do.
type Due struct {
	Next time.Time // when the next job is due, zero for none
	Held int
}

// Look returns what some tenants have to do, in one round trip and in their order. behind adds further commands to it, whose errors
// are for who added them; it may be nil.
func (l *Queue[P, S, R]) Look(ctx context.Context, tenants []string, behind func(redis.Pipeliner)) ([]Due, error) {
	next, held := make([]*redis.ZSliceCmd, len(tenants)), make([]*redis.IntCmd, len(tenants))
	// The pipeline's own error is the first of any command; each command's is looked at below.
	_, _ = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range tenants {
			next[i] = p.ZRangeWithScores(ctx, l.prefix(id)+":due", 0, 0)
			held[i] = p.ZCard(ctx, l.prefix(id)+":s:"+string(StateHeld))
		}
		if behind != nil {
			behind(p)
		}
		return nil
	})
	due := make([]Due, len(tenants))
	for i := range tenants {
		if err := errors.Join(next[i].Err(), held[i].Err()); err != nil {
			return nil, fmt.Errorf("look for due runs: %w", err)
		}
		due[i].Held = int(held[i].Val())
		if z := next[i].Val(); len(z) > 0 {
			due[i].Next = time.UnixMilli(int64(z[0].Score))
		}
	}
	return due, nil
}
