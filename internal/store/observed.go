package store

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/turn"
)

// metrics are what costs time: slots of a Limiter, reads through the cache, round trips.
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
	m.waits.WithLabelValues([]string{"interactive", "background", "spare"}[p], telemetry.Outcome(err == nil)).Observe(took.Seconds())
}

// watch times the round trips of a client and shows its pool. Call it once.
func (m metrics) watch(client redis.UniversalClient) {
	client.AddHook(around(m.timed))
	gauge := func(name, help string, read func(*redis.PoolStats) uint32) {
		telemetry.Gauge(m.registry, name, help, func() float64 { return float64(read(client.PoolStats())) })
	}
	gauge("redis_pool_connections", "Connections to Redis.", func(s *redis.PoolStats) uint32 { return s.TotalConns })
	gauge("redis_pool_idle_connections", "Connections to Redis that nobody uses.", func(s *redis.PoolStats) uint32 { return s.IdleConns })
	gauge("redis_pool_timeouts", "Waits for a connection that were in vain, since the start.", func(s *redis.PoolStats) uint32 { return s.Timeouts })
}

// around is a hook that sees each round trip: of one command, or of a pipeline.
type around func(ctx context.Context, name string, cmds []redis.Cmder, next func(context.Context) error) error

const pipeline = "pipeline" // name of a round trip of several commands

func (a around) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a around) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return a(ctx, cmd.Name(), []redis.Cmder{cmd}, func(ctx context.Context) error { return next(ctx, cmd) })
	}
}

func (a around) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return a(ctx, pipeline, cmds, func(ctx context.Context) error { return next(ctx, cmds) })
	}
}

// yielding lets requests go before work that nobody waits for (package turn).
func yielding(ctx context.Context, _ string, _ []redis.Cmder, next func(context.Context) error) error {
	turn.Wait(ctx)
	return next(ctx)
}

// timed counts answers of Redis that say no (nothing there, a script that is not loaded) as good: it answered.
func (m metrics) timed(ctx context.Context, name string, _ []redis.Cmder, next func(context.Context) error) error {
	kind, start := "command", time.Now()
	if name == pipeline {
		kind = pipeline
	}
	err := next(ctx)
	m.trips.WithLabelValues(kind, telemetry.Outcome(err == nil || isAnswer(err))).Observe(time.Since(start).Seconds())
	return err
}

// traced records the commands that belong to a trace; what runs by itself, as the workers' polls, starts none. It records names
// alone: keys hold ids, arguments what is stored, errors either.
func traced(ctx context.Context, name string, cmds []redis.Cmder, next func(context.Context) error) error {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return next(ctx)
	}
	ctx, span := otel.Tracer("github.com/sidecard/sidecard/internal/store").Start(ctx, "redis "+name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "redis"), attribute.String("db.operation.name", name)))
	defer span.End()
	if len(cmds) != 1 {
		span.SetAttributes(attribute.Int("db.operation.batch.size", len(cmds)))
	}
	err := next(ctx)
	if err != nil && !isAnswer(err) {
		span.SetStatus(codes.Error, "")
	}
	return err
}

// isAnswer reports whether an error is what Redis said, and not that it could not be asked.
func isAnswer(err error) bool {
	_, said := errors.AsType[redis.Error](err)
	return said
}
