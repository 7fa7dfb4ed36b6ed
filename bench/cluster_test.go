package bench

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

type node = *redis.Client

// nodes runs f on every server behind db.
func nodes(ctx context.Context, db *store.DB, f func(context.Context, node) error) error {
	switch c := db.UniversalClient.(type) {
	case *redis.ClusterClient:
		return c.ForEachMaster(ctx, f)
	case *redis.Client:
		return f(ctx, c)
	}
	return fmt.Errorf("no server behind %T", db.UniversalClient)
}
