package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// visitStep is how many entries visit reads at once.
const visitStep = 200

func (l *Ledger) visit(ctx context.Context, tenantID string, visit func(Entry) error) error {
	seen := map[string]bool{}
	for at := int64(0); ; at += visitStep {
		ids, err := l.rdb.ZRevRange(ctx, prefix(tenantID)+":index", at, at+visitStep-1).Result()
		if err != nil {
			return fmt.Errorf("list firings: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		fresh := slices.DeleteFunc(ids, func(id string) bool { return seen[id] }) // new ones push the others down
		found, err := l.load(ctx, tenantID, fresh, true)
		if err != nil {
			return fmt.Errorf("read firings: %w", err)
		}
		for _, e := range found {
			seen[e.ID] = true
			if err := visit(e); err != nil {
				return err
			}
		}
	}
}

// ARGV: id, what follows own: in the keys of what is the entry's. What a worker still does for the entry is not stored any more: his claim is lost.
var eraseScript = sweepScript(`
local id = ARGV[1]
local f = call('HMGET', key(id), 'state', 'ticket')
if not f[1] then return 0 end
call('ZREM', p .. ':due', id)
leave(id, f[2])
forget(id, f[1])
call('HDEL', p .. ':open', id)
for i = 2, #ARGV do
  if call('GET', p .. ':own:' .. ARGV[i]) == id then call('DEL', p .. ':own:' .. ARGV[i]) end
end
if call('GET', p .. ':loop:' .. f[2]) == id then call('DEL', p .. ':loop:' .. f[2]) end
call('ZREM', p .. ':f:' .. f[2], id)
call('ZREM', p .. ':t:' .. f[2], id)
return 1
`)

// erase removes one entry; false: it was not there.
func (l *Ledger) erase(ctx context.Context, e Entry) (bool, error) {
	st := e.Steps
	n, err := l.run(ctx, eraseScript, e.Tenant, e.ID, st.LeadID, fmt.Sprint("note:", st.NoteID), fmt.Sprint("task:", st.TaskID)).Int()
	if err != nil {
		return false, fmt.Errorf("erase firing: %w", err)
	}
	return n == 1, nil
}

// Visit calls visit with every entry of a tenant and its timeline, newest first. Entries accepted meanwhile may be left out.
func (s *Service) Visit(ctx context.Context, tenantID string, visit func(Entry) error) error {
	return s.ledger.visit(ctx, tenantID, visit)
}

// Erase removes entries of one tenant and everything that leads to them, and says how many there were. An unfinished one
// makes no deal any more, unless its deal was under way to the CRM.
func (s *Service) Erase(ctx context.Context, tenantID string, entries []Entry) (removed int, err error) {
	gone := map[string]bool{}
	for _, e := range entries {
		found, err := s.ledger.erase(ctx, e)
		if err != nil {
			return removed, err
		}
		if found {
			removed++
		}
		gone[e.ID] = true
	}
	if len(gone) == 0 {
		return 0, nil
	}
	err = s.DB.Walk(ctx, prefix(tenantID)+":k:*", func(keys []string) error {
		for _, key := range keys { // repeats are recognised by what a firing held
			id, err := s.DB.Get(ctx, key).Result()
			if err == nil && gone[id] {
				err = s.DB.Del(ctx, key).Err()
			}
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("erase firing: %w", err)
	}
	return removed, nil
}
