package usedesk

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// fault is one switch of POST /_sandbox/faults. It acts on API calls; several may be active.
type fault struct {
	LatencyMS int      `json:"latency_ms,omitempty"` // waits before the work
	Status    int      `json:"status,omitempty"`     // answers this instead of working
	Times     int      `json:"times,omitempty"`      // calls it is good for; 0 is until cleared
	Routes    []string `json:"routes,omitempty"`     // methods such as "ticket" or "/create/comment"; empty is all
}

func (f *fault) check() error {
	switch {
	case f.LatencyMS < 0 || f.LatencyMS > 600_000:
		return errors.New("latency_ms: accepted is 0 to 600000 milliseconds")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status: accepted is an HTTP status, 200 to 599")
	case f.Times < 0:
		return errors.New("times: accepted is how many calls are affected; 0 is until cleared")
	case f.LatencyMS == 0 && f.Status == 0:
		return errors.New("accepted is an object with latency_ms or status, and optionally times, routes")
	}
	return nil
}

func (f *fault) matches(method string) bool {
	return len(f.Routes) == 0 || slices.ContainsFunc(f.Routes, func(r string) bool {
		return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(r, "/"), "uapi"), "/") == method
	})
}

// faults are the active switches; Times counts down.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

// take uses up one time of each fault that matches: the longest latency, the first status.
func (f *faults) take(method string) (latency time.Duration, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.DeleteFunc(f.list, func(x *fault) bool {
		if !x.matches(method) {
			return false
		}
		latency = max(latency, time.Duration(x.LatencyMS)*time.Millisecond)
		if status == 0 {
			status = x.Status
		}
		if x.Times == 0 {
			return false
		}
		x.Times--
		return x.Times == 0
	})
	return latency, status
}

func (f *faults) add(x fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &x)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

func (f *faults) active() []fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]fault, 0, len(f.list))
	for _, x := range f.list {
		list = append(list, *x)
	}
	return list
}

// met lets a call meet its faults and says whether they have answered it.
func (s *Server) met(w http.ResponseWriter, r *http.Request, method string) bool {
	latency, status := s.faults.take(method)
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
