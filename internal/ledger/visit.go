package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/sidecard/sidecard/internal/store"
)

// visitStep is how many jobs Visit reads at once.
const visitStep = 200

// Visit calls visit with every job of a tenant and its timeline, newest first. Jobs accepted meanwhile may be left out.
func (l *Records[P, S, R]) Visit(ctx context.Context, tenantID string, visit func(Job[P, S, R]) error) error {
	seen := map[string]bool{}
	for at := int64(0); ; at += visitStep {
		ids, err := l.db.ZRevRange(ctx, l.prefix(tenantID)+":index", at, at+visitStep-1).Result()
		if err != nil {
			return fmt.Errorf("list runs: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		fresh := slices.DeleteFunc(ids, func(id string) bool { return seen[id] }) // new ones push the others down
		found, err := l.load(ctx, tenantID, fresh, true)
		if err != nil {
			return fmt.Errorf("read runs: %w", err)
		}
		for _, e := range found {
			seen[e.ID] = true
			if err := visit(e); err != nil {
				return err
			}
		}
	}
}

// Erase removes jobs of one tenant and everything that leads to them, and returns how many there were. What a worker still does
// for one is not stored any more: its claim is lost.
func (l *Records[P, S, R]) Erase(ctx context.Context, tenantID string, jobs []Job[P, S, R]) (removed int, err error) {
	gone := map[string]bool{}
	for _, j := range jobs {
		args := []any{j.ID}
		for _, object := range l.kind.Objects(j.Steps) {
			args = append(args, object)
		}
		n, err := l.run(ctx, l.scripts.erase, tenantID, args...).Int()
		if err != nil {
			return removed, fmt.Errorf("erase run: %w", err)
		}
		removed += n
		gone[j.ID] = true
	}
	if len(gone) == 0 {
		return 0, nil
	}
	err = l.db.Walk(ctx, l.prefix(tenantID)+":k:*", func(keys []string) error {
		for _, key := range keys { // repeats are recognised by what a job held
			id, _, err := store.Found(l.db.Get(ctx, key).Result())
			if err == nil && gone[id] {
				err = l.db.Del(ctx, key).Err()
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return removed, store.Wrap("erase run", err)
}

// Move takes the jobs of a tenant over to another one: what waits becomes due there, what has failed lies there, each with its
// id, steps and timeline. What is done or dropped stays. No worker may work for from meanwhile. repeat is what recognises a
// request there. It may be repeated after an error. moved is how many.
func (l *Records[P, S, R]) Move(ctx context.Context, from, into string, repeat func(P) (string, error)) (moved int, err error) {
	var all []Job[P, S, R]
	err = l.Visit(ctx, from, func(j Job[P, S, R]) error {
		if j.State != StateDone && j.State != StateDropped {
			all = append(all, j)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(all, func(a, b Job[P, S, R]) int { return int(a.seq - b.seq) }) // their order stays
	for _, j := range all {
		if err := l.put(ctx, j, into, repeat); err != nil {
			return 0, err
		}
	}
	// Only now: whatever breaks off before leaves them in both, and the next Move puts none a second time.
	return l.Erase(ctx, from, all)
}

// put stores a copy of an unfinished or failed job with a tenant, unless that one has it.
func (l *Records[P, S, R]) put(ctx context.Context, j Job[P, S, R], into string, repeat func(P) (string, error)) error {
	request, err := l.sealRequest(into, j.ID, j.Request)
	if err != nil {
		return err
	}
	steps, problems, err := l.sealResult(into, j.ID, j.Steps, j.Problems)
	if err != nil {
		return err
	}
	idem, err := repeat(j.Request)
	if err != nil {
		return err
	}
	state := StateAccepted
	if j.State == StateFailed {
		state = StateFailed
	}
	args := []any{j.ID, j.Order, request, string(state), l.sealWhy(into, j.ID, j.Why), steps, problems,
		j.CreatedAt.UnixMilli(), j.Repeats, idem, string(textMoved), j.cut, string(j.Label)}
	for _, line := range j.Timeline {
		if line.LeftOut == 0 {
			args = append(args, l.storedLine(into, j.ID, line))
		}
	}
	return l.run(ctx, l.scripts.put, into, args...).Err()
}
