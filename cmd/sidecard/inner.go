package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/sidecard/sidecard/internal/telemetry"
)

// inner are the listeners for the operator, apart from the public one: metrics and profiles. Both are off unless they have
// an address.
type inner struct {
	name    string
	addr    string
	handler http.Handler
}

func (s *service) inners(set *config) []inner {
	metrics, profiles := http.NewServeMux(), http.NewServeMux()
	metrics.Handle("GET /metrics", telemetry.Handler(s.metrics))
	profiles.HandleFunc("GET /debug/pprof/", pprof.Index)
	profiles.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	profiles.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	profiles.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	profiles.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return []inner{{"SIDECARD_METRICS_ADDR", set.MetricsAddr, metrics}, {"SIDECARD_PPROF_ADDR", set.PprofAddr, profiles}}
}

// listen opens the inner addresses that are configured. run serves them, or closeInner closes what run has not begun.
func (s *service) listen(list []inner) error {
	for _, in := range list {
		if in.addr == "" {
			continue
		}
		ln, err := net.Listen("tcp", in.addr)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", in.name, err), s.closeInner())
		}
		s.inner = append(s.inner, &innerServer{in.name, ln, &http.Server{
			Handler: in.handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute,
			WriteTimeout: 2 * time.Minute, // a profile of its usual 30 s, and longer ones
		}})
	}
	return nil
}

type innerServer struct {
	name string
	ln   net.Listener
	http *http.Server
}

func (i *innerServer) serve() error {
	if err := i.http.Serve(i.ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s: %w", i.name, err)
	}
	return nil
}

// closeInner ends open connections: there is nothing to lose.
func (s *service) closeInner() error {
	var all []error
	for _, in := range s.inner {
		if err := errors.Join(in.http.Close(), in.ln.Close()); err != nil && !errors.Is(err, net.ErrClosed) {
			all = append(all, fmt.Errorf("%s: %w", in.name, err))
		}
	}
	return errors.Join(all...)
}
