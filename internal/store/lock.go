package store

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// lockTake answers 0 when the lock is ours, else the milliseconds until it ends by itself. It may run twice for one caller:
// the client sends a command again when the answer was cut off. A lock that lives longer than it was taken for has outlived
// its holder by a step back of Redis' clock.
var lockTake = redis.NewScript(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left < 1 then return 1 end
if left > tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return left`)

var lockRenew = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`)

var deleteIf = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// DeleteIf removes a key only while it holds the value.
func (db *DB) DeleteIf(ctx context.Context, key, value string) error {
	return deleteIf.Run(ctx, db, []string{key}, value).Err()
}

// How often a held lock is asked for: often enough for a person, seldom enough for Redis. Spread by chance, so that
// replicas don't march in step.
const (
	lockPollLeast = 15 * time.Millisecond
	maxLockPoll   = 80 * time.Millisecond
)

// Lock waits until key is free or ctx ends, and holds it, renewed, until unlock. ttl is how long a crashed holder blocks
// the others; it should exceed a few network timeouts.
//
// The lock may fail (Redis failover, a pause longer than ttl): it saves work, it is no fence. Holders look again after they
// got it and compare when they write. unlock may be called more than once.
func (db *DB) Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), err error) {
	give, err := db.queue.take(ctx, "lock:"+key)
	if err != nil {
		return nil, err
	}
	token := rand.Text()
	poll := lockPollLeast
	for {
		left, err := lockTake.Run(ctx, db, []string{key}, token, ttl.Milliseconds()).Int64()
		if err != nil {
			db.lockRelease(key, token) // it may have been taken before the answer was lost
			give()
			return nil, err
		}
		if left == 0 {
			break
		}
		wait := poll/2 + mathrand.N(poll)
		if err := sleep(ctx, min(wait, time.Duration(left+5)*time.Millisecond)); err != nil {
			give()
			return nil, err
		}
		poll = min(poll*3/2, maxLockPoll)
	}

	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		db.lockKeep(key, token, ttl, stop)
	}()
	return sync.OnceFunc(func() {
		close(stop)
		<-stopped
		db.lockRelease(key, token)
		give()
	}), nil
}

// lockKeep renews until stop; when the lock is lost nevertheless it says so and ends.
func (db *DB) lockKeep(key, token string, ttl time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(ttl / 3)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), ttl/3)
		held, err := lockRenew.Run(ctx, db, []string{key}, token, ttl.Milliseconds()).Int64()
		cancel()
		if err != nil {
			db.log.Warn("lock not renewed", "key", key, "error", err)
		} else if held == 0 {
			db.log.Warn("lock lost while held", "key", key)
			return
		}
	}
}

func (db *DB) lockRelease(key, token string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := db.DeleteIf(ctx, key, token); err != nil {
		db.log.Warn("lock not released, it ends by itself", "key", key, "error", err)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// localQueue lets the goroutines of this process queue for a name, first come first served, so that only the head of each
// queue asks Redis.
type localQueue struct {
	mu    sync.Mutex
	names map[string]*place
}

type place struct {
	free    chan struct{} // holds one token while it is free
	holders int           // waiting or holding
}

func newLocalQueue() *localQueue { return &localQueue{names: map[string]*place{}} }

// take waits until name is free; give must be called once.
func (t *localQueue) take(ctx context.Context, name string) (give func(), err error) {
	t.mu.Lock()
	queue := t.names[name]
	if queue == nil {
		queue = &place{free: make(chan struct{}, 1)}
		queue.free <- struct{}{}
		t.names[name] = queue
	}
	queue.holders++
	t.mu.Unlock()

	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if queue.holders--; queue.holders == 0 {
			delete(t.names, name)
		}
	}
	select {
	case <-queue.free:
		return func() {
			queue.free <- struct{}{}
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
