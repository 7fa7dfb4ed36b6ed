package rules

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// BenchmarkAcceptAndHint compares, turn by turn on one Redis that syncs every write, the firing and its hint one after the
// other with both in one round trip.
func BenchmarkAcceptAndHint(b *testing.B) {
	l, ctx := realLedger(b), b.Context()
	h := hints{l.db, &clock{}}
	const turns = 500
	var apart, together []time.Duration
	for i := range turns {
		tenant := fmt.Sprint("t", i%20)
		start := time.Now()
		e, _, err := l.Accept(ctx, tenant, Offer{Request: firing(int64(2*i), "x")})
		if err == nil {
			err = h.set(ctx, tenant, e.DueAt)
		}
		if err != nil {
			b.Fatal(err)
		}
		apart = append(apart, time.Since(start))
		start = time.Now()
		var hinted *redis.Cmd
		_, _, err = l.Accept(ctx, tenant, Offer{Request: firing(int64(2*i+1), "x"),
			Behind: func(p redis.Pipeliner) { hinted = h.now(ctx, p, tenant) }})
		if err == nil {
			err = hinted.Err()
		}
		if err != nil {
			b.Fatal(err)
		}
		together = append(together, time.Since(start))
	}
	for name, took := range map[string][]time.Duration{"apart": apart, "together": together} {
		slices.Sort(took)
		b.ReportMetric(float64(took[turns/2].Microseconds())/1000, name+"_p50_ms")
		b.ReportMetric(float64(took[turns*99/100].Microseconds())/1000, name+"_p99_ms")
	}
}
