package ledger

// starting is what starts a job anew.
const starting = `
local function start(id, order, text) -- anew, behind all that its order has waiting
  local seq = call('INCR', p .. ':seq')
  call('HSET', key(id), 'seq', seq, 'why', '', 'problems', '', 'attempts', 0, 'waits', 0, 'since', string.format('%.0f', now))
  call('HDEL', key(id), 'claim', 'gate')
  call('PERSIST', key(id))
  call('PERSIST', p .. ':l:' .. id)
  move(id, 'accepted', now)
  call('ZADD', p .. ':due', ms(now - 1 + (seq % 900) * 0.001), id)
  call('ZADD', p .. ':o:' .. order, seq, id)
  say(id, text)
end
`

// KEYS: prefix. ARGV: id, the job's rev as it was seen, timeline text, sealed steps or none, sealed request or none, its order, a
// object that is the job's from now on or none. Returns 'started', 'changed', or 'taken' when the object is another job's.
const restart = `
local id, own = ARGV[1], p .. ':own:' .. ARGV[7]
local f = call('HMGET', key(id), 'state', 'rev', 'ticket')
if not f[1] or (f[2] or '') ~= ARGV[2] then return 'changed' end
if ARGV[7] ~= '' then
  if (call('GET', own) or id) ~= id then return 'taken' end
  call('SET', own, id, 'PX', keepObjects)
end
if ARGV[4] ~= '' then
  call('HSET', key(id), 'v', known, 'steps', ARGV[4])
  call('HDEL', p .. ':open', id) -- its write is no longer in doubt
end
if ARGV[5] ~= '' then
  call('HSET', key(id), 'v', known, 'request', ARGV[5], 'ticket', ARGV[6])
  belongs(id, ARGV[6], now)
end
leave(id, f[3])
start(id, ARGV[6], ARGV[3])
return 'started'
`

// Refused ones are passed over: somebody has to read them first. KEYS: prefix. ARGV: most jobs, failed until when in ms (none:
// now), timeline text, how many of the oldest are passed over. Returns how many were looked at, how many of them were started,
// until when, how many more are to be passed over.
const restartAll = `
local till, found, left = tonumber(ARGV[2]) or now, {}, 0
local ids = call('ZRANGEBYSCORE', p .. ':s:failed', '-inf', ms(till), 'LIMIT', ARGV[4], ARGV[1])
for _, id in ipairs(ids) do
  local f = call('HMGET', key(id), 'seq', 'ticket', 'v', 'label')
  local mine = tonumber(f[3] or 0) <= known and f[4] ~= 'refused' -- of a newer form: its own version's business
  if f[1] and mine then table.insert(found, {id = id, seq = tonumber(f[1]), order = f[2]})
  elseif mine then forget(id, 'failed')
  else left = left + 1 end
end
table.sort(found, function(a, b) return a.seq < b.seq end)
for _, e in ipairs(found) do start(e.id, e.order, ARGV[3]) end
return {#ids, #found, string.format('%.0f', till), left}
`

// KEYS: prefix. ARGV: id, the job's rev as it was seen, sealed reason, sealed timeline text. Returns 1, or 0 when it has changed.
const drop = `
local id = ARGV[1]
local f = call('HMGET', key(id), 'state', 'rev', 'ticket')
if not f[1] or (f[2] or '') ~= ARGV[2] then return 0 end
call('HSET', key(id), 'v', known, 'why', ARGV[3])
call('HDEL', key(id), 'claim', 'gate')
call('HDEL', p .. ':open', id)
say(id, ARGV[4])
finish(id, 'dropped', f[3])
return 1
`

// KEYS: prefix. Returns how many done jobs went before their time, and since when in ms.
const trim = `
trim()
local gone = call('HMGET', p .. ':trimmed', 'n', 'since')
return {tonumber(gone[1] or 0), tonumber(gone[2] or 0)}
`

// KEYS: prefix. ARGV: id, the objects that are the job's. Returns 1, or 0 when it was not there.
const erase = `
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
`

// KEYS: prefix. ARGV: id, order, sealed request, state, sealed why, sealed steps, sealed problems, created in ms, repeats, what a
// repeat is recognised by, timeline text, how many lines are left out of the timeline, label of a failed one, lines of the
// timeline. Returns 1, or 0 when the tenant has it.
const put = `
local id, order, to, made, idem = ARGV[1], ARGV[2], ARGV[4], ARGV[8], p .. ':k:' .. ARGV[10]
if call('EXISTS', key(id)) == 1 then return 0 end
local seq = call('INCR', p .. ':seq')
call('HSET', key(id), 'v', known, 'request', ARGV[3], 'ticket', order, 'seq', seq, 'created', made, 'attempts', 0, 'waits', 0,
  'since', string.format('%.0f', now), 'steps', ARGV[6], 'why', to == 'failed' and ARGV[5] or '', 'problems', ARGV[7], 'repeats', ARGV[9], 'cut', ARGV[12])
call('ZADD', p .. ':index', ms(made), id)
belongs(id, order, made)
call('SET', idem, id, 'PX', repeatFor, 'NX')
for i = 14, #ARGV do call('RPUSH', p .. ':l:' .. id, ARGV[i]) end
say(id, ARGV[11])
if to == 'failed' then
  finish(id, to, order, ARGV[13])
else
  move(id, to, now)
  call('ZADD', p .. ':due', ms(now - 1 + (seq % 900) * 0.001), id)
  call('ZADD', p .. ':o:' .. order, seq, id)
end
return 1
`
