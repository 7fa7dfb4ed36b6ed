package ledger

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Records are the jobs as people look at them and change them.
type Records[P, S, R any] struct{ *stored[P, S, R] }

// Get returns one job with its timeline, or ErrNotFound.
func (l *Records[P, S, R]) Get(ctx context.Context, tenantID, id string) (Job[P, S, R], error) {
	return l.get(ctx, tenantID, id)
}

// Counts counts a tenant's jobs; done ones of the last seven days, failed and dropped ones of the last ninety. It is
// cheap: every card asks for it.
func (l *Records[P, S, R]) Counts(ctx context.Context, tenantID string) (Counts, error) {
	now, err := l.db.Time(ctx).Result()
	if err != nil {
		return Counts{}, fmt.Errorf("count runs: %w", err)
	}
	var c Counts
	into := map[State]*int{StateAccepted: &c.Accepted, StateWorking: &c.Working, StateHeld: &c.Held, StateFailed: &c.Failed,
		StateDone: &c.Done, StateDropped: &c.Dropped}
	labelled := map[Label]*int{LabelRemarks: &c.Remarks, LabelRefused: &c.Refused}
	n := map[*int]*redis.IntCmd{}
	_, err = l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		count := func(to *int, set string, life time.Duration) {
			from := "-inf"
			if life > 0 {
				from = "(" + strconv.FormatInt(now.Add(-life).UnixMilli(), 10)
			}
			n[to] = p.ZCount(ctx, l.prefix(tenantID)+set, from, "+inf")
		}
		for s, to := range into {
			count(to, ":s:"+string(s), l.keepFor(s))
		}
		for label, to := range labelled {
			count(to, ":m:"+string(label), l.keepFor(label.state()))
		}
		count(&c.RemarksToday, ":m:"+string(LabelRemarks), 24*time.Hour)
		return nil
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count runs: %w", err)
	}
	for to, counted := range n {
		*to = int(counted.Val())
	}
	return c, nil
}

// keepFor is how long finished jobs are kept.
func (l *stored[P, S, R]) keepFor(s State) time.Duration {
	switch s {
	case StateDone:
		return l.kind.KeepDone
	case StateFailed, StateDropped:
		return l.kind.KeepFailed
	}
	return 0
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
	if err != nil {
		return nil, fmt.Errorf("read runs of a ticket: %w", err)
	}
	return slices.DeleteFunc(found, func(j Job[P, S, R]) bool { return j.Order != order }), nil // it was edited since
}
