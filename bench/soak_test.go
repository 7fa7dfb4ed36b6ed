package bench

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

var soakFor = flag.Duration("soak", 10*time.Minute, "how long BenchmarkSoak loads the service")

// Slack of the soak: what the last quarter may be above the second one.
const (
	slackMemory     = 1.15
	slackGoroutines = 1.20
	soakTenants     = 200
)

// BenchmarkSoak loads one replica steadily, five openings, five panels and two firings a second, and fails when memory or
// goroutines of the last quarter are above those of the second: the first one warms up. It belongs to `make soak`.
func BenchmarkSoak(b *testing.B) {
	for range b.N {
		w := rig.New(b, 1, "SIDECARD_LOG_LEVEL=warn")
		w.Processes[0].Stop(b)
		l := newLoad(b, w, newCrowd(b, w))
		l.guests = l.c.seed(b, w.Redis, nil, soakTenants)
		profiles := rig.FreeAddr(b)
		l.serve(1, "SIDECARD_PPROF_ADDR="+profiles)
		quarters := make([]quarter, 4)
		start := time.Now()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for n := 0; time.Since(start) < *soakFor; n++ {
			<-tick.C
			for i := range 5 {
				panel, err := l.open(5*n + i)
				if err == nil {
					err = l.read(panel)
				}
				if err == nil && i < 2 {
					err = l.fire(2*n + i)
				}
				if err != nil {
					b.Fatalf("after %s: %v", time.Since(start).Round(time.Second), err)
				}
			}
			q := &quarters[min(int(4*time.Since(start) / *soakFor), 3)]
			q.add(l.rss(0), goroutines(b, profiles))
		}
		for i, q := range quarters {
			figure(fmt.Sprintf("soak_quarter%d_rss_mib", i+1), q.rss/q.n, "MiB")
			figure(fmt.Sprintf("soak_quarter%d_goroutines", i+1), q.goroutines/q.n, "goroutines")
		}
		second, last := quarters[1], quarters[3]
		if got, most := last.rss/last.n, second.rss/second.n*slackMemory; got > most {
			b.Errorf("memory grew to %.1f MiB, more than %.1f", got, most)
		}
		if got, most := last.goroutines/last.n, second.goroutines/second.n*slackGoroutines; got > most {
			b.Errorf("goroutines grew to %.0f, more than %.0f", got, most)
		}
	}
}

// quarter sums what was seen in it.
type quarter struct{ rss, goroutines, n float64 }

func (q *quarter) add(rss, goroutines float64) {
	q.rss += rss
	q.goroutines += goroutines
	q.n++
}

var total = regexp.MustCompile(`^goroutine profile: total (\d+)`)

// goroutines asks a replica's profiles how many there are.
func goroutines(b *testing.B, addr string) float64 {
	b.Helper()
	res, err := http.Get("http://" + addr + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	m := total.FindSubmatch(page)
	if err != nil || m == nil {
		b.Fatalf("no goroutine profile: %v %.200s", err, page)
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
