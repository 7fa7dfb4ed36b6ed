package crm

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// manyOfLine stands in place of the contacts of a line that has more than maxOfLine.
const manyOfLine = "*"

// putIndexed changes what contacts have in an index of the form ARGV[1], by mode, id, joined marks and whether a phone can't be read,
// from ARGV[6] on. ARGV[2] and ARGV[3] begin the names of the hashes of lines and contacts, which lie in the slot of KEYS[1], the
// state; ARGV[4] is maxOfLine, ARGV[5] maxListed of each of KEYS[2], the marks of several contacts, and KEYS[3], the contacts with a phone
// that can't be read. Returns how many contacts had something else; 0 when the index has another form.
var putIndexed = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'form') ~= ARGV[1] then return 0 end
local changed = 0
local function each(marks, but, f)
  local had = {}
  for i = 1, #but, 8 do had[string.sub(but, i, i + 7)] = true end
  for i = 1, #marks, 8 do
    local mark = string.sub(marks, i, i + 7)
    if not had[mark] then f(ARGV[2] .. string.format('%02x', string.byte(mark)), mark) end
  end
end
local function list(key, member)
  if redis.call('SCARD', key) < tonumber(ARGV[5]) then redis.call('SADD', key, member) end
end
for i = 6, #ARGV, 4 do
  local id, marks = ARGV[i + 1], ARGV[i + 2]
  local contacts = ARGV[3] .. string.format('%02x', tonumber(id) % 256)
  local old = redis.call('HGET', contacts, id) or ''
  if ARGV[i] == 'add' then
    local more = ''
    each(marks, old, function(_, mark) more = more .. mark end)
    marks = old .. more
  end
  each(old, marks, function(bucket, mark)
    local ids = redis.call('HGET', bucket, mark)
    if ids and ids ~= '*' then
      local left = string.gsub(',' .. ids .. ',', ',' .. id .. ',', ',', 1)
      left = string.sub(left, 2, -2)
      if not string.find(left, ',', 1, true) then redis.call('SREM', KEYS[2], mark) end
      if left == '' then redis.call('HDEL', bucket, mark) else redis.call('HSET', bucket, mark, left) end
    end
  end)
  each(marks, old, function(bucket, mark)
    local ids = redis.call('HGET', bucket, mark)
    if not ids then
      redis.call('HSET', bucket, mark, id)
    elseif ids ~= '*' and not string.find(',' .. ids .. ',', ',' .. id .. ',', 1, true) then
      local _, commas = string.gsub(ids, ',', '')
      if commas + 2 > tonumber(ARGV[4]) then
        redis.call('HSET', bucket, mark, '*')
        redis.call('SREM', KEYS[2], mark)
      else
        redis.call('HSET', bucket, mark, ids .. ',' .. id)
        list(KEYS[2], mark)
      end
    end
  end)
  if ARGV[i] == 'set' then
    if ARGV[i + 3] == '1' then list(KEYS[3], id) else redis.call('SREM', KEYS[3], id) end
  end
  if marks ~= old then
    changed = changed + 1
    if marks == '' then redis.call('HDEL', contacts, id) else redis.call('HSET', contacts, id, marks) end
  end
end
return changed`)

// put changes what contacts have in the index, unless it has another form by now, and returns how many had something else.
func (x *Index) put(ctx context.Context, form string, list []indexed) (changed int, err error) {
	return putIndex(ctx, x.account.DB(), x.account.Keys(), form, list)
}

func putIndex(ctx context.Context, db *store.DB, keys Keys, form string, list []indexed) (changed int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	args := []any{form, keys.IndexLine(""), keys.IndexContact(""), maxOfLine, maxListed}
	for _, c := range list {
		args = append(args, c.mode, c.id, strings.Join(c.marks, ""), c.unread)
	}
	if changed, err = putIndexed.Run(ctx, db, []string{keys.Index(), keys.IndexShared(), keys.IndexUnread()}, args...).Int(); err != nil {
		return 0, fmt.Errorf("write to the index: %w", err)
	}
	return changed, nil
}

// contactBucket names the hash that holds what a contact has.
func contactBucket(id int64) string { return fmt.Sprintf("%02x", id%256) }
