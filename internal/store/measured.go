package store

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/telemetry"
)

// metrics are what costs time: slots of a Pace, reads through the cache, round trips.
type metrics struct {
	registry prometheus.Registerer
	waits    *prometheus.HistogramVec
	reads    *prometheus.CounterVec
	trips    *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) metrics {
	return metrics{
		registry: r,
		waits: telemetry.Histogram(r, "limiter_wait_seconds", "Waits for a slot of amoCRM's limit of requests a second.",
			[]float64{.001, .01, .05, .1, .25, .5, 1, 2, 5, 10, 30}, "priority", "outcome"),
		reads: telemetry.Counter(r, "cache_reads_total", "Reads through the cache: hit, miss (loaded), stale (an old value had to do), failed.",
			"result", "hit", "miss", "stale", "failed"),
		trips: telemetry.Histogram(r, "redis_command_seconds", "Round trips to Redis.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}, "kind", "outcome"),
	}
}

// waited counts how long a request waited for its slot, also when err tells that it got none.
func (m metrics) waited(p Priority, took time.Duration, err error) {
	priority := "interactive"
	if p == Background {
		priority = "background"
	}
	m.waits.WithLabelValues(priority, telemetry.Outcome(err == nil)).Observe(took.Seconds())
}

// watch times the round trips of a client and shows its pool. Call it once.
func (m metrics) watch(client redis.UniversalClient) {
	client.AddHook(trips{m.trips})
	gauge := func(name, help string, read func(*redis.PoolStats) uint32) {
		telemetry.Gauge(m.registry, name, help, func() float64 { return float64(read(client.PoolStats())) })
	}
	gauge("redis_pool_connections", "Connections to Redis.", func(s *redis.PoolStats) uint32 { return s.TotalConns })
	gauge("redis_pool_idle_connections", "Connections to Redis that nobody uses.", func(s *redis.PoolStats) uint32 { return s.IdleConns })
	gauge("redis_pool_timeouts", "Waits for a connection that were in vain, since the start.", func(s *redis.PoolStats) uint32 { return s.Timeouts })
}

// trips times every round trip.
type trips struct{ seconds *prometheus.HistogramVec }

func (t trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (t trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		start := time.Now()
		err := next(ctx, cmd)
		t.seen("command", start, err)
		return err
	}
}

func (t trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		start := time.Now()
		err := next(ctx, cmds)
		t.seen("pipeline", start, err)
		return err
	}
}

// seen counts answers of Redis that say no (nothing there, a script that is not loaded) as good: it answered.
func (t trips) seen(kind string, start time.Time, err error) {
	var said redis.Error
	t.seconds.WithLabelValues(kind, telemetry.Outcome(err == nil || errors.As(err, &said))).Observe(time.Since(start).Seconds())
}
