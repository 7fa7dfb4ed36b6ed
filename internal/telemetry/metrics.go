// Package telemetry makes the metrics of all packages alike. Each package names and counts its own, with the Registerer that it
// is given; nil is one that nobody reads.
//
// Invariants: no global registry; no label carries a tenant, an id or anything that a stranger chooses.
package telemetry

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const namespace = "sidecard"

// UpTo are bounds in seconds from a panel of cached data to a CRM that hangs.
var UpTo = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 10, 30}

// NewRegistry returns the registry of a process: what Go and the system tell, and what was built.
func NewRegistry(version string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info", Help: "1, with what was built."},
		[]string{"version", "go"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	r.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Handler answers with the metrics of a registry.
func Handler(r *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{Registry: r, MaxRequestsInFlight: 4})
}

// Counter registers a counter with a label and shows it with these values, so that a rate begins with the first event and no
// panel is empty.
func Counter(r prometheus.Registerer, name, help, label string, values ...string) *prometheus.CounterVec {
	v := Counters(r, name, help, label)
	for _, value := range values {
		v.WithLabelValues(value)
	}
	return v
}

// Counters registers a counter with labels.
func Counters(r prometheus.Registerer, name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	register(r, v)
	return v
}

// Histogram registers a histogram of seconds with labels.
func Histogram(r prometheus.Registerer, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	register(r, v)
	return v
}

// Gauge registers a gauge that is read when it is asked for.
func Gauge(r prometheus.Registerer, name, help string, read func() float64) {
	register(r, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, read))
}

func register(r prometheus.Registerer, c prometheus.Collector) {
	if r != nil {
		r.MustRegister(c)
	}
}

// Outcome is the label of what was done or was not.
func Outcome(ok bool) string {
	if ok {
		return "ok"
	}
	return "failed"
}
