package store

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/sidecard/sidecard/internal/telemetry"
)

func page(r *prometheus.Registry) string {
	w := httptest.NewRecorder()
	telemetry.Handler(r).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestMetrics_ofWaitsAndReads(t *testing.T) {
	r := telemetry.NewRegistry("x")
	m := newMetrics(r)
	m.waited(Background, time.Second, nil)
	m.waited(Interactive, time.Second, errors.New("x"))
	m.reads.WithLabelValues("stale").Inc()
	got := page(r)
	for _, want := range []string{
		`sidecard_limiter_wait_seconds_sum{outcome="ok",priority="background"} 1`,
		`sidecard_limiter_wait_seconds_sum{outcome="failed",priority="interactive"} 1`,
		`sidecard_cache_reads_total{result="stale"} 1`, `sidecard_cache_reads_total{result="hit"} 0`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not shown:\n%s", want, got)
		}
	}
}

func TestRedis_anAnswerThatSaysNoIsNoFailure(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	m := telemetry.NewRegistry("x")
	newMetrics(m).watch(client)
	_ = client.Get(t.Context(), "nothing").Err()
	_ = client.LPush(t.Context(), "list", 1).Err()
	_ = client.Incr(t.Context(), "list").Err()
	if got := page(m); strings.Contains(got, `redis_command_seconds_count{kind="command",outcome="failed"}`) ||
		!strings.Contains(got, `sidecard_redis_pool_connections 1`) {
		t.Errorf("refusals count as failures, or the pool is not shown:\n%s", got)
	}
	server.Close()
	_ = client.Get(t.Context(), "nothing").Err()
	if got := page(m); !strings.Contains(got, `redis_command_seconds_count{kind="command",outcome="failed"} 1`) {
		t.Errorf("a Redis that is away is not shown:\n%s", got)
	}
}

func TestSpans_namesAloneAndOnlyInsideATrace(t *testing.T) {
	rec := tracetest.NewSpanRecorder()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(rec)))
	t.Cleanup(func() { otel.SetTracerProvider(noop.NewTracerProvider()) })
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	addr := server.Addr()
	client.AddHook(around(traced))
	if err := client.Set(t.Context(), "secret-alone", "secret-value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, span := otel.Tracer("x").Start(t.Context(), "haul")
	_ = client.LPush(ctx, "secret-alone", "secret-value").Err() // refused, with an answer
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Get(ctx, "secret-key")
		p.Del(ctx, "secret-key")
		return nil
	})
	if !errors.Is(err, redis.Nil) {
		t.Fatal(err)
	}
	server.Close()
	_ = client.Get(ctx, "secret-key").Err()
	span.End()

	got := map[string]sdktrace.ReadOnlySpan{}
	for _, s := range rec.Ended() {
		got[s.Name()] = s
		if all := fmt.Sprint(s.Attributes(), s.Events(), s.Status()); strings.Contains(all, "secret") || strings.Contains(all, addr) {
			t.Errorf("%s holds %s", s.Name(), all)
		}
	}
	status := func(name string) string {
		if s, ok := got[name]; ok {
			return s.Status().Code.String()
		}
		return "none"
	}
	for name, want := range map[string]string{"redis set": "none", "redis lpush": codes.Unset.String(), "redis pipeline": codes.Unset.String(),
		"redis get": codes.Error.String()} {
		if status(name) != want {
			t.Errorf("%s: %s, want %s", name, status(name), want)
		}
	}
	want := []attribute.KeyValue{attribute.String("db.system.name", "redis"), attribute.String("db.operation.name", "pipeline"), attribute.Int("db.operation.batch.size", 2)}
	if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got["redis pipeline"].Attributes())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
