package rules

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

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/telemetry"
)

func page(r *prometheus.Registry) string {
	w := httptest.NewRecorder()
	telemetry.Handler(r).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestFirings_countIsBoundedAndNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		slow := make(chan struct{})
		m := telemetry.NewRegistry("x")
		m.MustRegister(&queue{log: slog.New(slog.DiscardHandler), count: func(ctx context.Context) (map[ledger.State]ledger.Total, error) {
			if asked.Add(1) == 2 {
				<-slow
				return nil, errors.New("too slow")
			}
			return map[ledger.State]ledger.Total{
				ledger.StateHeld: {Count: 3, Oldest: time.Now().Add(-time.Minute)}, ledger.StateFailed: {},
			}, nil
		}})
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
