package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// openPanels is as many as a replica holds streams for; memoryLimit is what the manifests tell Go.
const (
	openPanels  = 2000
	memoryLimit = "136MiB"
)

// BenchmarkLoadStreams is what a replica needs of memory with 2,000 open panels, each of which keeps a stream of changes open.
// The profiles are kept in the folder PROFILES, when that is set.
func BenchmarkLoadStreams(b *testing.B) {
	for range b.N {
		w := rig.New(b, 1, "SIDECARD_LOG_LEVEL=warn")
		w.Processes[0].Stop(b)
		l := newLoad(b, w, newCrowd(b, w))
		l.guests = l.c.seed(b, w.Redis, nil, openPanels)
		profiles := rig.FreeAddr(b)
		l.serve(1, "SIDECARD_PPROF_ADDR="+profiles, "GOMEMLIMIT="+memoryLimit)
		l.streams(profiles)
	}
}

// streams opens the panels, then their streams, and lets a minute and a half of light load pass, in which each stream ends and
// is opened again twice or three times, as browsers do.
func (l *load) streams(profiles string) {
	l.b.Helper()
	panels := make([]string, openPanels)
	l.side(openPanels, func(i int) (err error) {
		if panels[i], err = l.open(i); err == nil {
			err = l.read(panels[i])
		}
		return err
	})
	figure("panels_read_rss_mib", l.rss(0), "MiB")
	ctx, cancel := context.WithCancel(l.b.Context())
	var listeners sync.WaitGroup
	defer listeners.Wait()
	defer cancel()
	browsers := http.DefaultTransport.(*http.Transport).Clone()
	browsers.MaxIdleConnsPerHost = openPanels
	defer browsers.CloseIdleConnections()
	var live atomic.Int64
	for _, panel := range panels {
		listeners.Go(func() {
			for ctx.Err() == nil {
				if err := listen(ctx, browsers, panel, &live); err != nil && ctx.Err() == nil {
					l.b.Error(err)
					return
				}
			}
		})
	}
	most := 0.0
	rig.Eventually(l.b, time.Minute, "all streams are open", func() bool {
		most = max(most, l.rss(0))
		return live.Load() == openPanels || l.b.Failed()
	})
	figure("streams_opened_at_once_mib", most, "MiB")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range 900 {
		<-tick.C
		if err := l.read(panels[i%openPanels]); err != nil {
			l.b.Fatal(err)
		}
		most = max(most, l.rss(0))
	}
	figure("streams_rss_mib", l.rss(0), "MiB")
	figure("streams_most_mib", most, "MiB")
	figure("streams_goroutines", goroutines(l.b, profiles), "goroutines")
	for _, kind := range []string{"heap", "goroutine"} {
		if err := keep(profiles, kind); err != nil {
			l.b.Error(err)
		}
	}
}

// listen holds a panel's stream until it ends.
func listen(ctx context.Context, browsers http.RoundTripper, panel string, live *atomic.Int64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, panel+"/changes?deals=12,13&contacts=7", nil)
	if err != nil {
		return err
	}
	res, err := browsers.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("stream: %s", res.Status)
	}
	live.Add(1)
	defer live.Add(-1)
	if _, err = io.Copy(io.Discard, res.Body); errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return err
}

// keep stores a profile for go tool pprof, if PROFILES names a folder.
func keep(addr, kind string) error {
	folder := os.Getenv("PROFILES")
	if folder == "" {
		return nil
	}
	res, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/%s", addr, kind))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	file, err := os.Create(filepath.Join(folder, "streams-"+kind+".pb.gz"))
	if err != nil {
		return err
	}
	_, err = io.Copy(file, res.Body)
	return cmp.Or(err, file.Close())
}
