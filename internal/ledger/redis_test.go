package ledger

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/internal/store"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		server.stop()
		os.Exit(code)
	}))
}

// server is one Redis for all houses, each in a database of its own: the scripts run many times faster in it than in the
// in-memory one, whose clock can be set.
var server redisServer

type redisServer struct {
	begin sync.Once
	err   error
	dir   string
	cmd   *exec.Cmd
	used  atomic.Int64
}

const databases = 2000

// open returns an empty database.
func (s *redisServer) open(t testing.TB) *store.DB {
	t.Helper()
	s.begin.Do(s.start)
	if s.err != nil {
		t.Fatalf("redis-server is missing on PATH or does not start; install it and run: make test (%v)", s.err)
	}
	n := s.used.Add(1)
	if n >= databases {
		t.Fatal("all databases are used")
	}
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: fmt.Sprintf("unix://%s?db=%d", s.socket(), n), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (s *redisServer) socket() string { return filepath.Join(s.dir, "redis.sock") }

func (s *redisServer) start() {
	if s.dir, s.err = os.MkdirTemp("", "ledger"); s.err != nil {
		return
	}
	s.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket(), "--databases", fmt.Sprint(databases),
		"--save", "", "--appendonly", "no", "--dir", s.dir)
	if s.err = s.cmd.Start(); s.err != nil {
		return
	}
	for end := time.Now().Add(patience); ; {
		if _, s.err = os.Stat(s.socket()); s.err == nil || time.Now().After(end) {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (s *redisServer) stop() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}
