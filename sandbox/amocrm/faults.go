package amocrm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// fault is one switch of POST /_sandbox/faults. Several may be active; a request meets all that match it.
type fault struct {
	LatencyMS       int      `json:"latency_ms,omitempty"`        // waits before the work
	Status          int      `json:"status,omitempty"`            // answers at once, no work done
	HTML403         bool     `json:"html_403,omitempty"`          // answers as a blocked account does
	HTML429         bool     `json:"html_429,omitempty"`          // 429 answers are HTML
	DropAfterCommit bool     `json:"drop_after_commit,omitempty"` // does the work, cuts the connection
	DropBefore      bool     `json:"drop_before,omitempty"`       // cuts the connection, no work done
	Routes          prefixes `json:"routes,omitempty"`            // path prefixes; empty is all API and OAuth routes
	Method          string   `json:"method,omitempty"`            // empty is all
	Times           int      `json:"times,omitempty"`             // requests it is good for; 0 is until cleared
	Account         selector `json:"account,omitzero"`            // empty is all

	accountID int64
	left      int
}

// prefixes is a list of path prefixes; a single string is a list of one.
type prefixes []string

// UnmarshalJSON takes a string or an array of strings.
func (p *prefixes) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*p = prefixes{one}
		return nil
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return badField{"routes", `a path prefix such as "/api/v4/leads/complex", or an array of them`}
	}
	*p = many
	return nil
}

// acts says whether the fault does anything to a request, apart from the form of a 429.
func (f *fault) acts() bool {
	return f.LatencyMS > 0 || f.Status > 0 || f.HTML403 || f.DropAfterCommit || f.DropBefore
}

func (f *fault) matches(accountID int64, r *http.Request) bool {
	if f.accountID != 0 && f.accountID != accountID || f.Method != "" && !strings.EqualFold(f.Method, r.Method) {
		return false
	}
	return len(f.Routes) == 0 || slices.ContainsFunc(f.Routes, func(p string) bool { return strings.HasPrefix(r.URL.Path, p) })
}

// check names the first field that can't be.
func (f *fault) check() error {
	switch {
	case f.LatencyMS < 0 || f.LatencyMS > 600_000:
		return badField{"latency_ms", "0 to 600000 milliseconds"}
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return badField{"status", "an HTTP status, 200 to 599"}
	case f.Times < 0:
		return badField{"times", "how many requests are affected; 0 or absent is until cleared"}
	case f.DropBefore && f.DropAfterCommit:
		return badField{"drop_before", "either drop_before or drop_after_commit"}
	}
	for _, p := range f.Routes {
		if !strings.HasPrefix(p, "/") {
			return badField{"routes", `path prefixes that begin with "/"`}
		}
	}
	return nil
}

// badField says which field of a control request is wrong and what it takes.
type badField struct{ field, accepts string }

func (e badField) Error() string { return fmt.Sprintf("%s: accepted is %s", e.field, e.accepts) }

// faults are the active switches.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

// verdict is what the faults do to one request.
type verdict struct {
	latencyMS             int
	status                int
	html403               bool
	dropBefore, dropAfter bool
	html429               bool
}

// take uses up one time of every fault that acts on the request and merges them: the longest latency, the first status.
func (f *faults) take(accountID int64, r *http.Request) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	var v verdict
	f.each(accountID, r, (*fault).acts, func(x *fault) {
		v.latencyMS = max(v.latencyMS, x.LatencyMS)
		if v.status == 0 {
			v.status = x.Status
		}
		v.html403 = v.html403 || x.HTML403
		v.dropBefore = v.dropBefore || x.DropBefore
		v.dropAfter = v.dropAfter || x.DropAfterCommit
		v.html429 = v.html429 || x.HTML429 // asked now: the fault may be used up by this very request
	})
	return v
}

// html429 reports whether a fault that does nothing else makes the 429 to this request HTML. It uses up such faults.
func (f *faults) html429(accountID int64, r *http.Request) (html bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.each(accountID, r, func(x *fault) bool { return x.HTML429 && !x.acts() }, func(*fault) { html = true })
	return html
}

// each visits the matching faults of a kind and drops those that are used up. The caller holds the lock.
func (f *faults) each(accountID int64, r *http.Request, kind func(*fault) bool, visit func(*fault)) {
	f.list = slices.DeleteFunc(f.list, func(x *fault) bool {
		if !kind(x) || !x.matches(accountID, r) {
			return false
		}
		visit(x)
		if x.Times == 0 {
			return false
		}
		x.left--
		return x.left == 0
	})
}

// add puts a fault beside the others.
func (f *faults) add(x *fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x.left = x.Times
	f.list = append(f.list, x)
}

// clear ends all faults.
func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// active copies the faults with the times that are left.
func (f *faults) active() []fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]fault, 0, len(f.list))
	for _, x := range f.list {
		c := *x
		if c.Times > 0 {
			c.Times = c.left
		}
		list = append(list, c)
	}
	return list
}

// answerStatus answers a forced status in the form in which amoCRM sends it (amocrm.md §8.2).
func answerStatus(w http.ResponseWriter, status int) {
	switch status {
	case http.StatusUnauthorized:
		unauthorized(w)
	case http.StatusInternalServerError:
		writeAs(w, "application/problem+json", status, map[string]any{
			"title": "ErrInternalServer", "status": status, "detail": "Internal server error", "trace_id": randomHex(16),
		})
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		nginxPage(w, status)
	case http.StatusNoContent:
		w.WriteHeader(status)
	default:
		problem(w, status, http.StatusText(status), http.StatusText(status))
	}
}
