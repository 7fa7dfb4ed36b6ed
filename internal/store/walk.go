package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// walkStep is how many keys one SCAN looks at: small enough to hold nobody up.
const walkStep = 500

// Walk calls visit with the names of all keys that match the glob pattern, some hundred at a time, over all nodes of a
// cluster. A key that is there from beginning to end is visited; one that comes or goes meanwhile may be left out.
func (db *DB) Walk(ctx context.Context, match string, visit func(keys []string) error) error {
	nodes, err := db.nodes(ctx)
	if err != nil {
		return fmt.Errorf("walk keys: %w", err)
	}
	for _, node := range nodes {
		for cursor := uint64(0); ; {
			keys, next, err := node.Scan(ctx, cursor, match, walkStep).Result()
			if err != nil {
				return fmt.Errorf("walk keys: %w", err)
			}
			slices.Sort(keys)
			if keys = slices.Compact(keys); len(keys) > 0 { // SCAN may repeat itself
				if err := visit(keys); err != nil {
					return err
				}
			}
			if cursor = next; cursor == 0 {
				break
			}
		}
	}
	return nil
}

// nodes are the Redis servers that hold keys.
func (db *DB) nodes(ctx context.Context) ([]redis.Cmdable, error) {
	cluster, ok := db.UniversalClient.(*redis.ClusterClient)
	if !ok {
		return []redis.Cmdable{db.UniversalClient}, nil
	}
	var mu sync.Mutex
	var nodes []redis.Cmdable
	err := cluster.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		nodes = append(nodes, node)
		return nil
	})
	return nodes, err
}

// InBatches calls do with what each visits, n at a time; do must not keep the slice.
func InBatches[T any](n int, each func(visit func(T) error) error, do func([]T) error) error {
	var batch []T
	err := each(func(x T) (err error) {
		if batch = append(batch, x); len(batch) == n {
			err, batch = do(batch), batch[:0]
		}
		return err
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return do(batch)
}

// EraseTenant removes everything of a tenant and returns how many keys went: all keys with its hash tag; its entry in every
// shared set and sorted set; shared names that lead to it; and shared sealed values that say "tenant": "<its id>", with
// the keys that continue their names. What still works for it may write again: run it until it finds nothing.
func (db *DB) EraseTenant(ctx context.Context, tenantID string) (removed int, err error) {
	if tenantID == "" || strings.ContainsAny(tenantID, `*?[]\{}`) {
		return 0, errors.New("erase tenant: no id")
	}
	tag, owned := "{"+tenantID+"}", map[string]bool{}
	err = db.Walk(ctx, prefix+"*", func(keys []string) error {
		for _, key := range keys {
			if strings.Contains(key, tag) {
				owned[key] = true
				continue
			}
			if strings.Contains(key, "{") {
				continue // somebody else's
			}
			whole, n, err := db.disown(ctx, key, tenantID)
			if err != nil {
				return err
			}
			if removed += n; whole {
				owned[key] = true
			}
		}
		return nil
	})
	if err == nil {
		err = db.Walk(ctx, prefix+"*", func(keys []string) error {
			for _, key := range keys {
				if !strings.Contains(key, "{") && owned[parent(key)] {
					owned[key] = true
				}
			}
			return nil
		})
	}
	if err != nil {
		return removed, fmt.Errorf("erase tenant: %w", err)
	}
	for key := range owned {
		n, err := db.Unlink(ctx, key).Result() // one by one: they may lie in different cluster slots
		if err != nil {
			return removed, fmt.Errorf("erase tenant: %w", err)
		}
		removed += int(n)
	}
	return removed, nil
}

// parent is the key "sc:a:b" whose name "sc:a:b:c" continues.
func parent(key string) string {
	parts := strings.SplitN(key, ":", 4)
	return strings.Join(parts[:min(3, len(parts))], ":")
}

// disown takes a tenant out of a shared key, or reports that the whole key is the tenant's.
func (db *DB) disown(ctx context.Context, key, tenantID string) (whole bool, entries int, err error) {
	kind, err := db.Type(ctx, key).Result()
	if err != nil {
		return false, 0, err
	}
	var n int64
	switch kind {
	case "set":
		n, err = db.SRem(ctx, key, tenantID).Result()
	case "zset":
		n, err = db.ZRem(ctx, key, tenantID).Result()
	case "hash":
		n, err = db.HDel(ctx, key, tenantID).Result()
	case "string":
		raw, ok, failed := Found(db.Get(ctx, key).Result())
		whole, err = ok && (raw == tenantID || db.names(key, raw, tenantID)), failed
	}
	return whole, int(n), err
}

// names reports whether a sealed value says whose it is, and that it is this tenant's.
func (db *DB) names(key, raw, tenantID string) bool {
	var owner struct {
		Tenant string `json:"tenant"`
	}
	return db.ring.OpenJSON(raw, key, &owner) == nil && owner.Tenant == tenantID
}

// Unlinked removes the keys that match a pattern, and says how many went.
func (db *DB) Unlinked(ctx context.Context, match string) (removed int, err error) {
	err = db.Walk(ctx, match, func(keys []string) error {
		for _, key := range keys {
			n, err := db.Unlink(ctx, key).Result()
			if err != nil {
				return err
			}
			removed += int(n)
		}
		return nil
	})
	return removed, Wrap("remove "+match, err)
}
