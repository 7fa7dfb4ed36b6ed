// Package metrics counts what the service does and shows it to Prometheus. It owns the names and the labels; the packages
// that are counted know nothing of it and call functions that cmd joins to the methods here.
//
// Invariants: a registry of its own, no global; no label carries a tenant, an id or anything that a stranger chooses.
package metrics

import (
	"cmp"
	"context"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/oauth"
)

// Metrics are one replica's. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.HistogramVec
	calls     *prometheus.HistogramVec
	waits     *prometheus.HistogramVec
	reads     *prometheus.CounterVec
	asked     *prometheus.CounterVec
	settled   *prometheus.CounterVec
	refreshes *prometheus.CounterVec
	hooks     *prometheus.CounterVec
	notices   *prometheus.CounterVec
	redis     *prometheus.HistogramVec
}

// upTo are bounds in seconds from a panel of cached data to a CRM that hangs.
var upTo = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 10, 30}

// New makes Metrics of a build.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.requests = m.histogram("http_request_seconds", "Requests answered, by route pattern.", upTo, "method", "route", "status")
	m.calls = m.histogram("crm_call_seconds", "Exchanges with amoCRM, by endpoint pattern; outcome is the status, or none without an answer.",
		upTo, "endpoint", "outcome")
	m.waits = m.histogram("limiter_wait_seconds", "Waits for a slot of amoCRM's limit of requests a second.",
		[]float64{.001, .01, .05, .1, .25, .5, 1, 2, 5, 10, 30}, "priority", "outcome")
	m.reads = m.counter("cache_reads_total", "Reads through the cache: hit, miss (loaded), stale (an old value had to do), failed.", "result")
	m.asked = m.counter("firings_asked_total", "Rule requests by what became of them at once.", "fate")
	m.settled = m.counter("firings_settled_total", "Firings that came to rest or wait again, by state.", "state")
	m.refreshes = m.counter("token_refreshes_total", "Refreshes of access tokens by outcome.", "outcome")
	m.hooks = m.counter("hooks_received_total", "Webhooks of amoCRM by what became of them.", "fate")
	m.notices = m.counter("notices_sent_total", "Notices of trouble tried, by way and whether they were taken.", "way", "outcome")
	m.redis = m.histogram("redis_command_seconds", "Round trips to Redis.",
		[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}, "kind", "outcome")
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info", Help: "1, with what was built."},
		[]string{"version", "go"})
	m.zero()
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// zero shows every series that is known beforehand, so that a rate begins with the first event and no panel is empty.
func (m *Metrics) zero() {
	for _, r := range []store.Reading{store.ReadHit, store.ReadMiss, store.ReadStale, store.ReadFailed} {
		m.reads.WithLabelValues(string(r))
	}
	for _, f := range []api.Fate{api.FateAccepted, api.FateRepeated, api.FateShelved, api.FateTried, api.FateRefused, api.FateFull, api.FateFailed} {
		m.asked.WithLabelValues(string(f))
	}
	for _, s := range []ledger.State{ledger.StateDone, ledger.StateHeld, ledger.StateFailed, ledger.StateAccepted} {
		m.settled.WithLabelValues(string(s))
	}
	for _, l := range ledger.Labels {
		m.settled.WithLabelValues(string(l))
	}
	for _, r := range []oauth.Refresh{oauth.RefreshDone, oauth.RefreshLost, oauth.RefreshConfig, oauth.RefreshRefused, oauth.RefreshFailed} {
		m.refreshes.WithLabelValues(string(r))
	}
	for _, f := range []webhooks.Fate{webhooks.FateHandled, webhooks.FateFailed, webhooks.FateDropped} {
		m.hooks.WithLabelValues(string(f))
	}
	for _, k := range []notify.Kind{notify.KindMail, notify.KindTelegram, notify.KindWebhook} {
		m.notices.WithLabelValues(string(k), outcome(true))
		m.notices.WithLabelValues(string(k), outcome(false))
	}
}

const namespace = "sidecard"

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

// Handler shows the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: 4})
}

// Served fits api.Options.Served.
func (m *Metrics) Served(method, route string, status int, took time.Duration) {
	if route == "" || status == http.StatusNotFound && route == "/*" {
		route = "none" // a stranger chose it
	}
	if method != http.MethodGet && method != http.MethodPost {
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Called fits bridge.Deps.Seen.
func (m *Metrics) Called(_ context.Context, s amocrm.Seen) {
	outcome := "none"
	if s.Status != 0 {
		outcome = strconv.Itoa(s.Status)
	}
	m.calls.WithLabelValues(s.Op, outcome).Observe(s.Took.Seconds())
}

// Store is what the store tells.
func (m *Metrics) Store() store.Watch {
	return store.Watch{
		Waited: func(p store.Priority, took time.Duration, err error) {
			priority := "interactive"
			if p == store.Background {
				priority = "background"
			}
			m.waits.WithLabelValues(priority, outcome(err == nil)).Observe(took.Seconds())
		},
		Read: func(r store.Reading) { m.reads.WithLabelValues(string(r)).Inc() },
	}
}

// Asked counts a request for a deal by its fate.
func (m *Metrics) Asked(f api.Fate) { m.asked.WithLabelValues(string(f)).Inc() }

// Settled counts a firing that came to rest, by its label if it has one.
func (m *Metrics) Settled(e rules.Entry) {
	m.settled.WithLabelValues(cmp.Or(string(e.Label), string(e.State))).Inc()
}

// Refreshed counts a refresh by how it ended.
func (m *Metrics) Refreshed(r oauth.Refresh) { m.refreshes.WithLabelValues(string(r)).Inc() }

// Hooked counts a webhook by its fate.
func (m *Metrics) Hooked(f webhooks.Fate) { m.hooks.WithLabelValues(string(f)).Inc() }

// Noticed counts a notice that was tried.
func (m *Metrics) Noticed(way notify.Kind, ok bool) {
	m.notices.WithLabelValues(string(way), outcome(ok)).Inc()
}

func outcome(ok bool) string {
	if ok {
		return "ok"
	}
	return "failed"
}
