package ledger

// KEYS: prefix. ARGV: id, what a repeat is recognised by or none, order, sealed request, mark or none, state of one that ends at
// once or none, its sealed why, sealed steps, sealed problems, timeline text and label. Returns an id and 'full', 'existed',
// 'ended' or when it was accepted in ms.
const accept = `
local id, idem, order, to = ARGV[1], p .. ':k:' .. ARGV[2], ARGV[3], ARGV[6]
local function same(as) if ARGV[2] ~= '' then call('SET', idem, as, 'PX', repeatFor) end end
if ARGV[2] ~= '' then
  local old = call('GET', idem)
  if old and call('EXISTS', key(old)) == 1 then return {old, 'existed'} end
end
if to == '' and call('ZCARD', p .. ':due') + call('ZCARD', p .. ':s:held') >= maxWaiting then return {'', 'full'} end
local loops = false
if to ~= 'done' then
  local fired, loop = p .. ':f:' .. order, p .. ':loop:' .. order
  call('ZADD', fired, ms(now), id) -- the first write adds: a full Redis refuses the script before it, and never after
  call('ZREMRANGEBYSCORE', fired, '-inf', ms(now - repeatsFor))
  loops = order ~= '0' and call('ZCARD', fired) > maxRepeats
  call('ZREMRANGEBYRANK', fired, 0, -maxRepeats - 1) -- what came before the last ones does not matter
  call('PEXPIRE', fired, repeatsFor)
  if loops then
    local line = call('GET', loop)
    local state = line and call('HGET', key(line), 'state')
    if state == 'failed' or state == 'dropped' then
      call('HINCRBY', key(line), 'repeats', 1)
      same(line)
      return {line, 'existed'}
    end
    call('SET', loop, id, 'PX', repeatsFor)
  end
end
local seq, at = call('INCR', p .. ':seq'), string.format('%.0f', now)
call('HSET', key(id), 'v', known, 'request', ARGV[4], 'ticket', order, 'seq', seq, 'created', at, 'attempts', 0, 'waits', 0)
if ARGV[5] ~= '' then call('HSET', key(id), 'trace', ARGV[5]) end
call('ZADD', p .. ':index', ms(now), id)
belongs(id, order, now)
same(id)
if loops then
  call('HSET', key(id), 'why', whyLoop)
  say(id, '=accepted')
  say(id, '=failed ' .. string.sub(whyLoop, 2))
  finish(id, 'failed', order)
  return {id, 'ended'}
end
if to ~= '' then
  call('HSET', key(id), 'why', ARGV[7], 'steps', ARGV[8], 'problems', ARGV[9])
  if to == 'done' then say(id, '=accepted') end
  say(id, ARGV[10])
  finish(id, to, order, ARGV[11])
  return {id, 'ended'}
end
say(id, '=accepted')
move(id, 'accepted', now)
call('ZADD', p .. ':due', ms(now - 1 + (seq % 900) * 0.001), id) -- in order even within one millisecond
call('ZADD', p .. ':o:' .. order, seq, id)
return {id, at}
`

// KEYS: prefix. ARGV: claim, most jobs, lease in ms, until when in ms the clock is trusted, for how long in ms a worker whose lease has
// ended is left its jobs when it is not. Gated jobs wait for the one before them on their ticket.
const claim = `
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
`

// KEYS: prefix. ARGV: id, claim, sealed steps, timeline text or none, its mark or none, lease in ms, 1 if something was achieved by it.
const record = `
local id = ARGV[1]
if call('HGET', key(id), 'claim') ~= ARGV[2] then return 0 end
roomless(id)
call('HSET', key(id), 'steps', ARGV[3], 'updated', string.format('%.0f', now))
if ARGV[7] == '1' then call('HSET', key(id), 'waits', 0) end
call('HINCRBY', key(id), 'rev', 1)
if ARGV[4] ~= '' then say(id, ARGV[4], ARGV[5]) end
call('ZADD', p .. ':due', ms(now + tonumber(ARGV[6])), id)
return 1
`

// KEYS: prefix. ARGV: claim, lease in ms, ids.
const renew = `
for i = 3, #ARGV do
  if call('HGET', key(ARGV[i]), 'claim') == ARGV[1] then
    call('ZADD', p .. ':due', ms(now + tonumber(ARGV[2])), ARGV[i])
  end
end
return 1
`

// KEYS: prefix. ARGV: id, claim, state, sealed why, delay in ms, sealed steps, sealed problems, 1 if it only waited, timeline text, its mark
// or none, label or none.
const finish = `
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
`

// KEYS: prefix. ARGV: most jobs.
const resume = `
call('INCR', p .. ':epoch')
local ids = call('ZRANGE', p .. ':s:held', 0, tonumber(ARGV[1]) - 1)
for i, id in ipairs(ids) do
  move(id, 'accepted', now)
  call('HSET', key(id), 'why', '', 'waits', 0, 'since', string.format('%.0f', now))
  call('ZADD', p .. ':due', ms(now - 1 + i * 0.001), id)
  say(id, '=released')
end
return #ids
`
