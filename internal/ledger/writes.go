package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
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
	if err != nil {
		return fmt.Errorf("register writes: %w", err)
	}
	return nil
}

// Unregister removes what was registered for jobs.
func (l *Writes[P, S, R]) Unregister(ctx context.Context, tenantID string, ids []string) error {
	if err := l.db.HDel(ctx, l.pendingKey(tenantID), ids...).Err(); err != nil {
		return fmt.Errorf("unregister writes: %w", err)
	}
	return nil
}

// Registered returns what all unfinished writes of a tenant would make, by job.
func (l *Writes[P, S, R]) Registered(ctx context.Context, tenantID string) (map[string]string, error) {
	writes, err := l.db.HGetAll(ctx, l.pendingKey(tenantID)).Result()
	if err != nil {
		return nil, fmt.Errorf("read registered writes: %w", err)
	}
	return writes, nil
}

func (l *Writes[P, S, R]) ownKey(tenantID, object string) string {
	return l.prefix(tenantID) + ":own:" + object
}

// ClaimedBy returns the job that has claimed an object, "" for none.
func (l *Writes[P, S, R]) ClaimedBy(ctx context.Context, tenantID, object string) (id string, err error) {
	id, err = l.db.Get(ctx, l.ownKey(tenantID, object)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("read claim of an object: %w", err)
	}
	return id, nil
}

// ClaimObject makes an object a job's; false when it is another's already.
func (l *Writes[P, S, R]) ClaimObject(ctx context.Context, tenantID, id, object string) (bool, error) {
	set, err := l.db.SetNX(ctx, l.ownKey(tenantID, object), id, l.kind.KeepObjects).Result()
	if err != nil {
		return false, fmt.Errorf("claim object: %w", err)
	}
	if set {
		return true, nil
	}
	owner, err := l.ClaimedBy(ctx, tenantID, object)
	return owner == id || owner == "", err
}
