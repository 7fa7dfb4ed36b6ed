package store

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// backends are what everything above Open is tested on. Each opener makes n DBs, as n replicas have them, on one fresh Redis.
var backends = map[string]func(t *testing.T, n int) []*DB{
	"memory": func(t *testing.T, n int) []*DB {
		first, err := Open(t.Context(), Options{URL: "memory:"})
		if err != nil {
			t.Fatal(err)
		}
		closeAfter(t, first)
		dbs := []*DB{first}
		addr := first.UniversalClient.(*redis.Client).Options().Addr
		for len(dbs) < n {
			dbs = append(dbs, openURL(t, "redis://"+addr, first.Ring()))
		}
		return dbs
	},
	"redis": func(t *testing.T, n int) []*DB {
		dir := t.TempDir()
		dbs := make([]*DB, n)
		for i := range dbs {
			dbs[i] = openChild(t, dir)
		}
		return dbs
	},
	// One node that owns all slots refuses a script over two slots like a hundred nodes do.
	"cluster": func(t *testing.T, n int) []*DB {
		addr := startCluster(t)
		ring, _ := NewRing()
		dbs := make([]*DB, n)
		for i := range dbs {
			dbs[i] = openURL(t, addr+","+addr, ring)
		}
		return dbs
	},
}

func openURL(t *testing.T, url string, ring *Ring) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{URL: url, Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, db)
	return db
}

func closeAfter(t *testing.T, db *DB) {
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// cluster is one for the whole run: a node takes two seconds to trust its own slots.
var cluster struct {
	sync.Mutex
	url  string
	stop func()
}

func startCluster(t *testing.T) (url string) {
	needRedis(t)
	cluster.Lock()
	defer cluster.Unlock()
	if cluster.url != "" {
		client := redis.NewClient(&redis.Options{Addr: strings.TrimPrefix(cluster.url, "redis://")})
		defer client.Close()
		if err := client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		return cluster.url
	}
	for range 10 {
		if cluster.url = startNode(t); cluster.url != "" {
			return cluster.url
		}
	}
	t.Fatal("no cluster node stays up")
	return ""
}

// startNode returns "" when somebody else took a port between being found free and being listened on.
func startNode(t *testing.T) (url string) {
	var ports [2]string // for commands and for the bus of the cluster
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, ports[i], _ = net.SplitHostPort(listener.Addr().String())
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(redisProgram(), "--port", ports[0], "--bind", "127.0.0.1", "--cluster-enabled", "yes",
		"--cluster-port", ports[1], "--cluster-config-file", filepath.Join(t.TempDir(), "nodes.conf"), "--save", "")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // not to die with the thread of the first test
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ended atomic.Bool
	wait := make(chan struct{})
	go func() {
		defer close(wait)
		_ = cmd.Wait()
		ended.Store(true)
	}()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + ports[0]})
	defer client.Close()
	eventually(t, time.Minute, "the cluster node has its slots or has ended", func() bool {
		client.ClusterAddSlotsRange(t.Context(), 0, 16383)
		return ended.Load() || strings.Contains(client.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
	})
	if ended.Load() {
		return ""
	}
	cluster.stop = func() {
		_ = cmd.Process.Kill()
		<-wait
	}
	return "redis://127.0.0.1:" + ports[0]
}

// conform runs test on every backend with n DBs.
func conform(t *testing.T, n int, test func(t *testing.T, dbs []*DB)) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, n))
		})
	}
}

func TestLock_onlyOneHolder(t *testing.T) {
	conform(t, 3, func(t *testing.T, dbs []*DB) {
		var inside, most, turns atomic.Int32
		var wait sync.WaitGroup
		for i := range 24 {
			wait.Go(func() {
				unlock, err := dbs[i%3].Lock(t.Context(), Key("t", "lock"), 5*time.Second)
				if err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), inside.Add(1)))
				turns.Add(1)
				inside.Add(-1)
				unlock()
				unlock() // twice is harmless
			})
		}
		wait.Wait()
		if most.Load() != 1 || turns.Load() != 24 {
			t.Errorf("%d at once, %d turns; want 1 and 24", most.Load(), turns.Load())
		}
		if len(dbs[0].queue.names) != 0 {
			t.Errorf("queues left behind: %d", len(dbs[0].queue.names))
		}
	})
}

func TestLock_isRenewedWhileHeldAndEndsWithUnlock(t *testing.T) {
	conform(t, 2, func(t *testing.T, dbs []*DB) {
		const ttl = 600 * time.Millisecond
		unlock, err := dbs[0].Lock(t.Context(), Key("t", "lock"), ttl)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*ttl)
		defer cancel()
		if _, err := dbs[1].Lock(ctx, Key("t", "lock"), ttl); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a held lock: %v, want the deadline", err)
		}
		unlock()
		again, err := dbs[1].Lock(t.Context(), Key("t", "lock"), ttl)
		if err != nil {
			t.Fatal(err)
		}
		again()
		if n := dbs[0].Exists(context.Background(), Key("t", "lock")).Val(); n != 0 {
			t.Error("the lock is still there")
		}
	})
}

func TestLock_ofACrashedHolderEnds(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		key := Key("t", "lock")
		if err := dbs[0].Set(t.Context(), key, "somebody", 100*time.Millisecond).Err(); err != nil {
			t.Fatal(err)
		}
		unlock, err := dbs[0].Lock(t.Context(), key, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	})
}

func TestLock_unlockLeavesAnothersLock(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		key := Key("t", "lock")
		unlock, err := dbs[0].Lock(t.Context(), key, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		dbs[0].Set(t.Context(), key, "somebody", time.Minute) // as after a failover
		unlock()
		if got := dbs[0].Get(t.Context(), key).Val(); got != "somebody" {
			t.Errorf("the other's lock is %q", got)
		}
	})
}
