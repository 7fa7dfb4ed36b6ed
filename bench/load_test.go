package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// What one round of load is.
const (
	openings = 1500
	readings = 600
	asked    = 600 // firings
	sides    = 4   // requests under way at once
	manyOpen = 1000
	manyAre  = 10_000
)

// load is replicas under a crowd's requests.
type load struct {
	b       *testing.B
	c       *crowd
	http    *http.Client
	bases   []string
	running []*rig.Process
	guests  []guest
	block   []byte // of a ticket, without account and token
	tickets []int64
	sent    atomic.Int64 // firings, so that no two are the same
}

func newLoad(b *testing.B, w *rig.World, c *crowd) *load {
	block, err := json.Marshal(w.BlockRequest(w.Ticket("two_pipelines"), map[string]any{"amo_base_host": nil, "usedesk_api_token": nil}))
	if err != nil {
		b.Fatal(err)
	}
	tickets, _ := w.Fill(60)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 2 * sides
	b.Cleanup(transport.CloseIdleConnections)
	return &load{b: b, c: c, http: &http.Client{Transport: transport, Timeout: time.Minute}, block: block, tickets: tickets}
}

// serve adds replicas, each on one core, until there are n.
func (l *load) serve(n int, extra ...string) {
	for len(l.bases) < n {
		base := "http://" + rig.FreeAddr(l.b)
		env := append(l.c.env(), "GOMAXPROCS=1", "SIDECARD_LOG_LEVEL=warn")
		l.running = append(l.running, l.c.w.Serve(base, append(env, extra...)...))
		rig.Eventually(l.b, time.Minute, "replica is ready", func() bool { return rig.Answers(base + "/readyz") })
		l.bases = append(l.bases, base)
	}
}

func (l *load) stop() {
	for _, p := range l.running {
		p.Stop(l.b)
	}
	l.running, l.bases = nil, nil
}

// side sends n requests, some at a time, and returns their 99th percentile in ms and what one cost the replicas in ms of a core.
func (l *load) side(n int, do func(i int) error) (p99, cpu float64) {
	took := make([]time.Duration, n)
	before := l.cpu()
	var next atomic.Int64
	var all sync.WaitGroup
	for range sides {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				start := time.Now()
				if err := do(i); err != nil {
					l.b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	all.Wait()
	if l.b.Failed() {
		l.b.FailNow()
	}
	return percentile(took), float64((l.cpu() - before).Microseconds()) / 1000 / float64(n)
}

var panelURL = regexp.MustCompile(`<iframe[^>]*\ssrc="([^"]+)"`)

// open posts a block request of tenant i and returns its panel.
func (l *load) open(i int) (panel string, err error) {
	g := l.guests[i%len(l.guests)]
	body := fmt.Sprintf(`{"amo_base_host":%q,"usedesk_api_token":%q,%s`, g.host, g.token, l.block[1:])
	base := l.bases[i%len(l.bases)]
	status, answer, err := l.post(base+"/api/", []byte(body), "")
	if err != nil {
		return "", err
	}
	var block struct {
		HTML string `json:"html"`
	}
	if err := json.Unmarshal(answer, &block); err != nil {
		return "", err
	}
	m := panelURL.FindStringSubmatch(block.HTML)
	if status != http.StatusOK || m == nil {
		return "", fmt.Errorf("block of %s: %d %s", g.host, status, answer)
	}
	return base + strings.TrimPrefix(html.UnescapeString(m[1]), l.c.w.Replicas[0]), nil
}

// read reads a panel whole.
func (l *load) read(panel string) error {
	res, err := l.http.Get(panel + "?wait=1")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err == nil && !bytes.Contains(page, []byte(`class="card person`)) {
		err = fmt.Errorf("panel: %d, nobody in it:\n%.3000s", res.StatusCode, page)
	}
	return err
}

// fire sends a rule's request for tenant i.
func (l *load) fire(i int) error {
	n := l.sent.Add(1)
	raw, err := json.Marshal(map[string]any{"ticketId": l.tickets[i%len(l.tickets)], "comment": fmt.Sprint("load ", n),
		"fields": map[string]any{"name": "gg", "price": 1}})
	if err != nil {
		return err
	}
	status, answer, err := l.post(l.bases[i%len(l.bases)]+"/api/freeCreateLead", raw, l.guests[i%len(l.guests)].key)
	if err == nil && status != http.StatusAccepted {
		err = fmt.Errorf("firing: %d %s", status, answer)
	}
	return err
}

func (l *load) post(url string, body []byte, key string) (int, []byte, error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := l.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// cpu is what the replicas have used of a core until now.
func (l *load) cpu() time.Duration {
	l.b.Helper()
	var all time.Duration
	for _, p := range l.running {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		if err != nil {
			l.b.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		f := strings.Fields(rest)
		for _, ticks := range f[11:13] { // utime and stime, in hundredths of a second (proc(5))
			n, err := strconv.ParseInt(ticks, 10, 64)
			if err != nil {
				l.b.Fatal(err)
			}
			all += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return all
}

// rss is the resident memory of replica i in MiB.
func (l *load) rss(i int) float64 {
	l.b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.running[i].PID()))
	if err != nil {
		l.b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kib, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				l.b.Fatal(err)
			}
			return kib / 1024
		}
	}
	l.b.Fatal("no VmRSS")
	return 0
}
