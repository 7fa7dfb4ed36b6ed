package rules

// What people do with entries, and what is kept of them.

// ARGV: id, the entry's rev as it was seen, timeline text, sealed steps or none, sealed request or none, its ticket, the deal that
// is the entry's from now on or 0, how long that is remembered in ms. Answers 'taken' when the deal is another entry's.
var restartScript = endScript(`
local id, own = ARGV[1], p .. ':own:' .. ARGV[7]
local f = call('HMGET', key(id), 'state', 'rev', 'ticket')
if not f[1] or (f[2] or '') ~= ARGV[2] then return 'changed' end
if ARGV[7] ~= '0' then
  if (call('GET', own) or id) ~= id then return 'taken' end
  call('SET', own, id, 'PX', ARGV[8])
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
`)

// Refused ones are passed over: somebody has to read them first. ARGV: most entries, failed until when in ms (none: now),
// timeline text, how many of the oldest are passed over. Answers
// how many were looked at, how many of them were started, until when, how many more are to be passed over.
var restartAllScript = endScript(`
local till, found, left = tonumber(ARGV[2]) or now, {}, 0
local ids = call('ZRANGEBYSCORE', p .. ':s:failed', '-inf', ms(till), 'LIMIT', ARGV[4], ARGV[1])
for _, id in ipairs(ids) do
  local f = call('HMGET', key(id), 'seq', 'ticket', 'v', 'label')
  local mine = tonumber(f[3] or 0) <= known and f[4] ~= 'refused' -- of a newer form: its own version's business
  if f[1] and mine then table.insert(found, {id = id, seq = tonumber(f[1]), ticket = f[2]})
  elseif mine then forget(id, 'failed')
  else left = left + 1 end
end
table.sort(found, function(a, b) return a.seq < b.seq end)
for _, e in ipairs(found) do start(e.id, e.ticket, ARGV[3]) end
return {#ids, #found, string.format('%.0f', till), left}
`)

// ARGV: id, the entry's rev as it was seen, sealed reason, sealed timeline text.
var dropScript = endScript(`
local id = ARGV[1]
local f = call('HMGET', key(id), 'state', 'rev', 'ticket')
if not f[1] or (f[2] or '') ~= ARGV[2] then return 0 end
call('HSET', key(id), 'v', known, 'why', ARGV[3])
call('HDEL', key(id), 'claim', 'gate')
call('HDEL', p .. ':open', id)
say(id, ARGV[4])
finish(id, 'dropped', f[3])
return 1
`)

// Answers how many done entries went before their time, and since when in ms.
var trimScript = sweepScript(`
trim()
local gone = call('HMGET', p .. ':trimmed', 'n', 'since')
return {tonumber(gone[1] or 0), tonumber(gone[2] or 0)}
`)
