package bench

import (
	"fmt"
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
	db, ctx := rig.Admin(b, w.RedisAddr()), b.Context()
	for _, key := range keys(b, db, "sc:{*}:index") { // built anew, in the next second
		db.Del(ctx, key)
	}
	for _, tenant := range db.ZRange(ctx, "sc:index:due", 0, -1).Val() {
		db.ZAdd(ctx, "sc:index:due", redis.Z{Score: 0, Member: tenant})
	}
	w.Post(w.Amo+"/_sandbox/stats/reset", map[string]any{})
	start := time.Now()
	built(w)
	figure("index_build_s", time.Since(start).Seconds(), "s")
	figure("index_build_calls", float64(statsOf(w, w.Info.Accounts[0].Host).Total), "calls")
	bytes := int64(0)
	for _, key := range keys(b, db, "sc:{*}:index*") {
		bytes += db.MemoryUsage(ctx, key).Val()
	}
	figure("index_bytes_per_contact", float64(bytes)/stocked, "B")
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
