package dispatch

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// hints tell which tenants have due work and since when. They are not in the tenants' slots, so a hint can get lost
// between two steps; Dispatcher.sweep heals that. Scores are Unix microseconds, so that two hints rarely look the same.
type hints struct {
	db    *store.DB
	key   string
	clock *Clock
}

// hint is one tenant's as it was seen.
type hint struct {
	tenant string
	score  float64
}

// replaceHint replaces a hint only while it is the one that was seen: a newer one must not be lost.
var replaceHint = redis.NewScript(`
local now = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not now or tonumber(now) ~= tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '' then return redis.call('ZREM', KEYS[1], ARGV[1]) end
return redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])`)

// set hints at work that is due at a time of Redis' clock.
func (h hints) set(ctx context.Context, tenantID string, at time.Time) error {
	return store.Wrap("hint at due work", h.db.ZAdd(ctx, h.key, redis.Z{Score: float64(at.UnixMicro()), Member: tenantID}).Err())
}

// noLater moves a tenant's hint to a time of Redis' clock unless it is earlier.
func (h hints) noLater(ctx context.Context, tenantID string, at time.Time) error {
	return store.Wrap("hint at due work", h.db.ZAddLT(ctx, h.key, redis.Z{Score: float64(at.UnixMicro()), Member: tenantID}).Err())
}

// hintNow is set for work that is due at once, by Redis' clock.
var hintNow = redis.NewScript(`
local t = redis.call('TIME')
return redis.call('ZADD', KEYS[1], string.format('%.0f', tonumber(t[1]) * 1000000 + tonumber(t[2])), ARGV[1])`)

// now adds to a pipeline that a tenant has work at once. A script's hash is of no use there: nobody could send the text
// after NOSCRIPT.
func (h hints) now(ctx context.Context, p redis.Pipeliner, tenantID string) *redis.Cmd {
	return hintNow.Eval(ctx, p, []string{h.key}, tenantID)
}

func (h hints) soon(ctx context.Context, tenantID string) error {
	return store.Wrap("hint at due work", hintNow.Run(ctx, h.db, []string{h.key}, tenantID).Err())
}

// dueHints reads hints by Redis' clock: the replicas' may differ. Answers what that clock says, and the tenants. Member clock
// holds what it said last, within a second, as a negative score: after a step back the hints are moved by as much.
var dueHints = redis.NewScript(`
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local last = -tonumber(redis.call('ZSCORE', KEYS[1], 'clock') or 0)
if math.abs(now - last) > 1000000 then
  if now < last then
    local all = redis.call('ZRANGEBYSCORE', KEYS[1], 0, '+inf', 'WITHSCORES')
    for i = 1, #all, 2 do
      redis.pcall('ZADD', KEYS[1], string.format('%.0f', all[i + 1] - (last - now)), all[i])
    end
  end
  redis.pcall('ZADD', KEYS[1], string.format('%.0f', -now), 'clock') -- not while Redis is full
end
now = string.format('%.0f', now)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', 0, ARGV[1])
table.insert(due, 1, now)
return due`)

// due returns tenants that seem to have work, the longest waiting first.
func (h hints) due(ctx context.Context, limit int) ([]string, error) {
	before := time.Now()
	got, err := dueHints.Run(ctx, h.db, []string{h.key}, limit).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("read hints at due work: %w", err)
	}
	now, err := strconv.ParseInt(got[0], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read Redis' clock: %w", err)
	}
	h.clock.note(time.UnixMicro(now), before)
	return got[1:], nil
}

// seen is a tenant's hint before its work is looked at.
func (h hints) seen(ctx context.Context, tenantID string) (hint, error) {
	score, _, err := store.Found(h.db.ZScore(ctx, h.key, tenantID).Result())
	return hint{tenantID, score}, store.Wrap("read hint at due work", err)
}

// replace stores when the tenant's next work is due, zero for none, unless a newer hint came.
func (h hints) replace(ctx context.Context, was hint, next time.Time) error {
	score := ""
	switch {
	case was.score == 0 && next.IsZero():
		return nil
	case was.score == 0:
		return h.set(ctx, was.tenant, next)
	case !next.IsZero():
		score = strconv.FormatInt(next.UnixMicro(), 10)
	}
	seen := strconv.FormatFloat(was.score, 'f', -1, 64)
	return store.Wrap("replace hint at due work", replaceHint.Run(ctx, h.db, []string{h.key}, was.tenant, seen, score).Err())
}
