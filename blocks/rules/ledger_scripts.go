package rules

import (
	"fmt"

	"github.com/redis/go-redis/v9"
)

// All scripts take one key, the prefix of the tenant's part of the ledger, and build the others from it: they carry the
// same hash tag, so they are in the same slot of a cluster.
//
//	:e:<id>     entry (hash)              :due        ids by time of the next try or end of the lease
//	:l:<id>     timeline (list, say)      :s:<state>  ids of one state; held by order of acceptance, else by time
//	:k:<hash>   idempotency key -> id     :o:<ticket> unfinished ids of a ticket by order of acceptance
//	:index      all ids by creation       :seq, :epoch  order of acceptance; number of releases
//	:f:<ticket> its firings of an hour    :loop:<ticket> the entry that stands for its further ones
//	:own:<lead>, :own:note:<id>, :own:task:<id> the entry whose it is; :open what unfinished writes would make, by entry (rivals.go)
//	:m:<label>  ids of entries with a label, by time    :t:<ticket> newest ids of a ticket by creation
//	:trimmed    n: done entries that went before their time, since: when the first went
//	:clock      what Redis' clock said last, within a second
//
// A set by state and the entries themselves end together: whatever removes an entry uses forget, and an entry's own expiry
// only sweeps up after a tenant who never comes back.
var prelude = fmt.Sprintf(`
local known = %d -- the highest form of an entry that this version knows
local linesFirst, linesMost, linesBack = %d, %d, %d
local behind, clockKept = '%s', %d
`, schema, linesFirst, maxLines, linesBack, whyBehind, openFor.Milliseconds()) + `
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
-- then; an unfinished entry has no end that this could take away.
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

// finishing is what only those scripts need that end an entry or start it anew.
var finishing = fmt.Sprintf(`
local keep = {done = %d, failed = %d, dropped = %d}
local most, young, mostRefused, labels = %d, %d, %d, {'remarks', 'refused'}
local recent, recentFor = %d, %d
local function belongs(id, ticket, at) -- to its ticket's newest entries
  local set = p .. ':t:' .. ticket
  call('ZADD', set, ms(at), id)
  call('ZREMRANGEBYRANK', set, 0, -recent - 1)
  call('PEXPIRE', set, recentFor)
end
`, keepFor[StateDone].Milliseconds(), keepFor[StateFailed].Milliseconds(), keepFor[StateDropped].Milliseconds(), maxFinished,
	idemFor.Milliseconds(), maxRefused, maxRecent, keepFailed.Milliseconds()) + `
local function leave(id, ticket) -- its ticket's next one need not wait for it any more
  local order = p .. ':o:' .. ticket
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
  gone(call('ZRANGEBYSCORE', done, '-inf', ms(now - young), 'LIMIT', 0, math.min(n - most, 50)), 'done')
end
local function finish(id, to, ticket, label)
  call('ZREM', p .. ':due', id)
  move(id, to, now)
  if (label or '') ~= '' then
    call('HSET', key(id), 'label', label)
    call('ZADD', p .. ':m:' .. label, ms(now), id)
  end
  leave(id, ticket)
  call('PEXPIRE', key(id), keep[to])
  call('PEXPIRE', p .. ':l:' .. id, keep[to])
  trim()
end
local function start(id, ticket, text) -- anew, behind all that its ticket has waiting
  local seq = call('INCR', p .. ':seq')
  call('HSET', key(id), 'seq', seq, 'why', '', 'problems', '', 'attempts', 0, 'waits', 0, 'since', string.format('%.0f', now))
  call('HDEL', key(id), 'claim', 'gate')
  call('PERSIST', key(id))
  call('PERSIST', p .. ':l:' .. id)
  move(id, 'accepted', now)
  call('ZADD', p .. ':due', ms(now - 1 + (seq % 900) * 0.001), id)
  call('ZADD', p .. ':o:' .. ticket, seq, id)
  say(id, text)
end
`

func script(body string) *redis.Script { return redis.NewScript(prelude + "follow()\n" + body) }
func endScript(body string) *redis.Script {
	return redis.NewScript(prelude + finishing + "follow()\n" + body)
}

// sweepScript is for what only removes: it leaves no trace of a tenant who is gone.
func sweepScript(body string) *redis.Script { return redis.NewScript(prelude + finishing + body) }

// ARGV: id, idempotency hash, its life in ms, ticket, sealed request, most that may wait, most firings of a ticket in the
// time that follows in ms, what is said of more, mark of the trace or none, and of a refused one sealed why, sealed problems
// and timeline text.
var acceptScript = endScript(`
local id, idem, ticket = ARGV[1], p .. ':k:' .. ARGV[2], ARGV[4]
local function same(as) if ARGV[2] ~= '' then call('SET', idem, as, 'PX', ARGV[3]) end end
if ARGV[2] ~= '' then
  local old = call('GET', idem)
  if old and call('EXISTS', key(old)) == 1 then return {old, 'existed'} end
end
local refused = ARGV[11] ~= ''
if not refused and call('ZCARD', p .. ':due') + call('ZCARD', p .. ':s:held') >= tonumber(ARGV[6]) then return {'', 'full'} end
local fired, lately, loop = p .. ':f:' .. ticket, ARGV[8], p .. ':loop:' .. ticket
call('ZADD', fired, ms(now), id) -- the first write adds: a full Redis refuses the script before it, and never after
call('ZREMRANGEBYSCORE', fired, '-inf', ms(now - tonumber(lately)))
local loops = ticket ~= '0' and call('ZCARD', fired) > tonumber(ARGV[7])
call('ZREMRANGEBYRANK', fired, 0, -tonumber(ARGV[7]) - 1) -- what came before the last ones does not matter
call('PEXPIRE', fired, lately)
if loops then
  local line = call('GET', loop)
  local state = line and call('HGET', key(line), 'state')
  if state == 'failed' or state == 'dropped' then
    call('HINCRBY', key(line), 'repeats', 1)
    same(line)
    return {line, 'existed'}
  end
end
local seq, at = call('INCR', p .. ':seq'), string.format('%.0f', now)
call('HSET', key(id), 'v', known, 'request', ARGV[5], 'ticket', ticket, 'seq', seq, 'created', at, 'attempts', 0, 'waits', 0)
if ARGV[10] ~= '' then call('HSET', key(id), 'trace', ARGV[10]) end
call('ZADD', p .. ':index', ms(now), id)
belongs(id, ticket, now)
same(id)
if refused and not loops then
  call('HSET', key(id), 'why', ARGV[11], 'problems', ARGV[12])
  say(id, ARGV[13])
  finish(id, 'failed', ticket, 'refused')
  return {id, 'refused'}
end
say(id, '=accepted')
if loops then
  call('HSET', key(id), 'why', ARGV[9])
  say(id, '=failed ' .. string.sub(ARGV[9], 2))
  finish(id, 'failed', ticket)
  call('SET', loop, id, 'PX', lately)
  return {id, 'loops'}
end
move(id, 'accepted', now)
call('ZADD', p .. ':due', ms(now - 1 + (seq % 900) * 0.001), id) -- in order even within one millisecond
call('ZADD', p .. ':o:' .. ticket, seq, id)
return {id, at}
`)

// ARGV: claim, most entries, lease in ms, until when in ms the clock is trusted, for how long in ms a worker whose lease has
// ended is left its entries when it is not. Gated entries wait for the one before them on their ticket.
var claimScript = script(`
local claim, lease = ARGV[1], tonumber(ARGV[3])
local trusted = now <= tonumber(ARGV[4])
local epoch = call('GET', p .. ':epoch') or '0'
local found, mine, out = {}, {}, {string.format('%.0f', now)}
for _, id in ipairs(call('ZRANGEBYSCORE', p .. ':due', '-inf', ms(now), 'LIMIT', 0, ARGV[2])) do
  local f = call('HMGET', key(id), 'seq', 'ticket', 'v', 'claim')
  if not f[1] then call('ZREM', p .. ':due', id)
  elseif tonumber(f[3] or 0) > known then call('ZADD', p .. ':due', ms(now + 1000), id)
  elseif f[4] and not trusted then call('ZADD', p .. ':due', ms(now + tonumber(ARGV[5])), id)
  else table.insert(found, {id = id, seq = tonumber(f[1]), order = p .. ':o:' .. f[2]}) end
end
table.sort(found, function(a, b) return a.seq < b.seq end)
for _, e in ipairs(found) do
  local rank = call('ZRANK', e.order, e.id)
  local before = rank and rank > 0 and call('ZRANGE', e.order, rank - 1, rank - 1)[1]
  if before and not mine[before] then
    if call('HGET', key(before), 'state') == 'held' then
      local why = call('HGET', key(before), 'why') or ''
      if string.sub(why, 1, 3) == 'v1.' then why = behind end -- sealed: it opens nowhere else
      call('HSET', key(e.id), 'why', why)
      move(e.id, 'held', e.seq)
      call('ZREM', p .. ':due', e.id)
    else
      local due = tonumber(call('ZSCORE', p .. ':due', before) or now)
      move(e.id, 'accepted', now)
      call('HSET', key(e.id), 'gate', 1)
      call('ZADD', p .. ':due', ms(math.max(due, now) + 50), e.id)
    end
    call('HDEL', key(e.id), 'claim') -- of a worker that is late
  else
    mine[e.id] = true
    move(e.id, 'working', now)
    call('HSET', key(e.id), 'v', known, 'claim', claim, 'epoch', epoch)
    call('HDEL', key(e.id), 'gate')
    call('HINCRBY', key(e.id), 'attempts', 1)
    call('ZADD', p .. ':due', ms(now + lease), e.id)
    table.insert(out, e.id)
  end
end
return out
`)

// ARGV: id, claim, sealed steps, timeline text or none, its mark or none, lease in ms, 1 if something was achieved by it.
var recordScript = script(`
local id = ARGV[1]
if call('HGET', key(id), 'claim') ~= ARGV[2] then return 0 end
roomless(id)
call('HSET', key(id), 'steps', ARGV[3], 'updated', string.format('%.0f', now))
if ARGV[7] == '1' then call('HSET', key(id), 'waits', 0) end
call('HINCRBY', key(id), 'rev', 1)
if ARGV[4] ~= '' then say(id, ARGV[4], ARGV[5]) end
call('ZADD', p .. ':due', ms(now + tonumber(ARGV[6])), id)
return 1
`)

// ARGV: claim, lease in ms, ids.
var renewScript = script(`
for i = 3, #ARGV do
  if call('HGET', key(ARGV[i]), 'claim') == ARGV[1] then
    call('ZADD', p .. ':due', ms(now + tonumber(ARGV[2])), ARGV[i])
  end
end
return 1
`)

// ARGV: id, claim, state, sealed why, delay in ms, sealed steps, sealed problems, 1 if it only waited, timeline text, its mark
// or none, label or none.
var settleScript = endScript(`
local id, to, why, delay, line, mark = ARGV[1], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[9], ARGV[10]
local f = call('HMGET', key(id), 'claim', 'epoch', 'seq', 'ticket')
if f[1] ~= ARGV[2] then return 0 end
roomless(id)
if to == 'held' and f[2] ~= (call('GET', p .. ':epoch') or '0') then
  to, why, delay, line, mark = 'accepted', '', 0, '=accepted', ''
end
call('HSET', key(id), 'steps', ARGV[6], 'why', why, 'problems', ARGV[7])
call('HDEL', key(id), 'claim')
if ARGV[8] == '1' then
  call('HINCRBY', key(id), 'attempts', -1)
  call('HINCRBY', key(id), 'waits', 1)
end
say(id, line, mark)
if to == 'accepted' then
  move(id, to, now)
  call('ZADD', p .. ':due', ms(now + delay), id)
  return 1
end
if to == 'held' then
  call('ZREM', p .. ':due', id)
  move(id, to, f[3])
  return 1
end
finish(id, to, f[4], ARGV[11])
return 1
`)

// ARGV: most entries.
var releaseScript = script(`
call('INCR', p .. ':epoch')
local ids = call('ZRANGE', p .. ':s:held', 0, tonumber(ARGV[1]) - 1)
for i, id in ipairs(ids) do
  move(id, 'accepted', now)
  call('HSET', key(id), 'why', '', 'waits', 0, 'since', string.format('%.0f', now))
  call('ZADD', p .. ':due', ms(now - 1 + i * 0.001), id)
  say(id, '=released')
end
return #ids
`)
