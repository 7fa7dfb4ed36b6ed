package bench

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
	"github.com/sidecard/sidecard/store"
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

const slots = 16384

// startCluster runs three servers that share the slots, and returns their REDIS_URL.
func startCluster(b *testing.B) string {
	b.Helper()
	ctx := b.Context()
	var addrs []string
	var servers []node
	for range 3 {
		addr := rig.FreeAddr(b)
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			b.Fatal(err)
		}
		_, bus, err := net.SplitHostPort(rig.FreeAddr(b))
		if err != nil {
			b.Fatal(err)
		}
		rig.Start(b, nil, "redis-server", "--bind", "127.0.0.1", "--port", port, "--cluster-port", bus, "--cluster-enabled", "yes",
			"--dir", b.TempDir(), "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--save", "")
		c := redis.NewClient(&redis.Options{Addr: addr})
		b.Cleanup(func() { _ = c.Close() })
		rig.Eventually(b, time.Minute, "a cluster node answers", func() bool { return c.Ping(ctx).Err() == nil })
		first := len(servers) * slots / 3
		if err := c.ClusterAddSlotsRange(ctx, first, (len(servers)+1)*slots/3-1).Err(); err != nil {
			b.Fatal(err)
		}
		addrs, servers = append(addrs, addr+"@"+bus), append(servers, c)
	}
	for _, c := range servers[1:] {
		host, rest, _ := strings.Cut(addrs[0], ":")
		port, bus, _ := strings.Cut(rest, "@")
		if err := c.Do(ctx, "CLUSTER", "MEET", host, port, bus).Err(); err != nil {
			b.Fatal(err)
		}
	}
	for i, c := range servers {
		rig.Eventually(b, time.Minute, "the cluster is whole", func() bool {
			info := c.ClusterInfo(ctx).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
		addrs[i], _, _ = strings.Cut(addrs[i], "@")
	}
	return "redis://" + strings.Join(addrs, ",")
}
