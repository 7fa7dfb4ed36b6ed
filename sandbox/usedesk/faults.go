package usedesk

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
)

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
