package rules

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/telemetry"
)

const (
	countEvery  = 15 * time.Second        // however often somebody scrapes
	countWithin = 30 * time.Second        // one count of all tenants
	scrapeWait  = 1500 * time.Millisecond // of a scrape for a count that it began
)

// metered registers what there is to count: jobs that come to rest, by their label if they have one, and the queue.
func (s *Service) metered() {
	r := s.deps.Metrics
	ends := []string{string(ledger.StateDone), string(ledger.StateHeld), string(ledger.StateFailed), string(ledger.StateAccepted)}
	for _, l := range ledger.Labels {
		ends = append(ends, string(l))
	}
	ended := telemetry.Counter(r, "firings_settled_total", "Firings that came to rest or wait again, by state.", "state", ends...)
	onOutcome := s.deps.OnOutcome
	s.deps.OnOutcome = func(j jobs.Job) {
		ended.WithLabelValues(jobs.StateOf(j)).Inc()
		if onOutcome != nil {
			onOutcome(j)
		}
	}
	if r != nil {
		r.MustRegister(&queue{count: s.totals, log: s.deps.Log})
	}
}

// totals counts what is unfinished or failed over all tenants.
func (s *Service) totals(ctx context.Context) (map[ledger.State]ledger.Total, error) {
	return s.deps.Ledger.Totals(ctx, s.deps.Tenants.Each)
}

var (
	queueDepth = prometheus.NewDesc("sidecard_firings", "Firings of all tenants by state, the same on every replica.", []string{"state"}, nil)
	queueAge   = prometheus.NewDesc("sidecard_firings_oldest_seconds",
		"Age of the oldest of these firings since it was accepted, 0 when there is none.", []string{"state"}, nil)
	queueAt = prometheus.NewDesc("sidecard_firings_counted_timestamp_seconds", "When the firings were counted last.", nil, nil)
)

// queue is a collector with the last count. It is asked at a scrape, at most every 15 seconds; a scrape waits for it a moment and
// then shows the last count, whose time is told beside it.
type queue struct {
	count func(context.Context) (map[ledger.State]ledger.Total, error)
	log   *slog.Logger

	mu      sync.Mutex
	last    map[ledger.State]ledger.Total
	at      time.Time
	running chan struct{} // closed when the count under way has ended, nil when none is
	began   time.Time
}

func (q *queue) Describe(c chan<- *prometheus.Desc) {
	c <- queueDepth
	c <- queueAge
	c <- queueAt
}

func (q *queue) Collect(c chan<- prometheus.Metric) {
	if running := q.begin(); running != nil {
		select {
		case <-running:
		case <-time.After(scrapeWait):
		}
	}
	q.mu.Lock()
	last, at := q.last, q.at
	q.mu.Unlock()
	if at.IsZero() {
		return
	}
	for state, w := range last {
		age := 0.0
		if !w.Oldest.IsZero() {
			age = max(time.Since(w.Oldest).Seconds(), 0)
		}
		c <- prometheus.MustNewConstMetric(queueDepth, prometheus.GaugeValue, float64(w.Count), string(state))
		c <- prometheus.MustNewConstMetric(queueAge, prometheus.GaugeValue, age, string(state))
	}
	c <- prometheus.MustNewConstMetric(queueAt, prometheus.GaugeValue, float64(at.UnixMilli())/1000)
}

// begin starts a count unless the last is young; it returns what to wait for, nil for nothing. A count outlives its scrape,
// but not countWithin.
func (q *queue) begin() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running != nil || time.Since(q.began) < countEvery {
		return q.running
	}
	done := make(chan struct{})
	q.running, q.began = done, time.Now()
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), countWithin)
		defer cancel()
		found, err := q.count(ctx)
		q.mu.Lock()
		defer q.mu.Unlock()
		q.running = nil
		if err != nil {
			q.log.Warn("firings not counted", "error", err)
			return
		}
		q.last, q.at = found, time.Now()
	}()
	return done
}
