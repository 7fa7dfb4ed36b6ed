package bench

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
)

// stocked is how many contacts an account has in the rows of the index, each with a phone and an e-mail.
const stocked = 20_000

// stock fills the account with contacts and has its index built; what that takes and costs are figures.
func stock(b *testing.B, w *rig.World) {
	b.Helper()
	indexed(w)
	fill(w)
	db := rig.Admin(b, w.RedisAddr())
	rebuild(b, db)
	w.Post(w.Amo+"/_sandbox/stats/reset", map[string]any{})
	start := time.Now()
	built(w)
	figure("index_build_s", time.Since(start).Seconds(), "s")
	figure("index_build_calls", float64(statsOf(w, w.Info.Accounts[0].Host).Total), "calls")
	bytes := int64(0)
	for _, key := range keys(b, db, "sc:{*}:index*") {
		bytes += db.MemoryUsage(b.Context(), key).Val()
	}
	figure("index_bytes_per_contact", float64(bytes)/stocked, "B")
}

// fill fills the account with contacts.
func fill(w *rig.World) {
	w.T.Helper()
	c := newCRM(w, 0)
	for start := 0; start < stocked; start += 250 {
		var in []any
		for i := start; i < start+250; i++ {
			in = append(in, map[string]any{"name": fmt.Sprint("Contact ", i), "custom_fields_values": []any{
				map[string]any{"field_code": "PHONE", "values": []any{map[string]any{"value": fmt.Sprintf("+7 (996) %07d", i)}}},
				map[string]any{"field_code": "EMAIL", "values": []any{map[string]any{"value": fmt.Sprintf("contact%d@example.com", i)}}}}})
		}
		c.call("POST", "/contacts", in)
	}
}

// rebuild has the index built anew, in the next second.
func rebuild(b testing.TB, db *redis.Client) {
	b.Helper()
	ctx := b.Context()
	for _, key := range keys(b, db, "sc:{*}:index") {
		db.Del(ctx, key)
	}
	for _, tenant := range db.ZRange(ctx, "sc:index:due", 0, -1).Val() {
		db.ZAdd(ctx, "sc:index:due", redis.Z{Score: 0, Member: tenant})
	}
}

// indexed waits until the account's index is built and its calls are no longer in the limiter's second.
func indexed(w *rig.World) {
	w.T.Helper()
	built(w)
	<-time.After(1500 * time.Millisecond)
}

func built(w *rig.World) {
	w.T.Helper()
	b := w.T
	db := rig.Admin(b, w.RedisAddr())
	rig.Eventually(b, 3*time.Minute, "the index is built", func() bool {
		for _, key := range keys(b, db, "sc:{*}:index") {
			if db.HGet(b.Context(), key, "ready").Val() == "1" {
				return true
			}
		}
		return false
	})
}

func keys(b testing.TB, db *redis.Client, pattern string) []string {
	b.Helper()
	found, err := db.Keys(b.Context(), pattern).Result()
	if err != nil {
		b.Fatal(err)
	}
	return found
}

// BenchmarkScan is what a running scan of all contacts costs those who open panels meanwhile: the 99th percentile of cached panels and
// of panels that are read anew, as a multiple of those after it.
func BenchmarkScan(b *testing.B) {
	const warm, fresh, pace = 500, 30, 600 * time.Millisecond
	for range b.N {
		w := rig.Connected(b, 1, "GOMAXPROCS=1", "SIDECARD_LOG_LEVEL=warn")
		indexed(w)
		fill(w)
		w.Fault(map[string]any{"latency_ms": 50})
		panel := w.Panel(w.Replicas[0], w.Ticket("two_pipelines"), nil) + "/people?wait=1"
		w.Get(http.DefaultClient, panel)
		measure := func() (cached, anew float64) {
			cached = p99(warm, func(int) { w.Get(http.DefaultClient, panel) })
			took := make([]time.Duration, fresh)
			for i := range took {
				<-time.After(pace) // within amoCRM's limit, as agents do
				start := time.Now()
				w.Get(http.DefaultClient, panel+"&fresh=1")
				took[i] = time.Since(start)
			}
			return cached, percentile(took)
		}
		db := rig.Admin(b, w.RedisAddr())
		rebuild(b, db)
		rig.Eventually(b, time.Minute, "the scan runs", func() bool { return scanned(b, db) > 250 })
		cachedBeside, anewBeside := measure()
		if scanned(b, db) >= stocked {
			b.Errorf("the scan was over too early")
		}
		indexed(w)
		cached, anew := measure()
		figure("panel_warm_after_scan_p99_ms", cached, "ms")
		figure("panel_fresh_after_scan_p99_ms", anew, "ms")
		figure("panel_warm_beside_scan_ratio", cachedBeside/cached, "of_without")
		figure("panel_fresh_beside_scan_ratio", anewBeside/anew, "of_without")
	}
}

// scanned is how many contacts a scan has read.
func scanned(b testing.TB, db *redis.Client) int {
	b.Helper()
	for _, key := range keys(b, db, "sc:{*}:index") {
		n, _ := db.HGet(b.Context(), key, "count").Int()
		return n
	}
	return 0
}
