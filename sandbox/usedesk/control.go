package usedesk

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// controlRoutes adds what /_sandbox answers.
func (s *Server) controlRoutes(mux *http.ServeMux) {
	kit.Control(mux, nil, writeJSON, map[string]kit.ControlHandler{
		"GET /_sandbox/info":         func(*http.Request) (any, error) { return s.Info(), nil },
		"GET /_sandbox/stats":        func(*http.Request) (any, error) { return s.api.stats.view(), nil },
		"POST /_sandbox/stats/reset": s.controlStatsReset,
		"GET /_sandbox/faults":       s.controlFaults,
		"POST /_sandbox/faults":      s.controlSetFault,
		"DELETE /_sandbox/faults":    s.controlClearFaults,
		"POST /_sandbox/reset":       s.controlReset,
	})
}

// Info is what a test or a demo has to know: token, default rule as it stands, tickets and clients by scenario. The
// Options' Info is laid over it.
func (s *Server) Info() map[string]any {
	tickets, clients := map[string]int64{}, map[string]int64{}
	info := map[string]any{"usedesk_token": s.opts.Token, "tickets": tickets, "clients": clients}
	s.state.Read(func(w *world) {
		for _, t := range w.Tickets {
			if t.Scenario != "" {
				tickets[t.Scenario], clients[t.Scenario] = t.ID, t.ClientID
			}
		}
		if r := w.rule(DefaultRule); r != nil {
			rule := map[string]any{"id": r.ID, "name": r.Name, "when": r.When, "encoding": r.Encoding, "enabled": r.Enabled}
			if a, err := parseAction(r.Action); err != nil {
				rule["error"] = err.Error()
			} else {
				rule["url"], rule["data"], rule["headers"] = a.URL, a.Data, a.Headers
			}
			info["trigger_rule"] = rule
		}
	})
	if s.opts.Info != nil {
		maps.Copy(info, s.opts.Info())
	}
	return info
}

// controlReset starts again from the scenario: data, faults and counters. URLs set at run time stay.
func (s *Server) controlReset(*http.Request) (any, error) {
	s.state.Write(func(w *world) {
		last := w.NextID // a firing still on its way must not meet a namesake
		*w = *s.fresh()
		w.NextID = max(last, w.NextID)
		s.configure(w)
	})
	s.api.faults.Clear()
	s.api.stats.reset()
	return map[string]any{"status": "reset"}, nil
}

func (s *Server) controlStatsReset(*http.Request) (any, error) {
	s.api.stats.reset()
	return s.api.stats.view(), nil
}

func (s *Server) controlFaults(*http.Request) (any, error) {
	return map[string]any{"faults": s.api.faults.Active(fault.withTimes)}, nil
}

// controlSetFault takes one fault; nothing, or an empty object, clears them all.
func (s *Server) controlSetFault(r *http.Request) (any, error) {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	var f fault
	err := dec.Decode(&f)
	if errors.Is(err, io.EOF) || err == nil && f.LatencyMS == 0 && f.Status == 0 && f.Times == 0 && len(f.Routes) == 0 {
		return s.controlClearFaults(r)
	}
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return nil, err
	}
	s.api.faults.Add(f, f.Times)
	return s.controlFaults(r)
}

func (s *Server) controlClearFaults(r *http.Request) (any, error) {
	s.api.faults.Clear()
	return s.controlFaults(r)
}

// stats counts API calls by method. The pages and the control routes are not counted.
type stats struct {
	mu       sync.Mutex
	requests map[string]int
}

// maxCounted bounds the number of different methods: unknown paths come from outside.
const maxCounted = 200

func (t *stats) count(method string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.requests == nil {
		t.requests = map[string]int{}
	}
	if _, known := t.requests[method]; !known && len(t.requests) >= maxCounted {
		method = "other"
	}
	t.requests[method]++
}

func (t *stats) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests = nil
}

func (t *stats) view() map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	requests, total := map[string]int{}, 0
	for method, n := range t.requests {
		requests[method] = n
		total += n
	}
	return map[string]any{"requests": requests, "total_requests": total}
}

// fault is one switch of POST /_sandbox/faults. It acts on API calls; several may be active.
type fault struct {
	LatencyMS int      `json:"latency_ms,omitempty"` // waits before the work
	Status    int      `json:"status,omitempty"`     // answers this instead of working
	Times     int      `json:"times,omitempty"`      // calls it is good for; 0 is until cleared
	Routes    []string `json:"routes,omitempty"`     // methods such as "ticket" or "/create/comment"; empty is all
}

func (f fault) check() error {
	if err := kit.CheckFault(f.LatencyMS, f.Status); err != nil {
		return err
	}
	switch {
	case f.Times < 0:
		return kit.WrongField("times", "how many calls are affected; 0 is until cleared")
	case f.LatencyMS == 0 && f.Status == 0:
		return errors.New("accepted is an object with latency_ms or status, and optionally times, routes")
	}
	return nil
}

func (f fault) matches(method string) bool {
	return len(f.Routes) == 0 || slices.ContainsFunc(f.Routes, func(r string) bool {
		return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(r, "/"), "uapi"), "/") == method
	})
}

// withTimes is the fault with the times that are left.
func (f fault) withTimes(left int) fault {
	f.Times = left
	return f
}

// met lets a call meet its faults, the longest latency and the first status, and reports whether they have answered it.
func (s *api) met(w http.ResponseWriter, r *http.Request, method string) bool {
	var latency time.Duration
	status := 0
	for _, f := range s.faults.Take(func(f fault) bool { return f.matches(method) }) {
		latency = max(latency, time.Duration(f.LatencyMS)*time.Millisecond)
		status = cmp.Or(status, f.Status)
	}
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
			return true
		case <-s.stop.Done():
		}
	}
	if status == 0 {
		return false
	}
	writeJSON(w, status, map[string]any{"error": http.StatusText(status), "code": status})
	return true
}
