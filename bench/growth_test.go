package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// BenchmarkLoad is how the three requests' cost grows with tenants, replicas and a cluster.
func BenchmarkLoad(b *testing.B) {
	for range b.N {
		w := rig.New(b, 1, "SIDECARD_LOG_LEVEL=warn")
		w.Processes[0].Stop(b)
		l := newLoad(b, w, newCrowd(b, w))
		for _, tenants := range []int{1, 100, manyAre} {
			l.guests = l.c.seed(b, w.Redis, l.guests, tenants)
			l.serve(1)
			l.round(fmt.Sprintf("load_%d_tenants", tenants))
			l.stop()
		}
		for _, replicas := range []int{2, 3} {
			l.serve(replicas)
			l.round(fmt.Sprintf("load_%d_replicas", replicas))
		}
		l.stop()

		cluster := rig.Cluster(b, 0).URL
		l.guests = l.c.seed(b, cluster, nil, 100)
		l.serve(1, "REDIS_URL="+cluster)
		l.round("load_cluster")
	}
}

// round measures openings, warm panels and firings with all that follows from them.
func (l *load) round(name string) {
	l.b.Helper()
	panels := make([]string, openings)
	open := func(i int) (err error) {
		panels[i], err = l.open(i)
		return err
	}
	for i := range 50 {
		if err := open(i); err != nil {
			l.b.Fatal(err)
		}
	}
	p99, cpu := l.side(openings, open)
	figure(name+"_block_p99_ms", p99, "ms")
	figure(name+"_block_per_core", 1000/cpu, "requests/s")
	warm := min(len(l.guests), readings/2) // each tenant's panel once before, for its cache
	l.side(warm, func(i int) error { return l.read(panels[i]) })
	p99, cpu = l.side(readings, func(i int) error { return l.read(panels[i%warm]) })
	figure(name+"_panel_p99_ms", p99, "ms")
	figure(name+"_panel_per_core", 1000/cpu, "requests/s")

	leads, before := l.c.leads.Load(), l.cpu()
	p99, _ = l.side(asked, l.fire)
	figure(name+"_accept_p99_ms", p99, "ms")
	rig.Eventually(l.b, 3*time.Minute, "all firings are deals", func() bool { return l.c.leads.Load()-leads >= asked })
	figure(name+"_firing_per_core", asked/(l.cpu()-before).Seconds(), "firings/s")
	figure(name+"_rss_mib", l.rss(0), "MiB")
}

// BenchmarkLoadMemory is what a replica needs of memory with 10,000 tenants and 1,000 open sessions.
func BenchmarkLoadMemory(b *testing.B) {
	for range b.N {
		w := rig.New(b, 1, "SIDECARD_LOG_LEVEL=warn")
		w.Processes[0].Stop(b)
		l := newLoad(b, w, newCrowd(b, w))
		l.guests = l.c.seed(b, w.Redis, nil, manyAre)
		l.serve(1)
		figure("rss_at_start_mib", l.rss(0), "MiB")
		l.memory()
	}
}

// memory opens 1,000 sessions of as many tenants, reads each panel, and lets a minute of light load pass.
func (l *load) memory() {
	l.b.Helper()
	panels := make([]string, manyOpen)
	l.side(manyOpen, func(i int) (err error) {
		if panels[i], err = l.open(i); err == nil {
			err = l.read(panels[i])
		}
		return err
	})
	figure("rss_after_opening_mib", l.rss(0), "MiB")
	most := 0.0
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range 600 {
		<-tick.C
		if err := l.read(panels[i%manyOpen]); err != nil {
			l.b.Fatal(err)
		}
		most = max(most, l.rss(0))
	}
	figure("rss_mib", l.rss(0), "MiB")
	figure("rss_most_mib", most, "MiB")
}
