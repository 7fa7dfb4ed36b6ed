package rig

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Failover is Redis on several servers of which a replica takes the place of a master that dies.
type Failover struct {
	URL     string // as REDIS_URL
	masters []server
}

type server struct {
	addr, bus string // bus is the port by which the nodes of a cluster speak with each other
	admin     *redis.Client
	process   *Process
}

func (s server) hostPort() (host, port string) {
	host, port, _ = strings.Cut(s.addr, ":")
	return host, port
}

func startServer(t testing.TB, args ...string) server {
	t.Helper()
	s := server{addr: FreeAddr(t)}
	_, s.bus, _ = net.SplitHostPort(FreeAddr(t))
	_, s.process = StartRedisAt(t, t.TempDir(), s.addr, append(args, "--cluster-port", s.bus, "--repl-diskless-sync-delay", "0")...)
	s.admin = Admin(t, s.addr)
	Eventually(t, time.Minute, "redis-server answers", func() bool { return s.admin.Ping(t.Context()).Err() == nil })
	return s
}

// hasTheData waits until a replica has been given what its master has.
func (s server) hasTheData(t testing.TB) {
	t.Helper()
	Eventually(t, time.Minute, "the replica has the data", func() bool {
		return strings.Contains(s.admin.Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
}

// Sentinel starts a master with a replica and a Sentinel who watches them.
func Sentinel(t testing.TB) *Failover {
	t.Helper()
	ctx := t.Context()
	master, replica := startServer(t), startServer(t)
	host, port := master.hostPort()
	if err := replica.admin.Do(ctx, "REPLICAOF", host, port).Err(); err != nil {
		t.Fatal(err)
	}
	replica.hasTheData(t)
	addr := FreeAddr(t)
	_, own, _ := net.SplitHostPort(addr)
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(conf, []byte("port "+own+"\nbind 127.0.0.1\nsentinel monitor main "+host+" "+port+" 1\n"+
		"sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	Start(t, nil, "redis-server", conf, "--sentinel")
	watch := Admin(t, addr)
	Eventually(t, time.Minute, "Sentinel knows the replica", func() bool {
		found, err := watch.Do(ctx, "SENTINEL", "REPLICAS", "main").Slice()
		return err == nil && len(found) == 1
	})
	return &Failover{URL: "redis+sentinel://" + addr + "/0?master_name=main", masters: []server{master}}
}

const slots, shards = 16384, 3

// Cluster starts three masters that share the slots, each with so many replicas.
func Cluster(t testing.TB, replicas int) *Failover {
	t.Helper()
	ctx := t.Context()
	var all []server
	for i := range shards * (1 + replicas) {
		s := startServer(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
		if i < shards {
			if err := s.admin.ClusterAddSlotsRange(ctx, i*slots/shards, (i+1)*slots/shards-1).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if i > 0 {
			host, port := all[0].hostPort()
			if err := s.admin.Do(ctx, "CLUSTER", "MEET", host, port, all[0].bus).Err(); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, s)
	}
	whole := func() {
		for _, s := range all {
			Eventually(t, time.Minute, "the cluster is whole", func() bool {
				info := s.admin.ClusterInfo(ctx).Val()
				return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprint("cluster_known_nodes:", len(all)))
			})
		}
	}
	whole()
	f := &Failover{masters: all[:shards]}
	for i, s := range all[shards:] {
		master := f.masters[i%shards].admin.ClusterMyID(ctx).Val()
		Eventually(t, time.Minute, "the replica knows its master", func() bool { return s.admin.ClusterReplicate(ctx, master).Err() == nil })
		s.hasTheData(t)
	}
	whole()
	var addrs []string
	for _, s := range f.masters {
		addrs = append(addrs, s.addr)
	}
	f.URL = "redis://" + strings.Join(addrs, ",")
	return f
}

// KillMaster kills the master that holds keys of a pattern once its replica has all that it has: what dies with a master
// before it is replicated is another matter.
func (f *Failover) KillMaster(t testing.TB, pattern string) {
	t.Helper()
	ctx := t.Context()
	for _, s := range f.masters {
		if len(s.admin.Keys(ctx, pattern).Val()) == 0 {
			continue
		}
		Eventually(t, time.Minute, "the replica has all", func() bool {
			line := s.admin.Conn()
			defer line.Close()
			return line.Ping(ctx).Err() == nil && line.Do(ctx, "WAIT", 1, 1000).Val() == int64(1) // for all that was written before the ping
		})
		s.process.Kill()
		return
	}
	t.Fatalf("no master has %s", pattern)
}

// Admin is a line to a Redis or a Sentinel for a test that plays its operator.
func Admin(t testing.TB, addr string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, MaxRetries: -1, DisableIdentity: true, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// RedisAddr is the address of the world's Redis.
func (w *World) RedisAddr() string {
	return strings.TrimSuffix(strings.TrimPrefix(w.Redis, "redis://"), "/0")
}
