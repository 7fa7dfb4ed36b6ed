package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

const (
	cacheKeep    = 24 * time.Hour         // how long an old value may still be shown
	cacheLoad    = 20 * time.Second       // budget of one load
	cacheUse     = 250 * time.Millisecond // of a caller's time, kept for what it does with an old value
	cacheZip     = 4 << 10                // bytes from which values are compressed
	maxCached    = 16 << 20               // bytes of a value after decompression
	versionBytes = 26                     // length of rand.Text, the clear text in front of a stored value
)

// Cache keeps values in Redis, sealed, as JSON. Stored form: a random version, then the sealed value; a version alone is the
// mark of a Drop. A load that began before a Drop finds another version and does not store what it read. What another
// version of the program stored of a type that has changed since is a miss (shape).
type Cache struct {
	db      *DB
	flights singleflight.Group
}

// NewCache returns a cache on db. Loads are shared between the callers of one Cache.
func NewCache(db *DB) *Cache { return &Cache{db: db} }

// Cached is a value with its age.
type Cached[T any] struct {
	Value T
	At    time.Time // when it was loaded
	Stale bool      // older than asked for
	Err   error     // why it is stale
}

// Fetch returns the value under key when it is younger than maxAge. Else it loads, once at a time per key in this process, on
// a context of its own (20 s) that lives on when ctx ends, so that a caller who gives up does not waste the work. When ctx
// is about to end, or the load fails, and a value of the last 24 h exists, that one comes back with Stale and Err set and a nil
// error. A Redis that can't be read is a miss.
func Fetch[T any](ctx context.Context, c *Cache, key string, maxAge time.Duration, load func(context.Context) (T, error)) (Cached[T], error) {
	raw := c.read(ctx, key)
	old, known := decode[T](c, key, raw)
	if known && time.Since(old.At) < maxAge {
		c.db.metrics.reads.WithLabelValues("hit").Inc()
		return old, nil
	}
	result := c.flights.DoChan(key+"|"+version(raw), func() (value any, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("load panicked: %v\n%s", p, debug.Stack())
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheLoad)
		defer cancel()
		// A load may have ended between this caller's read and its flight, here or on another replica.
		raw := c.read(ctx, key)
		seen := version(raw)
		if other, ok := decode[T](c, key, raw); ok && time.Since(other.At) < maxAge {
			return other, nil
		}
		loaded, err := load(ctx)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		if err := c.put(ctx, key, loaded, now, &seen); err != nil {
			c.db.log.WarnContext(ctx, "cache not written", "key", key, "error", err)
		}
		return Cached[T]{Value: loaded, At: now}, nil
	})
	var err error
	select {
	case r := <-result:
		if r.Err == nil {
			c.db.metrics.reads.WithLabelValues("miss").Inc()
			return r.Val.(Cached[T]), nil
		}
		err = r.Err
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-lastCall(ctx, known):
		err = context.DeadlineExceeded
	}
	if known {
		c.db.metrics.reads.WithLabelValues("stale").Inc()
		old.Stale, old.Err = true, err
		return old, nil
	}
	c.db.metrics.reads.WithLabelValues("failed").Inc()
	return Cached[T]{}, err
}

// lastCall fires shortly before ctx ends when there is an old value to go on with; else never.
func lastCall(ctx context.Context, known bool) <-chan time.Time {
	end, limited := ctx.Deadline()
	if !known || !limited {
		return nil
	}
	return time.After(time.Until(end) - cacheUse)
}

// read returns the stored form under key, empty when there is none or Redis does not tell.
func (c *Cache) read(ctx context.Context, key string) string {
	raw, _, err := Found(c.db.Get(ctx, key).Result())
	if err != nil {
		c.db.log.WarnContext(ctx, "cache not read", "key", key, "error", err)
	}
	return raw
}

// Put stores v under key as loaded now, whatever lies there.
func (c *Cache) Put(ctx context.Context, key string, v any) error {
	return Wrap("cache "+key, c.put(ctx, key, v, time.Now(), nil))
}

// Drop forgets values because what they show has changed. Loads under way are not stored, here and on other replicas.
func (c *Cache) Drop(ctx context.Context, keys ...string) error {
	var failed []error
	for _, key := range keys { // one by one: they may lie in different cluster slots
		failed = append(failed, Wrap("drop "+key, c.db.Set(ctx, key, rand.Text(), 3*cacheLoad).Err()))
	}
	return errors.Join(failed...)
}

// cachePut writes only over the version that the load saw.
var cachePut = redis.NewScript(`
if redis.call('GETRANGE', KEYS[1], 0, tonumber(ARGV[4]) - 1) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`)

// put stores v; with seen only while that version still lies there.
func (c *Cache) put(ctx context.Context, key string, v any, at time.Time, seen *string) error {
	plain, err := encode(v, at)
	if err != nil {
		return err
	}
	value := rand.Text() + c.db.ring.Seal(plain, key)
	if seen == nil {
		return c.db.Set(ctx, key, value, cacheKeep).Err()
	}
	return cachePut.Run(ctx, c.db, []string{key}, *seen, value, cacheKeep.Milliseconds(), versionBytes).Err()
}

func version(raw string) string { return raw[:min(len(raw), versionBytes)] }

// zips are kept from one value to the next: each holds the better part of a megabyte.
var zips = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// encode lays out time (Unix ms, 8 bytes), "Z" or "P" for zipped or plain, the shape of the value's type, and the JSON.
func encode(v any, at time.Time) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	head, kind := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli())), shape(reflect.TypeOf(v))
	if len(body) < cacheZip {
		return slices.Concat(head, []byte("P"), kind[:], body), nil
	}
	out := bytes.NewBuffer(slices.Concat(head, []byte("Z"), kind[:]))
	zip := zips.Get().(*gzip.Writer)
	defer zips.Put(zip)
	zip.Reset(out)
	if _, err = zip.Write(body); err == nil {
		err = zip.Close()
	}
	return out.Bytes(), err
}

// decode reads a stored value; what can't be read (another form, a key that is gone) is a miss.
func decode[T any](c *Cache, key, raw string) (Cached[T], bool) {
	var cached Cached[T]
	if len(raw) <= versionBytes {
		return cached, false
	}
	plain, err := c.db.ring.Open(raw[versionBytes:], key)
	if err == nil {
		cached.At, err = unpack(plain, &cached.Value)
	}
	if err == nil {
		return cached, true
	}
	if !errors.Is(err, errShape) { // two versions side by side: nothing to report
		c.db.log.Warn("cached value not readable", "key", key, "error", err)
	}
	return Cached[T]{}, false
}

// Peek returns what lies under a cache key as JSON, whatever its age; ok is false when there is nothing to be read.
func (c *Cache) Peek(ctx context.Context, key string) (value Cached[json.RawMessage], ok bool) {
	return decode[json.RawMessage](c, key, c.read(ctx, key))
}

// errShape means that a value was stored by another version of the program, whose type of it differs.
var errShape = errors.New("of another shape")

// unpack is encode's other way. Raw JSON takes every shape.
func unpack(plain []byte, into any) (time.Time, error) {
	const head = 9 + len(shapeSum{})
	if len(plain) < 9 {
		return time.Time{}, errors.New("cut off")
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(plain)))
	if plain[8] != 'P' && plain[8] != 'Z' || len(plain) < head {
		return at, errShape // before values carried one, or a form to come
	}
	if _, raw := into.(*json.RawMessage); !raw && shapeSum(plain[9:head]) != shape(reflect.TypeOf(into)) {
		return at, errShape
	}
	body := plain[head:]
	if plain[8] == 'Z' {
		zip, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return at, err
		}
		if body, err = io.ReadAll(io.LimitReader(zip, maxCached)); err != nil {
			return at, err
		}
	}
	return at, json.Unmarshal(body, into)
}
