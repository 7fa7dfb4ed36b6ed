package metrics

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
)

func page(m *Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestMetrics_showWhatWasCounted(t *testing.T) {
	m := New("v1.2.3")
	m.Served("GET", "/blocks/amocrm/:session", 200, 20*time.Millisecond)
	m.Served("BREW", "", 404, time.Millisecond)
	m.Called(t.Context(), amocrm.Seen{Op: "GET /contacts/{id}", Status: 429, Took: time.Second})
	m.Called(t.Context(), amocrm.Seen{Op: "POST /leads", Took: time.Second})
	watch := m.Store()
	watch.Waited(store.Background, time.Second, nil)
	watch.Waited(store.Interactive, time.Second, errors.New("x"))
	watch.Read(store.ReadStale)
	got := page(m)
	for _, want := range []string{
		`sidecard_build_info{go="go1.`, `version="v1.2.3"} 1`,
		`sidecard_http_request_seconds_count{method="GET",route="/blocks/amocrm/:session",status="200"} 1`,
		`sidecard_http_request_seconds_count{method="other",route="none",status="404"} 1`,
		`sidecard_crm_call_seconds_count{endpoint="GET /contacts/{id}",outcome="429"} 1`,
		`sidecard_crm_call_seconds_count{endpoint="POST /leads",outcome="none"} 1`,
		`sidecard_limiter_wait_seconds_sum{outcome="ok",priority="background"} 1`,
		`sidecard_limiter_wait_seconds_sum{outcome="failed",priority="interactive"} 1`,
		`sidecard_cache_reads_total{result="stale"} 1`, `sidecard_cache_reads_total{result="hit"} 0`,
		`sidecard_notices_sent_total{outcome="failed",way="telegram"} 0`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not shown", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestRedis_anAnswerThatSaysNoIsNoFailure(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	m := New("x")
	m.Redis(client)
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

func TestFirings_countIsBoundedAndNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		slow := make(chan struct{})
		m := New("x")
		m.Firings(func(ctx context.Context) (map[ledger.State]ledger.Total, error) {
			if asked.Add(1) == 2 {
				<-slow
				return nil, errors.New("too slow")
			}
			return map[ledger.State]ledger.Total{
				ledger.StateHeld: {Count: 3, Oldest: time.Now().Add(-time.Minute)}, ledger.StateFailed: {},
			}, nil
		}, slog.New(slog.DiscardHandler))
		const held, age = `sidecard_firings{state="held"} 3`, `sidecard_firings_oldest_seconds{state="failed"} 0`
		for range 3 {
			if got := page(m); !strings.Contains(got, held) || !strings.Contains(got, age) {
				t.Fatalf("the queue is not shown:\n%s", got)
			}
		}
		if asked.Load() != 1 {
			t.Errorf("counted %d times for three scrapes at once", asked.Load())
		}
		time.Sleep(countEvery)
		start := time.Now()
		if got := page(m); !strings.Contains(got, held) || !strings.Contains(got, `oldest_seconds{state="held"} 76.5`) {
			t.Errorf("the last count is not shown while a slow one runs:\n%s", got)
		}
		if took := time.Since(start); took != scrapeWait {
			t.Errorf("a scrape waited %s", took)
		}
		close(slow)
		synctest.Wait()
		if got := page(m); !strings.Contains(got, held) {
			t.Errorf("a count that failed wiped the last one:\n%s", got)
		}
	})
}
