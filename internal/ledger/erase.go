package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
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
			id, err := l.db.Get(ctx, key).Result()
			if err == nil && gone[id] {
				err = l.db.Del(ctx, key).Err()
			}
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("erase run: %w", err)
	}
	return removed, nil
}
