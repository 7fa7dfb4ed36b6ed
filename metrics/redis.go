package metrics

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// Redis watches the round trips of a client and its pool. Call it once.
func (m *Metrics) Redis(client redis.UniversalClient) {
	client.AddHook(trips{m})
	gauge := func(name, help string, read func(*redis.PoolStats) uint32) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help},
			func() float64 { return float64(read(client.PoolStats())) }))
	}
	gauge("redis_pool_connections", "Connections to Redis.", func(s *redis.PoolStats) uint32 { return s.TotalConns })
	gauge("redis_pool_idle_connections", "Connections to Redis that nobody uses.", func(s *redis.PoolStats) uint32 { return s.IdleConns })
	gauge("redis_pool_timeouts", "Waits for a connection that were in vain, since the start.", func(s *redis.PoolStats) uint32 { return s.Timeouts })
}

// trips times every round trip.
type trips struct{ m *Metrics }

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
	t.m.redis.WithLabelValues(kind, outcome(err == nil || errors.As(err, &said))).Observe(time.Since(start).Seconds())
}
