package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// aofSize is how large the file is that the service's own Redis writes to.
func aofSize(t *testing.T, dir string) uint64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("append-only files in %s: %v, %v", dir, files, err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return uint64(info.Size())
}

// redisOf is the process that keeps a service's own Redis.
func redisOf(t *testing.T, service int) int {
	t.Helper()
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(service) + "/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	for _, task := range tasks {
		more, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		raw = append(append(raw, ' '), more...)
	}
	for _, word := range strings.Fields(string(raw)) {
		if pid, err := strconv.Atoi(word); err == nil {
			return pid
		}
	}
	return 0
}

// limitFiles bounds the size of the files that a process may write: to it, a full disk.
func limitFiles(pid int, bytes string) error {
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(pid), "--fsize="+bytes+":").CombinedOutput()
	if err != nil {
		return fmt.Errorf("prlimit: %w: %s", err, out)
	}
	return nil
}

// When the disk of the service's own Redis is full, rules get 503 and the probe says that nothing can be stored; everything
// accepted before is kept, and with room again the service works without a restart.
func TestFault_diskOfOwnRedisFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := &suite{rig.Demo(t, dir, nil)}
	base := w.Replicas[0]
	request := w.BlockRequest(w.Ticket("known_one_deal"), nil)
	w.Panel(base, w.Ticket("known_one_deal"), nil) // without a login: the firings wait, none is under way
	made, _ := w.Fill(60)
	service := w.Processes[0].PID()
	redis := redisOf(t, service)
	if redis == 0 {
		t.Fatal("the service has no Redis of its own")
	}
	most := strconv.FormatUint(aofSize(t, dir)+20<<10, 10)
	for _, pid := range []int{redis, service} { // the next Redis inherits the limit from the service
		if err := limitFiles(pid, most); err != nil {
			t.Fatal(err)
		}
	}
	accepted, refused := 0, -1
	for i, ticket := range made {
		switch status := w.offer(base, w.SeedRule(ticket, nil), 2*patience); status {
		case http.StatusAccepted:
			accepted++
			continue
		case http.StatusServiceUnavailable:
			refused = i
		default:
			t.Fatalf("a rule got %d", status)
		}
		break
	}
	if refused < 0 {
		t.Fatalf("%d rules were accepted on a full disk", accepted)
	}
	// What is too much for a firing may still do for a few probes.
	rig.Eventually(t, limit, "/readyz says 503", func() bool {
		status, _ := probe(t, base)
		return status == http.StatusServiceUnavailable
	})
	if !rig.Answers(base + "/healthz") {
		t.Error("the process counts as dead and would be killed")
	}
	w.stands(base, request)
	if err := limitFiles(service, "unlimited"); err != nil {
		t.Fatal(err)
	}
	if redis = redisOf(t, service); redis != 0 {
		if err := limitFiles(redis, "unlimited"); err != nil {
			t.Log("the Redis has just ended:", err)
		}
	}
	turnsReady(t, base)
	if status := w.offer(base, w.SeedRule(made[refused], nil), 2*patience); status != http.StatusAccepted {
		t.Errorf("with room again the refused rule got %d", status)
	}
	w.Login(w.Panel(base, w.Ticket("known_one_deal"), nil))
	want := accepted + 1
	rig.Eventually(t, 90*time.Second, strconv.Itoa(want)+" leads", func() bool { return w.Stats().Leads == want })
}
