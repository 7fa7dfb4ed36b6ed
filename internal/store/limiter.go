package store

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Priority decides who may use the last slots.
type Priority int

const (
	// Interactive is for requests that a person waits for; it may use every slot.
	Interactive Priority = iota
	// Background leaves two slots to Interactive.
	Background
	// Spare is for what nobody waits for: it leaves two more slots to Background.
	Spare
)

const (
	slotWindow  = 1005 * time.Millisecond // a second, and a little for servers that count in whole milliseconds
	slotCrash   = 31 * time.Second        // end of a slot whose holder never reported: longer than any request plus the second
	slotGone    = 10 * time.Second        // a question is not longer on its way to Redis
	slotReserve = 2
	slotJitter  = 12 * time.Millisecond
	maxPause    = 10 * time.Minute
	pauseEver   = maxPause + time.Minute // no pause is longer, with what is added by chance
)

// Limiter lets at most limit requests a second reach one server, counted over all replicas.
//
// It is a sliding log. A slot is occupied from its grant until one second after its answer: wherever between those two the
// request arrived at the server, no other request in the same slot arrives within a second of it. So no sliding second at
// the server holds more than limit arrivals, whatever the network does. Its price: the rate is limit / (1 s + latency).
type Limiter struct {
	db    *DB
	name  string
	slots string
	gone  string
	pause string
	limit int
	prio  Priority
}

// Limiter returns the limiter called name, shared by everybody with the same name on this Redis. limit must be the same for
// all of them.
func (db *DB) Limiter(name string, limit int, p Priority) *Limiter {
	tag := "{" + name + "}"
	return &Limiter{db: db, name: name, slots: Shared("pace", tag), gone: Shared("pace", tag, "gone"), pause: Shared("pace", tag, "pause"),
		limit: max(limit, 1), prio: p}
}

// takeSlot answers {0} with the slot taken, else {milliseconds to wait, 1 when paused}. A slot in flight is free a second
// from now at the earliest, so no wait is longer than that and none is in vain. It may run twice for one caller. What ends
// later than anything can is of before a step back of Redis' clock: a slot then ends in a second, a pause is over.
var takeSlot = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
if redis.call('ZSCORE', KEYS[1], ARGV[2]) or redis.call('ZSCORE', KEYS[3], ARGV[2]) then return {0, 0} end
local pause = tonumber(string.match(redis.call('GET', KEYS[2]) or '0', '^%d+'))
if pause > now and pause - now < ARGV[5] * 1000 then return {math.ceil((pause - now) / 1000), 1} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
for _, late in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + ARGV[3] * 1000), '+inf')) do
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[4] * 1000), late)
end
local n = redis.call('ZCARD', KEYS[1])
local limit = tonumber(ARGV[1])
if n < limit then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3] * 1000), ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {0, 0}
end
local ends = redis.call('ZRANGE', KEYS[1], n - limit, n - limit, 'WITHSCORES')
local wait = math.ceil((tonumber(ends[2]) - now) / 1000)
if wait > tonumber(ARGV[4]) then wait = tonumber(ARGV[4]) end
return {wait, 0}`)

// endSlot moves a slot's end to ARGV[2] ms from now. With 0 its caller has given up before anything was sent, and the slot
// is free at once; when there is none, the question may still be on its way, so it is remembered that nobody waits for it.
var endSlot = redis.NewScript(`
local t = redis.call('TIME')
local now, after = t[1] * 1000000 + t[2], tonumber(ARGV[2])
if after > 0 then
  if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + after * 1000), ARGV[1])
  end
elseif redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[3] * 1000), ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
return 1`)

// pauseAll stops everybody until now + ARGV[1] ms, never shortening a longer pause. Without a time from the server
// (ARGV[1] = 0) it doubles from one second with every strike in a minute. Answers the pause in ms.
var pauseAll = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local ms = tonumber(ARGV[1])
local old = redis.call('GET', KEYS[1])
local till = 0
local strikes = 0
if old then
  till, strikes = string.match(old, '^(%d+) (%d+)$')
  till, strikes = tonumber(till), tonumber(strikes)
end
if ms == 0 then
  if till > now then return math.ceil((till - now) / 1000) end
  ms = 1000 * 2 ^ math.min(strikes, 5)
  strikes = strikes + 1
  ms = ms + tonumber(ARGV[2]) * ms / 1000
end
local new = now + ms * 1000
if new < till then new = till end
redis.call('SET', KEYS[1], string.format('%.0f %d', new, strikes), 'PX', string.format('%.0f', (new - now) / 1000 + 60000))
return math.ceil((new - now) / 1000)`)

// Busy means that no slot can be free before the caller's deadline. It unwraps to context.DeadlineExceeded.
type Busy struct {
	Name   string
	Wait   time.Duration // at least this long
	Paused bool          // the server had asked for a pause
}

func (b *Busy) Error() string {
	why := "all slots are taken"
	if b.Paused {
		why = "the server asked for a pause"
	}
	return fmt.Sprintf("pace of %s: %s for another %s", b.Name, why, b.Wait.Round(time.Millisecond))
}

// Unwrap makes Busy a missed deadline.
func (b *Busy) Unwrap() error { return context.DeadlineExceeded }

// Wait blocks until a request may go. done must be called when its answer has arrived or it has failed; it may be called
// more than once. When ctx's deadline comes before the next slot can be free, Wait says so at once with *Busy.
func (p *Limiter) Wait(ctx context.Context) (done func(), err error) {
	start := time.Now()
	defer func() { p.db.metrics.waited(p.prio, time.Since(start), err) }()
	// One of this process asks Redis at a time; the others queue behind it in order.
	give, err := p.db.queue.take(ctx, fmt.Sprintf("pace:%d:%s", p.prio, p.name))
	if err != nil {
		return nil, fmt.Errorf("wait for a slot of %s: %w", p.name, err)
	}
	defer give()
	allowed := p.limit
	allowed = max(allowed-slotReserve*int(p.prio), 1)
	id := rand.Text()
	for {
		got, err := takeSlot.Run(ctx, p.db, []string{p.slots, p.pause, p.gone},
			allowed, id, slotCrash.Milliseconds(), slotWindow.Milliseconds(), pauseEver.Milliseconds()).Int64Slice()
		if err != nil {
			p.finish(id, 0) // the slot may be ours; nothing was sent in it
			return nil, fmt.Errorf("wait for a slot of %s: %w", p.name, err)
		}
		if got[0] == 0 {
			return sync.OnceFunc(func() { p.finish(id, slotWindow) }), nil
		}
		wait := max(time.Duration(got[0])*time.Millisecond, 10*time.Millisecond)
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
			return nil, &Busy{Name: p.name, Wait: wait, Paused: got[1] == 1}
		}
		if err := sleep(ctx, wait+mathrand.N(slotJitter)); err != nil {
			return nil, fmt.Errorf("wait for a slot of %s: %w", p.name, err)
		}
	}
}

// finish lets a slot end after the given time. When Redis does not hear it, the slot ends by itself after slotCrash.
func (p *Limiter) finish(id string, after time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := endSlot.Run(ctx, p.db, []string{p.slots, p.gone}, id, after.Milliseconds(), slotGone.Milliseconds()).Err(); err != nil {
		p.db.log.WarnContext(ctx, "slot not given back, it ends by itself", "pace", p.name, "error", err)
	}
}

// Penalty pauses everybody on this limiter because the server said that it was too much. retryAfterSeconds is what the server
// named, at most ten minutes are kept; 0 or less when it named nothing: then one second, doubled with every further
// penalty within a minute, up to 32, plus a little by chance.
func (p *Limiter) Penalty(ctx context.Context, retryAfterSeconds int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	named := time.Duration(min(max(retryAfterSeconds, 0), int(maxPause/time.Second))) * time.Second
	paused, err := pauseAll.Run(ctx, p.db, []string{p.pause}, named.Milliseconds(), mathrand.IntN(250)).Int64()
	if err != nil {
		p.db.log.ErrorContext(ctx, "pause not shared", "pace", p.name, "error", err)
		return
	}
	p.db.log.WarnContext(ctx, "paused", "pace", p.name, "for", time.Duration(paused)*time.Millisecond)
}
