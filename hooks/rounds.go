package hooks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/store"
)

// The watchdog of every replica takes tenants whose turn it is and checks them side by side. Taking one sets its next turn,
// so no two replicas check the same, a crash costs a tenant one turn, and a replica that hangs holds nobody up.
const (
	checkEvery   = 10 * time.Minute
	checksAtOnce = 16               // in one replica; each holds a few KiB and a connection
	checkTime    = 10 * time.Second // of one tenant
	hungFor      = time.Hour        // a tenant whose amoCRM does not answer leaves its place to others
	restFor      = 30 * time.Second // when nobody is due
	listBatch    = 500
	listApart    = 60 * time.Millisecond // first turns: ten thousand of them fill checkEvery
)

// due orders the tenants by their next turn, in Unix seconds.
var due = store.Shared("hooks", "due")

// takeDue answers up to ARGV[2] members due by ARGV[1] and sets their next turns to ARGV[3] and on. When it runs twice for
// one caller (an answer was cut off), the first ones miss a turn.
var takeDue = redis.NewScript(`
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for i, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[2 + i], id) end
return ids`)

// watch checks what is due, now and whenever something is.
func (s *Service) watch() {
	for s.ctx.Err() == nil {
		if err := s.sweep(s.ctx); err != nil && s.ctx.Err() == nil {
			s.Log.Warn("hooks not checked", "error", err)
		}
		timer := time.NewTimer(jitter(restFor))
		select {
		case <-s.ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// sweep checks the tenants that are due until none is left, and returns when the last check has ended.
func (s *Service) sweep(ctx context.Context) error {
	var checks errgroup.Group
	checks.SetLimit(checksAtOnce)
	err := s.checkDue(ctx, &checks)
	_ = checks.Wait() // checks log their errors
	return err
}

func (s *Service) checkDue(ctx context.Context, checks *errgroup.Group) error {
	for ctx.Err() == nil {
		if err := s.list(ctx); err != nil {
			return err
		}
		ids, err := s.take(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids { // waits while all places are taken, so that few are taken and not yet begun
			checks.Go(func() error { s.checkOne(id, false); return nil })
		}
	}
	return ctx.Err()
}

// take returns tenants whose turn it is; it is theirs alone who got them.
func (s *Service) take(ctx context.Context) ([]string, error) {
	args := []any{s.Now().Unix(), checksAtOnce}
	for range checksAtOnce {
		args = append(args, s.Now().Add(jitter(checkEvery)).Unix())
	}
	ids, err := takeDue.Run(ctx, s.DB, []string{due}, args...).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("take hooks to check: %w", err)
	}
	return ids, nil
}

// list plans a first turn of every connected tenant that has none (after a login while Redis was away, or a restored backup),
// once in a while and in one replica.
func (s *Service) list(ctx context.Context) error {
	mine, err := s.DB.SetNX(ctx, store.Shared("hooks", "list"), "1", checkEvery).Result()
	if err != nil {
		return fmt.Errorf("list hooks: %w", err)
	}
	if !mine {
		return nil
	}
	var batch []redis.Z
	add := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := s.DB.ZAddNX(ctx, due, batch...).Err(); err != nil {
			return fmt.Errorf("list hooks: %w", err)
		}
		batch = batch[:0]
		return nil
	}
	first := s.Now()
	err = s.Tenants.Each(ctx, func(id string) error {
		batch = append(batch, redis.Z{Score: float64(first.Unix()), Member: id})
		first = first.Add(listApart)
		if len(batch) < listBatch {
			return nil
		}
		return add()
	})
	if err != nil {
		return err
	}
	return add()
}

func (s *Service) plan(ctx context.Context, tenantID string, at time.Time) error {
	if err := s.DB.ZAdd(ctx, due, redis.Z{Score: float64(at.Unix()), Member: tenantID}).Err(); err != nil {
		return fmt.Errorf("plan check of hook: %w", err)
	}
	return nil
}

// checkOne checks a tenant within checkTime.
func (s *Service) checkOne(tenantID string, anew bool) {
	ctx, cancel := context.WithTimeout(s.ctx, s.CheckTime)
	defer cancel()
	err := s.check(ctx, tenantID, anew)
	if err == nil || s.ctx.Err() != nil {
		return
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		later := redis.Z{Score: float64(s.Now().Add(jitter(hungFor)).Unix()), Member: tenantID}
		err = errors.Join(err, s.DB.ZAddXX(s.ctx, due, later).Err()) // none for who was forgotten meanwhile
	}
	s.Log.Warn("hook not checked", "tenant", tenantID, "error", err)
}

// jitter spreads a pause by a fifth each way, so that tenants and replicas don't march in step.
func jitter(d time.Duration) time.Duration { return d - d/5 + rand.N(2*d/5) }
