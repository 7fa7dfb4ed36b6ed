package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// filed reports whether a text stands in a file of Redis' append-only folder.
func filed(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no append-only file in %s: %v", dir, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}

// removed is a Redis in dir whose file still holds what was removed.
func removed(t *testing.T, dir, canary string) *DB {
	t.Helper()
	db, ctx := openChild(t, dir), t.Context()
	if err := db.Set(ctx, Key("t1", "made", canary), "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := db.Del(ctx, Key("t1", "made", canary)).Err(); err != nil {
		t.Fatal(err)
	}
	if !filed(t, dir, canary) {
		t.Fatal("the file does not hold what was removed: the test does not see it")
	}
	return db
}

func TestRewriteAOF_leavesNothingOfWhatWasRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := removed(t, dir, "canary")
	if end, why, err := db.RewriteAOF(t.Context()); err != nil || end != RewriteDone {
		t.Fatalf("%q %q, %v", end, why, err)
	}
	// Redis removes the files before in the background.
	eventually(t, time.Minute, "the file does not hold it any more", func() bool { return !filed(t, dir, "canary") })
}

func TestRewriteAOF_goesAfterOneThatIsUnderWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, ctx := removed(t, dir, "canary"), t.Context()
	if err := db.ConfigSet(ctx, "rdb-key-save-delay", "10000").Err(); err != nil { // µs a key: keeps the one under way busy
		t.Fatal(err)
	}
	for i := range 100 {
		if err := db.Set(ctx, Key("t1", "made", "kept", strings.Repeat("x", i)), "1", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Set(ctx, Key("t1", "made", "late"), "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := db.BgRewriteAOF(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if err := db.Del(ctx, Key("t1", "made", "late")).Err(); err != nil {
		t.Fatal(err)
	}
	if end, why, err := db.RewriteAOF(ctx); err != nil || end != RewriteDone {
		t.Fatalf("%q %q, %v", end, why, err)
	}
	eventually(t, time.Minute, "the file does not hold it any more", func() bool { return !filed(t, dir, "late") })
}

func TestRewriteAOF_saysWhenItIsNotPermitted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, ctx := removed(t, dir, "canary"), t.Context()
	socket := db.UniversalClient.(*redis.Client).Options().Addr
	for name, rules := range map[string][]any{"all but that": {"+@all", "-bgrewriteaof"}, "no INFO either": {"+@all", "-bgrewriteaof", "-info"}} {
		if err := db.Do(ctx, append([]any{"ACL", "SETUSER", "limited", "on", ">pass", "~*", "&*", "resetkeys", "~*"}, rules...)...).Err(); err != nil {
			t.Fatal(err)
		}
		limited := openURL(t, "unix://limited:pass@"+socket, db.Ring())
		if end, why, err := limited.RewriteAOF(ctx); err != nil || end != RewriteRefused || !strings.Contains(why, "bgrewriteaof") {
			t.Errorf("%s: %q %q, %v", name, end, why, err)
		}
	}
	if !filed(t, dir, "canary") {
		t.Error("the file was rewritten all the same")
	}
}

func TestRewriteAOF_withoutSuchAFile(t *testing.T) {
	t.Parallel()
	memory, err := Open(t.Context(), Options{URL: "memory:"})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, memory)
	child := openChild(t, t.TempDir())
	if err := child.ConfigSet(t.Context(), "appendonly", "no").Err(); err != nil {
		t.Fatal(err)
	}
	for name, db := range map[string]*DB{"memory": memory, "switched off": child} {
		if end, _, err := db.RewriteAOF(t.Context()); err != nil || end != RewriteNone {
			t.Errorf("%s: %q, %v", name, end, err)
		}
	}
}

func TestRewriteAOF_saysWhenRedisIsGone(t *testing.T) {
	t.Parallel()
	db := openChild(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if end, _, err := db.RewriteAOF(ctx); err == nil {
		t.Errorf("%q", end)
	}
}
