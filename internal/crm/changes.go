package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

const (
	changesFor = 10 * time.Minute // how long a change can be caught up with
	maxChanges = 1000             // of one tenant
)

// Change names which deals and contacts are not what they were. By names the writer that made it (see Account.WrittenBy), "" is anybody
// else.
type Change struct {
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Deals    []int64   `json:"deals,omitempty"`
	Contacts []int64   `json:"contacts,omitempty"`
}

// Writer returns who of us wrote this aspect of a deal ("leads") or contact ("contacts") within the last half minute, "" when
// it was somebody else.
func (r *reads) Writer(ctx context.Context, kind string, id int64, aspect string) (writer string, err error) {
	writer, err = r.db.Get(ctx, r.keys.Own(kind, id, aspect)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("look for an own write: %w", err)
	}
	return writer, nil
}

// ChangesChannel is the Redis channel on which a tenant's changes are told, each as the JSON of a Change.
func ChangesChannel(tenantID string) string { return Keys(tenantID).Changes() }

// Changed makes what was read of the named deals and contacts old and tells who listens. Changes made by us are only
// told: their writers have dropped what they made old.
func (r *reads) Changed(ctx context.Context, c Change) error {
	c.At = time.Now()
	told, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("tell of a change: %w", err)
	}
	score, suffix := float64(c.At.UnixMilli()), ""
	if c.By != "" {
		suffix = "@" + c.By
	}
	var members []redis.Z
	for kind, ids := range map[string][]int64{"leads": c.Deals, "contacts": c.Contacts} {
		for _, id := range ids {
			members = append(members, redis.Z{Score: score, Member: kind + ":" + Decimal(id) + suffix})
		}
	}
	if len(members) == 0 {
		return nil
	}
	key := r.keys.Changes()
	pipe := r.db.TxPipeline()
	pipe.ZAdd(ctx, key, members...)
	pipe.ZRemRangeByScore(ctx, key, "-inf", before(c.At.Add(-changesFor)))
	pipe.ZRemRangeByRank(ctx, key, 0, -maxChanges-1)
	pipe.Expire(ctx, key, changesFor)
	pipe.Publish(ctx, ChangesChannel(string(r.keys)), told)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("tell of a change: %w", err)
	}
	return nil
}

// Changed is reads.Changed. The next visit of the index looks at contacts that others have changed.
func (a *Account) Changed(ctx context.Context, c Change) error {
	err := a.reads.Changed(ctx, c)
	if c.By == "" {
		err = errors.Join(err, a.index.Doubt(ctx, c.Contacts))
	}
	return err
}

// ChangesSince returns what has changed in a tenant's account after a time, at most ten minutes back.
func ChangesSince(ctx context.Context, db *store.DB, tenantID string, since time.Time) ([]Change, error) {
	got, err := db.ZRangeByScoreWithScores(ctx, Keys(tenantID).Changes(), &redis.ZRangeBy{Min: before(since), Max: "+inf"}).Result()
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	out := make([]Change, 0, len(got))
	for _, z := range got {
		kind, id, by := changeMember(z)
		c := Change{At: time.UnixMilli(int64(z.Score)), By: by}
		switch kind {
		case "leads":
			c.Deals = []int64{id}
		case "contacts":
			c.Contacts = []int64{id}
		}
		out = append(out, c)
	}
	return out, nil
}

// before is the border of a range that leaves out the time itself.
func before(t time.Time) string { return "(" + strconv.FormatInt(t.UnixMilli(), 10) }

func changeMember(z redis.Z) (kind string, id int64, by string) {
	member, _ := z.Member.(string)
	entity, by, _ := strings.Cut(member, "@")
	kind, raw, _ := strings.Cut(entity, ":")
	return kind, ParseID(raw), by
}

// changedOf turns the list's last seconds into the Unix milliseconds of the last foreign change of each deal and contact.
func changedOf(got []redis.Z) map[string]int64 {
	var out map[string]int64
	for _, z := range got {
		kind, id, by := changeMember(z)
		if by != "" || id == 0 {
			continue
		}
		if out == nil {
			out = map[string]int64{}
		}
		out[kind+":"+Decimal(id)] = int64(z.Score)
	}
	return out
}

// How long what was read from the CRM counts as fresh (it is kept for a day, for bad times).
const (
	maxMetaAge = 10 * time.Minute
	maxDataAge = 30 * time.Second
)

// reads bounds how old cached reads of an account may be, and invalidates them. They are not deleted: when the CRM fails they
// are still the best there is.
type reads struct {
	db    *store.DB
	cache *store.Cache
	keys  Keys

	all, data atomic.Int64     // invalidated at, Unix milliseconds, 0 for never; the jobs of one batch share an Account
	changed   map[string]int64 // single deals and contacts, "leads:12", as of the opening of the Account
}

// Refresh reads what was invalidated.
func (r *reads) Refresh(ctx context.Context) error {
	pipe := r.db.Pipeline()
	stamps := pipe.HMGet(ctx, r.keys.Invalidated(), "all", "data")
	changed := pipe.ZRangeByScoreWithScores(ctx, r.keys.Changes(),
		&redis.ZRangeBy{Min: before(time.Now().Add(-maxDataAge)), Max: "+inf"})
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read age of the cache: %w", err)
	}
	got := stamps.Val()
	r.changed = changedOf(changed.Val())
	r.all.Store(stamp(got[0]))
	r.data.Store(stamp(got[1]))
	return nil
}

func stamp(v any) int64 {
	s, _ := v.(string)
	return max(0, ParseID(s))
}

// Forget makes everything that was read from the account old, vocabulary included: after a login, or when the CRM tells
// of changed users, pipelines or fields.
func (r *reads) Forget(ctx context.Context) error {
	now := time.Now().UnixMilli()
	r.all.Store(now)
	r.data.Store(now)
	return r.store(ctx, "all", now, "data", now)
}

// ForgetData makes contacts, deals and feeds old, but not the vocabulary: when the CRM tells of a changed contact or deal.
func (r *reads) ForgetData(ctx context.Context) error {
	now := time.Now().UnixMilli()
	r.data.Store(now)
	return r.store(ctx, "data", now)
}

func (r *reads) store(ctx context.Context, pairs ...any) error {
	if err := r.db.HSet(ctx, r.keys.Invalidated(), pairs...).Err(); err != nil {
		return fmt.Errorf("make the cache old: %w", err)
	}
	return nil
}

// DealChanged invalidates what was read of a deal before it was changed: its card and feed, the lists of deals that show it,
// and more keys.
func (r *reads) DealChanged(ctx context.Context, id int64, more ...string) error {
	err := errors.Join(
		r.cache.Drop(ctx, append(more, r.keys.Deal(id), r.keys.Feed(id))...),
		r.db.ZAdd(ctx, r.keys.Changes(), redis.Z{Score: float64(time.Now().UnixMilli()), Member: "leads:" + Decimal(id)}).Err(),
		r.db.Expire(ctx, r.keys.Changes(), changesFor).Err(),
	)
	if err != nil {
		return &AfterCreate{Step: "remember", Err: err}
	}
	return nil
}

// MetaAge is how old the vocabulary may be.
func (r *reads) MetaAge() time.Duration { return ageSince(maxMetaAge, r.all.Load()) }

// DataAge is how old contacts, deals and lists of them may be.
func (r *reads) DataAge() time.Duration { return ageSince(maxDataAge, r.data.Load()) }

// NamesAge is how old names of companies may be: they change as rarely as the vocabulary, but are told of as data.
func (r *reads) NamesAge() time.Duration { return ageSince(maxMetaAge, r.data.Load()) }

// AgeOf is how old what was read of one deal ("leads") or contact ("contacts") may be.
func (r *reads) AgeOf(kind string, id int64) time.Duration {
	return min(r.DataAge(), ageSince(maxDataAge, r.changed[kind+":"+Decimal(id)]))
}

func ageSince(usual time.Duration, invalidated int64) time.Duration {
	if invalidated == 0 {
		return usual
	}
	return max(0, min(usual, time.Since(time.UnixMilli(invalidated))))
}
