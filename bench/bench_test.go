// Package bench measures the whole program against the local amoCRM: real binary, real redis-server, loopback. Each figure
// ends as one line "name value unit" after the run. README.md holds the figures and how to repeat them.
package bench

import (
	"flag"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

var figures []string

func figure(name string, value float64, unit string) {
	figures = append(figures, fmt.Sprintf("%s %.2f %s", name, value, unit))
}

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" { // nothing to measure: nothing to build
		os.Exit(m.Run())
	}
	rig.SandboxAside = true
	code := rig.Main(m, "redis-server")
	for _, f := range figures {
		fmt.Println(f)
	}
	os.Exit(code)
}

// p99 runs f n times and returns the 99th percentile in milliseconds.
func p99(n int, f func(i int)) float64 {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		f(i)
		took[i] = time.Since(start)
	}
	return percentile(took)
}

func percentile(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)*99/100].Microseconds()) / 1000
}

// BenchmarkBlock is the helpdesk's POST for a ticket: it must not wait for the CRM.
func BenchmarkBlock(b *testing.B) {
	for range b.N {
		w := rig.Connected(b, 1, "GOMAXPROCS=1", "SIDECARD_LOG_LEVEL=warn")
		request := w.BlockRequest(w.Ticket("known_one_deal"), nil)
		w.Open(w.Replicas[0], request)
		w.Fault(map[string]any{"latency_ms": 2000})
		figure("block_p99_ms", p99(500, func(int) { w.Open(w.Replicas[0], request) }), "ms")
	}
}

// BenchmarkPanelWarm is the panel with everything cached.
func BenchmarkPanelWarm(b *testing.B) {
	for range b.N {
		w := rig.Connected(b, 1, "GOMAXPROCS=1", "SIDECARD_LOG_LEVEL=warn")
		panel := w.Panel(w.Replicas[0], w.Ticket("two_pipelines"), nil) + "?wait=1"
		w.Get(http.DefaultClient, panel)
		indexed(w) // as the webhook subscription and the forms' vocabulary are before, in the background
		before := w.Stats()
		const n = 500
		ms := p99(n, func(int) { w.Get(http.DefaultClient, panel) })
		figure("panel_warm_p99_ms", ms, "ms")
		figure("panel_warm_calls", float64(w.Stats().Total-before.Total)/n, "calls")
	}
}

// BenchmarkPanelCold is the panel with nothing cached but the index, and 120 ms of CRM latency, as a share of two round trips.
func BenchmarkPanelCold(b *testing.B) {
	const latency = 120 * time.Millisecond
	for range b.N {
		var ratios []float64
		var calls int
		for range 5 {
			w := rig.Connected(b, 1, "SIDECARD_LOG_LEVEL=warn")
			indexed(w)
			w.Fault(map[string]any{"latency_ms": latency.Milliseconds()})
			panel := w.Panel(w.Replicas[0], w.Ticket("sixty_deals"), nil)
			before, start := w.Stats(), time.Now()
			if _, page := w.Get(http.DefaultClient, panel+"?wait=1"); !strings.Contains(page, `class="card person`) {
				b.Fatalf("no person in the cold panel:\n%s", page)
			}
			calls = w.Stats().Total - before.Total
			ratios = append(ratios, float64(time.Since(start))/float64(2*latency))
		}
		slices.Sort(ratios)
		figure("panel_cold_depth", math.Floor(2*ratios[len(ratios)/2]), "round_trips") // what fits into the time, rounded down
		figure("panel_cold_calls", float64(calls), "calls")
		figure("panel_cold_ratio", ratios[len(ratios)/2], "of_two_round_trips")
	}
}

// BenchmarkAccept is the 202 at 200 firings a second, after as many bare writes to the same Redis: what its disk takes of it.
func BenchmarkAccept(b *testing.B) {
	const rate, seconds = 200, 15 // so that a single stall of the disk is not a hundredth of it
	for range b.N {
		w := rig.Connected(b, 1, "GOMAXPROCS=1", "SIDECARD_LOG_LEVEL=warn")
		tickets, _ := w.Fill(rate * seconds / 10)
		warm(w)
		db, body := rig.Admin(b, w.RedisAddr()), strings.Repeat("x", 1<<10)
		figure("accept_bare_write_p99_ms", percentile(steady(rate, seconds, func(i int) {
			if err := db.Set(b.Context(), fmt.Sprint("bench:", i), body, time.Minute).Err(); err != nil {
				b.Error(err)
			}
		})), "ms")
		figure("accept_p99_ms", percentile(steady(rate, seconds, func(i int) {
			rule := w.SeedRule(tickets[i%len(tickets)], map[string]any{"comment": fmt.Sprint("bench ", i)})
			if status, body := w.Post(w.Replicas[0]+"/api/freeCreateLead", rule); status != http.StatusAccepted {
				b.Errorf("firing %d: %d %s", i, status, body)
			}
		})), "ms")
	}
}

// steady starts f rate times a second, whether or not the ones before have ended.
func steady(rate, seconds int, f func(i int)) []time.Duration {
	took := make([]time.Duration, rate*seconds)
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for i := range took {
		<-tick.C
		wg.Go(func() {
			start := time.Now()
			f(i)
			took[i] = time.Since(start)
		})
	}
	wg.Wait()
	return took
}

// BenchmarkLimit is three replicas under load: the highest number of requests in any sliding second. The firings come one
// by one, each alone on its way.
func BenchmarkLimit(b *testing.B) {
	for range b.N {
		w := rig.Connected(b, 3, "SIDECARD_LOG_LEVEL=warn")
		const firings, tickets = 50, 10
		filled, _ := w.Fill(tickets)
		warm(w)
		start := time.Now()
		before := w.Stats()
		for i := range firings {
			w.Post(w.Replicas[i%3]+"/api/freeCreateLead", w.SeedRule(filled[i%tickets], map[string]any{"comment": fmt.Sprint(i)}))
		}
		rig.Eventually(b, 2*time.Minute, "all firings are leads", func() bool { return w.Stats().Leads-before.Leads == firings })
		s := w.Stats()
		figure("max_per_sliding_second", float64(s.Max), "requests")
		figure("rules_three_replicas_drain_s", time.Since(start).Seconds(), "s")
		figure("rules_three_replicas_calls_per_lead", float64(s.Total-before.Total)/firings, "calls")
	}
}

// BenchmarkReady is the time from start to ready with a Redis at hand.
func BenchmarkReady(b *testing.B) {
	for range b.N {
		w := rig.New(b, 1, "SIDECARD_LOG_LEVEL=warn")
		w.Processes[0].Stop(b)
		start := time.Now()
		w.Serve(w.Replicas[0], "SIDECARD_LOG_LEVEL=warn")
		for !rig.Answers(w.Replicas[0] + "/readyz") {
			if time.Since(start) > 10*time.Second {
				b.Fatal("not ready within 10 s")
			}
			<-time.After(2 * time.Millisecond)
		}
		figure("ready_ms", float64(time.Since(start).Milliseconds()), "ms")
	}
}
