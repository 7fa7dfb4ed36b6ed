package store

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

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
