package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Resealed is what Reseal met.
type Resealed struct {
	Values         int            `json:"sealed_values"`
	Done           int            `json:"sealed_anew"`              // of them
	Old            map[string]int `json:"under_older_keys"`         // still, of the ring, by its id
	UndecryptableN int            `json:"do_not_open"`              // with no key of the ring
	Undecryptable  []string       `json:"do_not_open_at,omitempty"` // Redis keys of them, at most a hundred
}

// resealTries bounds how often one value is read again because somebody else was writing it: who writes seals anew.
const resealTries = 5

// maxUndecryptable bounds the names that are kept of values that don't open.
const maxUndecryptable = 100

// Reseal finds everything sealed and, with change, seals anew with the newest key what an older one has sealed. A value is
// written only over the one that was read, so replicas may run meanwhile; an end in the middle loses nothing, and a second
// run goes on. Values keep their lives. What is still counted as Old was written by others meanwhile, or change is false.
//
// It knows the places by their form, not by a list: a string, a string behind a version of the cache, a member of a JSON
// object in a string, a field of a hash, an element of a list behind its first space. What it opens must be bound to its
// Redis key, to key#member or key#field, or, in a hash that counts generations, to key#generation; anything else is reported
// as undecryptable.
func (db *DB) Reseal(ctx context.Context, change bool) (Resealed, error) {
	r := Resealed{Old: map[string]int{}}
	err := db.Walk(ctx, prefix+"*", func(keys []string) error {
		types := make([]*redis.StatusCmd, len(keys))
		_, err := db.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, key := range keys {
				types[i] = p.Type(ctx, key)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("seal anew: %w", err)
		}
		for i, key := range keys {
			switch types[i].Val() {
			case "string":
				err = db.resealString(ctx, key, change, &r)
			case "hash":
				err = db.resealHash(ctx, key, change, &r)
			case "list":
				err = db.resealList(ctx, key, change, &r)
			}
			if err != nil {
				return fmt.Errorf("seal %s anew: %w", key, err)
			}
		}
		return nil
	})
	return r, err
}

// resealSwap, resealField and resealElement write only over what was read.
var (
	resealSwap = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`)
	resealField = redis.NewScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`)
	resealElement = redis.NewScript(`
for i, have in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if have == ARGV[1] then
    redis.call('LSET', KEYS[1], i - 1, ARGV[2])
    return 1
  end
end
return 0`)
)

// place does one place. read looks at it, counts what it met and returns what stores it anew unless somebody else has written it
// since; nil for nothing to do.
func (r *Resealed) place(change bool, read func(met *Resealed) (swap func() *redis.Cmd, err error)) error {
	for try := 1; ; try++ {
		var met Resealed
		swap, err := read(&met)
		if err != nil || swap == nil {
			return err
		}
		written := false
		if change && met.Done > 0 {
			if written, err = swap().Bool(); err != nil {
				return err
			}
			if !written && try < resealTries {
				continue
			}
		}
		r.add(met, written)
		return nil
	}
}

func (db *DB) resealString(ctx context.Context, key string, change bool, r *Resealed) error {
	return r.place(change, func(met *Resealed) (func() *redis.Cmd, error) {
		raw, ok, err := Found(db.Get(ctx, key).Result())
		if !ok {
			return nil, err
		}
		anew, err := db.ring.resealText(key, raw, met)
		return func() *redis.Cmd { return resealSwap.Run(ctx, db, []string{key}, raw, anew) }, err
	})
}

func (db *DB) resealHash(ctx context.Context, key string, change bool, r *Resealed) error {
	for cursor := uint64(0); ; {
		pairs, next, err := db.HScan(ctx, key, cursor, "", walkStep).Result()
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			if IsSealed(pairs[i+1]) {
				if err := db.resealOne(ctx, key, pairs[i], change, r); err != nil {
					return err
				}
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

func (db *DB) resealList(ctx context.Context, key string, change bool, r *Resealed) error {
	elements, err := db.LRange(ctx, key, 0, -1).Result()
	if err != nil {
		return err
	}
	for _, raw := range elements {
		head, sealed, _ := strings.Cut(raw, " ")
		if !IsSealed(sealed) {
			continue
		}
		var met Resealed
		anew := db.ring.reseal(sealed, key, &met, key)
		write := change && met.Done > 0
		if write {
			if write, err = resealElement.Run(ctx, db, []string{key}, raw, head+" "+anew).Bool(); err != nil {
				return err
			}
		}
		r.add(met, write)
	}
	return nil
}

func (db *DB) resealOne(ctx context.Context, key, field string, change bool, r *Resealed) error {
	return r.place(change, func(met *Resealed) (func() *redis.Cmd, error) {
		// Together: the value may be bound to the generation beside it.
		got, err := db.HMGet(ctx, key, field, "gen").Result()
		if err != nil {
			return nil, err
		}
		raw, _ := got[0].(string)
		if !IsSealed(raw) {
			return nil, nil
		}
		bounds := []string{key, key + "#" + field}
		if gen, ok := got[1].(string); ok {
			bounds = append(bounds, key+"#"+gen)
		}
		anew := db.ring.reseal(raw, key, met, bounds...)
		return func() *redis.Cmd { return resealField.Run(ctx, db, []string{key}, field, raw, anew) }, nil
	})
}

// resealText returns the text of a string key with all that is sealed in it under the newest key.
func (r *Ring) resealText(key, raw string, met *Resealed) (string, error) {
	if IsSealed(raw) {
		return r.reseal(raw, key, met, key), nil
	}
	if len(raw) > versionBytes && IsSealed(raw[versionBytes:]) {
		return raw[:versionBytes] + r.reseal(raw[versionBytes:], key, met, key), nil
	}
	if !strings.HasPrefix(raw, "{") {
		return raw, nil
	}
	members := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(raw), &members) != nil {
		return raw, nil // text that begins with a brace
	}
	for name, member := range members {
		var text string
		if json.Unmarshal(member, &text) != nil || !IsSealed(text) {
			continue // no text, or nothing sealed
		}
		quoted, err := json.Marshal(r.reseal(text, key, met, key+"#"+name))
		if err != nil {
			return "", err
		}
		members[name] = quoted
	}
	if met.Done == 0 {
		return raw, nil
	}
	out, err := json.Marshal(members)
	return string(out), err
}

// reseal returns sealed under the newest key, and notes in met what it was.
func (r *Ring) reseal(sealed, key string, met *Resealed, bounds ...string) string {
	met.Values++
	id, _ := sealedBy(sealed)
	for _, bound := range bounds {
		plain, err := r.Open(sealed, bound)
		if err != nil {
			continue
		}
		if id == r.Newest() {
			return sealed
		}
		if met.Old == nil {
			met.Old = map[string]int{}
		}
		met.Old[id]++
		met.Done++
		return r.Seal(plain, bound)
	}
	met.UndecryptableN++
	met.Undecryptable = append(met.Undecryptable, key)
	return sealed
}

// add takes over what was met in one place; written says that it was stored anew.
func (r *Resealed) add(met Resealed, written bool) {
	r.Values += met.Values
	r.UndecryptableN += met.UndecryptableN
	r.Undecryptable = append(r.Undecryptable, met.Undecryptable[:min(len(met.Undecryptable), maxUndecryptable-len(r.Undecryptable))]...)
	if written {
		r.Done += met.Done
		return
	}
	for id, n := range met.Old {
		r.Old[id] += n
	}
}

// IsSealed reports whether text has the form of what Ring.Seal makes.
func IsSealed(text string) bool {
	_, ok := sealedBy(text)
	return ok
}

// sealedBy reports whether text has the form of a sealed value, and the id of its key.
func sealedBy(text string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(text, sealVersion+".")
	if !ok {
		return "", false
	}
	id, encoded, ok := strings.Cut(rest, ".")
	if !ok || !keyID.MatchString(id) || len(encoded) < sealLeast {
		return "", false
	}
	_, err := base64.RawURLEncoding.DecodeString(encoded)
	return id, err == nil
}

// sealLeast is the length of nothing sealed: nonce and tag.
const sealLeast = (12 + 16) * 4 / 3
