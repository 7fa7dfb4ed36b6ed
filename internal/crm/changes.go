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
	ownFor      = 30 * time.Second // how long an own write may still echo
	changesFor  = 10 * time.Minute // how long a change can be caught up with
	changesMost = 1000             // of one tenant
)

// Aspects of a deal or contact that a write touches. The echo of a comment hides no change of stage.
const (
	AspectNote = "note" // a note was added
	AspectData = "data" // anything else
)

// Change says which deals and contacts are not what they were. By names who of us made it (see WrittenBy), "" is anybody
// else.
type Change struct {
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Deals    []int64   `json:"deals,omitempty"`
	Contacts []int64   `json:"contacts,omitempty"`
}

type writerKey struct{}

// WrittenBy names whoever makes the writes of ctx, so that the CRM's report of them is known as an echo. Writes of a ctx
// without a name echo as anybody's.
func WrittenBy(ctx context.Context, writer string) context.Context {
	return context.WithValue(ctx, writerKey{}, writer)
}

// mine remembers a write of a named writer. It is called before the write is sent where the id is known by then: the CRM
// may report it before it answers. A mark that can't be set costs a page one more read.
func (a *Account) mine(ctx context.Context, kind string, id int64, aspect string) {
	writer, ok := ctx.Value(writerKey{}).(string)
	if !ok || id == 0 {
		return
	}
	if err := a.b.DB.Set(ctx, a.Keys().Own(kind, id, aspect), writer, ownFor).Err(); err != nil {
		a.b.Log.WarnContext(ctx, "own write not remembered", "tenant", a.tenant.ID, "error", err)
	}
}

// Echo says who of us wrote this aspect of a deal ("leads") or contact ("contacts") within the last half minute, "" for
// nobody.
func (a *Account) Echo(ctx context.Context, kind string, id int64, aspect string) (writer string, err error) {
	writer, err = a.b.DB.Get(ctx, a.Keys().Own(kind, id, aspect)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("look for an own write: %w", err)
	}
	return writer, nil
}

// ChangesChannel is the Redis channel on which a tenant's changes are told, each as the JSON of a Change.
func ChangesChannel(tenantID string) string { return Keys(tenantID).Changes() }

// Changed makes what was read of the named deals and contacts old and tells whoever listens. Changes made by us are only
// told: their writers have dropped what they made old.
func (a *Account) Changed(ctx context.Context, c Change) error {
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
	key := a.Keys().Changes()
	pipe := a.b.DB.TxPipeline()
	pipe.ZAdd(ctx, key, members...)
	pipe.ZRemRangeByScore(ctx, key, "-inf", before(c.At.Add(-changesFor)))
	pipe.ZRemRangeByRank(ctx, key, 0, -changesMost-1)
	pipe.Expire(ctx, key, changesFor)
	pipe.Publish(ctx, ChangesChannel(a.tenant.ID), told)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("tell of a change: %w", err)
	}
	return nil
}

// ChangesSince gives what has changed in a tenant's account after a time, at most ten minutes back.
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

// freshOf is how old what was read of one deal or contact may be.
func (a *Account) freshOf(kind string, id int64) time.Duration {
	return min(a.freshData(), freshSince(dataFresh, a.forgot.changed[kind+":"+Decimal(id)]))
}

// freshPeople is how old a card may be that shows p.
func (a *Account) freshPeople(p People) time.Duration {
	fresh := a.freshData()
	if len(a.forgot.changed) == 0 {
		return fresh
	}
	for _, c := range p.Contacts {
		fresh = min(fresh, a.freshOf("contacts", c.ID))
		for _, d := range c.Deals {
			fresh = min(fresh, a.freshOf("leads", d.ID))
		}
	}
	return fresh
}
