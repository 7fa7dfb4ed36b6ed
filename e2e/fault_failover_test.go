package e2e

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// A master that dies is replaced by Sentinel, and a replica of ours follows without a restart: firings that were accepted
// before are done, later ones are taken, the login is there.
func TestFault_redisFailsOver(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	ctx, ticket := t.Context(), w.Ticket("known_one_deal")
	made, _ := w.Fill(2)
	secondURL, _ := rig.StartRedis(t, t.TempDir())
	first, second := w.RedisAddr(), strings.TrimSuffix(strings.TrimPrefix(secondURL, "redis://"), "/0")
	host, port, err := net.SplitHostPort(first)
	if err != nil {
		t.Fatal(err)
	}
	replica := rig.Admin(t, second)
	if err := replica.Do(ctx, "REPLICAOF", host, port).Err(); err != nil {
		t.Fatal(err)
	}
	rig.Eventually(t, limit, "the replica has the data", func() bool {
		return strings.Contains(replica.Info(ctx, "replication").Val(), "master_link_status:up")
	})
	sentinel := rig.FreeAddr(t)
	_, sentinelPort, _ := net.SplitHostPort(sentinel)
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(conf, []byte("port "+sentinelPort+"\nbind 127.0.0.1\nsentinel monitor main "+host+" "+port+" 1\n"+
		"sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rig.Start(t, nil, "redis-server", conf, "--sentinel")
	watch := rig.Admin(t, sentinel)
	rig.Eventually(t, limit, "Sentinel knows the replica", func() bool {
		found, err := watch.Do(ctx, "SENTINEL", "REPLICAS", "main").Slice()
		return err == nil && len(found) == 1
	})

	request := w.BlockRequest(ticket, nil)
	w.Processes[0].Stop(t)
	base := w.Replicas[0]
	w.Processes[0] = w.Serve(base, "REDIS_URL=redis+sentinel://"+sentinel+"/0?master_name=main")
	turnsReady(t, base)
	w.Fault(map[string]any{"status": 503}) // so that the firing waits over the failover
	if status := w.offer(base, w.SeedRule(made[0], nil), patience); status != http.StatusAccepted {
		t.Fatalf("by way of Sentinel a rule got %d", status)
	}
	rig.Eventually(t, limit, "the replica has the firing", func() bool { // replication lags; WAIT is for tests
		return rig.Admin(t, first).Do(ctx, "WAIT", 1, 1000).Val() == int64(1)
	})
	w.RedisProcess.Kill()
	if status, _ := probe(t, base); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz says %d while there is no master", status)
	}
	if status := w.offer(base, w.SeedRule(made[1], nil), 2*patience); status != http.StatusServiceUnavailable && status != http.StatusAccepted {
		t.Errorf("during the failover a rule got %d", status)
	}
	w.stands(base, request)
	turnsReady(t, base)
	if role := replica.Info(ctx, "replication").Val(); !strings.Contains(role, "role:master") {
		t.Fatalf("ready without a new master: %s", role)
	}
	w.Fault(map[string]any{}) // clears it
	if status := w.offer(base, w.SeedRule(made[1], nil), patience); status != http.StatusAccepted {
		t.Errorf("after the failover a rule got %d", status)
	}
	w.settles(90*time.Second, 2, 2, 2)
	panel := w.Panel(base, ticket, nil)
	rig.Eventually(t, time.Minute, "the login is there, once the card's pause after amoCRM's trouble is over", func() bool {
		return strings.Contains(w.ask("the contacts", "GET", panel+"/people?wait=1", nil, false), "/contacts/detail/")
	})
}
