package ledger

import (
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// All scripts take one key, the prefix of the tenant's part of the ledger, and build the others from it: they carry the
// same hash tag, so they are in the same slot of a cluster.
//
//	:e:<id>     job (hash)                :due        ids by time of the next try or end of the lease
//	:l:<id>     timeline (list, say)      :s:<state>  ids of one state; held by order of acceptance, else by time
//	:k:<repeat> id                        :o:<order>  unfinished ids of an order by order of acceptance
//	:index      all ids by creation       :seq, :epoch  order of acceptance; number of releases
//	:f:<order>  its newest jobs by time   :loop:<order> the job that stands for its further ones
//	:own:<object> the job whose it is      :open what unfinished writes would make, by job (writes.go)
//	:m:<label>  ids of jobs with a label, by time    :t:<order> newest ids of an order by creation
//	:trimmed    n: done jobs that went before their time, since: when the first went
//	:clock      what Redis' clock said last, within a second
//
// A set by state and the jobs themselves end together: whatever removes a job uses forget, and a job's own expiry only sweeps
// up after a tenant who never comes back. The fields ticket and request of a job are named after the first kind.
type scripts struct {
	accept, claim, record, renew, finish, resume, restart, restartAll, drop, trim, erase, put *redis.Script
}

// bounds are a kind's numbers for the scripts.
func (k Kind[P, S]) bounds() string {
	return fmt.Sprintf(`
local known = %d -- the highest form of a job that this version knows
local linesFirst, linesMost, linesBack = %d, %d, %d
local behind, whyLoop, clockKept = '%s', '%s', %d
local keep = {done = %d, failed = %d, dropped = %d}
local most, mostRefused, labels = %d, %d, {'remarks', 'refused'}
local repeatFor, maxWaiting, maxRepeats, repeatsFor, recent, keepObjects = %d, %d, %d, %d, %d, %d
`, schema, linesFirst, maxLines, linesBack, WhyBehind, whyLoop, keepPending.Milliseconds(),
		k.KeepDone.Milliseconds(), k.KeepFailed.Milliseconds(), k.KeepFailed.Milliseconds(), k.MaxFinished, k.MaxRefused,
		k.RepeatFor.Milliseconds(), k.MaxWaiting, k.MaxRepeats, k.RepeatsFor.Milliseconds(), k.MaxRecent, k.KeepObjects.Milliseconds())
}

func newScripts(bounds string) *scripts {
	script := func(parts ...string) *redis.Script { return redis.NewScript(bounds + strings.Join(parts, "")) }
	return &scripts{
		accept:     script(prelude, finishing, "follow()", accept),
		claim:      script(prelude, "follow()", claim),
		record:     script(prelude, "follow()", record),
		renew:      script(prelude, "follow()", renew),
		finish:     script(prelude, finishing, "follow()", finish),
		resume:     script(prelude, "follow()", resume),
		restart:    script(prelude, finishing, starting, "follow()", restart),
		restartAll: script(prelude, finishing, starting, "follow()", restartAll),
		drop:       script(prelude, finishing, "follow()", drop),
		trim:       script(prelude, finishing, trim),
		erase:      script(prelude, finishing, erase),
		put:        script(prelude, finishing, "follow()", put),
	}
}

const prelude = `
local p, call = KEYS[1], redis.call
local t = call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local function follow() -- a step back of the clock: what is due, or a lease that ends, would wait for as long as the step
  local last = tonumber(call('GET', p .. ':clock') or 0)
  if math.abs(now - last) <= 1000 then return end
  if now < last then
    local due = call('ZRANGE', p .. ':due', 0, -1, 'WITHSCORES')
    for i = 1, #due, 2 do
      redis.pcall('ZADD', p .. ':due', string.format('%.3f', due[i + 1] - (last - now)), due[i])
    end
  end
  redis.pcall('SET', p .. ':clock', string.format('%.0f', now), 'PX', clockKept) -- a full Redis must not fail the script here
end
local function ms(n) return string.format('%.3f', tonumber(n)) end
local function key(id) return p .. ':e:' .. id end
-- A line is '<ms> <text>', or '<ms>|<times>|<ms of the last>|<mark> <text>' when it has a mark: said again soon after, it is
-- counted there, with the newest text. What is too much is left out behind the first lines, and counted in cut.
local function say(id, text, mark)
  local list, at = p .. ':l:' .. id, string.format('%.0f', now)
  if (mark or '') ~= '' then
    for i = -1, -linesBack, -1 do
      local first, times, same = string.match(call('LINDEX', list, i) or '', '^(%d+)|(%d+)|%d+|(%S+) ')
      if not first then break end
      if same == mark then
        call('LSET', list, i, first .. '|' .. (times + 1) .. '|' .. at .. '|' .. mark .. ' ' .. text)
        return
      end
    end
    at = at .. '|1|' .. at .. '|' .. mark
  end
  call('RPUSH', list, at .. ' ' .. text)
  if call('LLEN', list) > linesMost then
    call('LSET', list, linesFirst, '')
    call('LREM', list, 1, '')
    call('HINCRBY', key(id), 'cut', 1)
  end
end
-- A full Redis refuses a script before its first write, and only if that one takes room. What was done must be noted even
-- then; an unfinished job has no end that this could take away.
local function roomless(id) call('PERSIST', key(id)) end
local function move(id, to, score)
  local f = call('HMGET', key(id), 'state', 'label')
  if f[1] then call('ZREM', p .. ':s:' .. f[1], id) end
  if f[2] then
    call('ZREM', p .. ':m:' .. f[2], id)
    call('HDEL', key(id), 'label')
  end
  call('HSET', key(id), 'state', to, 'updated', string.format('%.0f', now))
  call('HINCRBY', key(id), 'rev', 1)
  call('ZADD', p .. ':s:' .. to, ms(score), id)
end
`

// finishing is what only those scripts need that end a job or keep it for people.
const finishing = `
local function belongs(id, order, at) -- to its order's newest jobs
  local set = p .. ':t:' .. order
  call('ZADD', set, ms(at), id)
  call('ZREMRANGEBYRANK', set, 0, -recent - 1)
  call('PEXPIRE', set, keep.failed)
end
local function leave(id, order) -- its order's next one need not wait for it any more
  local order = p .. ':o:' .. order
  call('ZREM', order, id)
  local head = call('ZRANGE', order, 0, 0)[1]
  if head and call('HDEL', key(head), 'gate') == 1 and call('ZSCORE', p .. ':due', head) then
    call('ZADD', p .. ':due', ms(now), head)
  end
end
local function forget(id, state)
  call('DEL', key(id), p .. ':l:' .. id)
  call('ZREM', p .. ':s:' .. state, id)
  call('ZREM', p .. ':index', id)
  for _, label in ipairs(labels) do call('ZREM', p .. ':m:' .. label, id) end
end
local function gone(ids, state) -- before their time, and counted
  for _, id in ipairs(ids) do forget(id, state) end
  if #ids > 0 then
    call('HINCRBY', p .. ':trimmed', 'n', #ids)
    call('HSETNX', p .. ':trimmed', 'since', string.format('%.0f', now))
  end
end
local function trim() -- a few each time: every finished entry calls it
  local n, done = 0, p .. ':s:done'
  for state, life in pairs(keep) do
    for _, id in ipairs(call('ZRANGEBYSCORE', p .. ':s:' .. state, '-inf', ms(now - life), 'LIMIT', 0, 50)) do
      forget(id, state)
    end
    n = n + call('ZCARD', p .. ':s:' .. state)
  end
  local refused = p .. ':m:refused'
  local over = call('ZCARD', refused) - mostRefused
  if over > 0 then gone(call('ZRANGE', refused, 0, math.min(over, 50) - 1), 'failed') end
  if n <= most then return end
  gone(call('ZRANGEBYSCORE', done, '-inf', ms(now - repeatFor), 'LIMIT', 0, math.min(n - most, 50)), 'done')
end
local function finish(id, to, order, label)
  call('ZREM', p .. ':due', id)
  move(id, to, now)
  if (label or '') ~= '' then
    call('HSET', key(id), 'label', label)
    call('ZADD', p .. ':m:' .. label, ms(now), id)
  end
  leave(id, order)
  call('PEXPIRE', key(id), keep[to])
  call('PEXPIRE', p .. ':l:' .. id, keep[to])
  trim()
end
`
