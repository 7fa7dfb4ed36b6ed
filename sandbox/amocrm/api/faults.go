package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// Fault is one switch of POST /_sandbox/faults. Several may be active; a request meets all that match it.
type Fault struct {
	LatencyMS       int            `json:"latency_ms,omitempty"`        // waits before the work
	Status          int            `json:"status,omitempty"`            // answers at once, no work done
	HTML403         bool           `json:"html_403,omitempty"`          // answers as a blocked account does
	HTML429         bool           `json:"html_429,omitempty"`          // 429 answers are HTML
	DropAfterCommit bool           `json:"drop_after_commit,omitempty"` // does the work, cuts the connection
	DropBefore      bool           `json:"drop_before,omitempty"`       // cuts the connection, no work done
	Routes          prefixes       `json:"routes,omitempty"`            // path prefixes; empty is all API and OAuth routes
	Method          string         `json:"method,omitempty"`            // empty is all
	Times           int            `json:"times,omitempty"`             // requests it is good for; 0 is until cleared
	Account         world.Selector `json:"account,omitzero"`            // empty is all

	AccountID int64 `json:"-"`
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
		return kit.WrongField("routes", `a path prefix such as "/api/v4/leads/complex", or an array of them`)
	}
	*p = many
	return nil
}

// Acts reports whether the fault does anything to a request, apart from the form of a 429.
func (f Fault) Acts() bool {
	return f.LatencyMS > 0 || f.Status > 0 || f.HTML403 || f.DropAfterCommit || f.DropBefore
}

func (f Fault) matches(accountID int64, r *http.Request) bool {
	if f.AccountID != 0 && f.AccountID != accountID || f.Method != "" && !strings.EqualFold(f.Method, r.Method) {
		return false
	}
	return len(f.Routes) == 0 || slices.ContainsFunc(f.Routes, func(p string) bool { return strings.HasPrefix(r.URL.Path, p) })
}

// Check names the first field that can't be.
func (f Fault) Check() error {
	if err := kit.CheckFault(f.LatencyMS, f.Status); err != nil {
		return err
	}
	switch {
	case f.Times < 0:
		return kit.WrongField("times", "how many requests are affected; 0 or absent is until cleared")
	case f.DropBefore && f.DropAfterCommit:
		return kit.WrongField("drop_before", "either drop_before or drop_after_commit")
	}
	for _, p := range f.Routes {
		if !strings.HasPrefix(p, "/") {
			return kit.WrongField("routes", `path prefixes that begin with "/"`)
		}
	}
	return nil
}

// WithTimes is the fault with the times that are left.
func (f Fault) WithTimes(left int) Fault {
	f.Times = left
	return f
}

// takeFaults uses up one time of every fault that acts on the request and merges them: the longest latency, the first
// status.
func (g *Gate) takeFaults(accountID int64, r *http.Request) (v Fault) {
	for _, x := range g.Faults.Take(func(f Fault) bool { return f.Acts() && f.matches(accountID, r) }) {
		v.LatencyMS = max(v.LatencyMS, x.LatencyMS)
		v.Status = cmp.Or(v.Status, x.Status)
		v.HTML403 = v.HTML403 || x.HTML403
		v.DropBefore = v.DropBefore || x.DropBefore
		v.DropAfterCommit = v.DropAfterCommit || x.DropAfterCommit
		v.HTML429 = v.HTML429 || x.HTML429 // asked now: the fault may be used up by this very request
	}
	return v
}

// html429 reports whether a fault that does nothing else makes the 429 to this request HTML. It uses up such faults.
func (g *Gate) html429(accountID int64, r *http.Request) bool {
	return g.Faults.Take(func(f Fault) bool { return f.HTML429 && !f.Acts() && f.matches(accountID, r) }) != nil
}

// answerStatus answers a forced status in the form in which amoCRM sends it (amocrm.md §8.2).
func answerStatus(w http.ResponseWriter, status int) {
	switch status {
	case http.StatusUnauthorized:
		Unauthorized(w)
	case http.StatusInternalServerError:
		WriteAs(w, "application/problem+json", status, map[string]any{
			"title": "ErrInternalServer", "status": status, "detail": "Internal server error", "trace_id": token.Hex(16),
		})
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		nginxPage(w, status)
	case http.StatusNoContent:
		w.WriteHeader(status)
	default:
		Problem(w, status, http.StatusText(status), http.StatusText(status))
	}
}
