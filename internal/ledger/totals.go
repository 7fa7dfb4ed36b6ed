package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

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
	var some []string
	err := each(ctx, func(id string) error {
		if some = append(some, id); len(some) < totalsStep {
			return nil
		}
		err := l.addTotals(ctx, some, sum)
		some = some[:0]
		return err
	})
	if err == nil && len(some) > 0 {
		err = l.addTotals(ctx, some, sum)
	}
	if err != nil {
		return nil, fmt.Errorf("count all runs: %w", err)
	}
	return sum, nil
}

// addTotals adds the jobs of some tenants to sum.
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
