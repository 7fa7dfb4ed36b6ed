package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
