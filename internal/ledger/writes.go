package ledger

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

// Writes are what jobs write to other systems and have made there: a write is registered before it is sent, with what it would
// make, and what was made is owned by one job.
type Writes[P, S, R any] struct{ *stored[P, S, R] }

func (l *Writes[P, S, R]) pendingKey(tenantID string) string { return l.prefix(tenantID) + ":open" }

// Register stores what unfinished writes would make, by job: a word that is the same for writes that can be taken for each other.
func (l *Writes[P, S, R]) Register(ctx context.Context, tenantID string, writes map[string]string) error {
	key := l.pendingKey(tenantID)
	_, err := l.db.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, key, writes)
		p.PExpire(ctx, key, keepPending)
		return nil
	})
	return store.Wrap("register writes", err)
}

// Unregister removes what was registered for jobs.
func (l *Writes[P, S, R]) Unregister(ctx context.Context, tenantID string, ids []string) error {
	return store.Wrap("unregister writes", l.db.HDel(ctx, l.pendingKey(tenantID), ids...).Err())
}

// Registered returns what all unfinished writes of a tenant would make, by job.
func (l *Writes[P, S, R]) Registered(ctx context.Context, tenantID string) (map[string]string, error) {
	writes, err := l.db.HGetAll(ctx, l.pendingKey(tenantID)).Result()
	return writes, store.Wrap("read registered writes", err)
}

func (l *Writes[P, S, R]) ownKey(tenantID, object string) string {
	return l.prefix(tenantID) + ":own:" + object
}

// ClaimedBy returns the job that has claimed an object, "" for none.
func (l *Writes[P, S, R]) ClaimedBy(ctx context.Context, tenantID, object string) (id string, err error) {
	id, _, err = store.Found(l.db.Get(ctx, l.ownKey(tenantID, object)).Result())
	return id, store.Wrap("read claim of an object", err)
}

// ClaimObject makes an object a job's; false when it is another's already.
func (l *Writes[P, S, R]) ClaimObject(ctx context.Context, tenantID, id, object string) (bool, error) {
	set, err := l.db.SetNX(ctx, l.ownKey(tenantID, object), id, l.kind.KeepObjects).Result()
	if err != nil || set {
		return set, store.Wrap("claim object", err)
	}
	owner, err := l.ClaimedBy(ctx, tenantID, object)
	return owner == id || owner == "", err
}
