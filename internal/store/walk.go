package store

import (
	"context"
	"fmt"
	"slices"
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
