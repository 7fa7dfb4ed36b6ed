package amocrm

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// gate puts an API handler behind everything that amoCRM does before it looks at a request: faults, the rate limit,
// the token and the tariff. The request counts from its arrival, however it ends.
func (s *Server) gate(h apiHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, refusal := s.authenticate(r)
		s.stats.arrived(s.hostOf(who.account), who.clientID, s.now)
		w.Header().Set("X-Request-Id", randomUUID())
		s.passFaults(w, r, who.account, func(w http.ResponseWriter) {
			switch {
			case refusal != nil:
				refusal(w)
			case s.tariffRefuses(who.account, r.Method):
				problem(w, http.StatusPaymentRequired, "Payment Required", "Аккаунт не оплачен")
			default:
				h(w, r, who)
			}
		}, func() bool {
			return refusal != nil || s.limits.allow(strconv.FormatInt(who.account.ID, 10)+" "+who.clientID, s.rate(), s.now)
		})
	})
}

// open puts an OAuth handler behind the faults; there is no token and no limit.
func (s *Server) open(pattern string, h func(w http.ResponseWriter, r *http.Request, a *Account)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var a *Account
		s.state.Read(func(world *World) { a = world.accountAt(r.Host) })
		w.Header().Set("X-Request-Id", randomUUID())
		s.passFaults(w, r, a, func(w http.ResponseWriter) { h(w, r, a) }, func() bool { return true })
	})
}

// passFaults answers the request, or does to it what the active faults say. It counts the outcome before the answer
// is complete on the wire, so that whoever has the answer finds it counted.
func (s *Server) passFaults(w http.ResponseWriter, r *http.Request, a *Account, work func(http.ResponseWriter), allowed func() bool) {
	route, host := s.routeName(r), s.hostOf(a)
	v := s.takeFaults(a.ID, r)
	if v.dropBefore {
		s.stats.answered(host, route, "dropped")
		hangUp(w)
	}
	counted := &recorder{ResponseWriter: w, count: func(status int) { s.stats.answered(host, route, strconv.Itoa(status)) }}
	if !allowed() {
		s.stats.bump(host, func(c *counters) { c.Limited++ })
		tooMany(counted, s.html429(a.ID, r) || v.html429)
		return
	}
	if v.latencyMS > 0 && !pause(r, time.Duration(v.latencyMS)*time.Millisecond) {
		s.stats.answered(host, route, "499") // nginx's word for a client that went away
		return
	}
	switch {
	case v.html403:
		nginxPage(counted, http.StatusForbidden)
	case v.status == http.StatusTooManyRequests:
		tooMany(counted, s.html429(a.ID, r) || v.html429)
	case v.status != 0:
		answerStatus(counted, v.status)
	case v.dropAfter:
		work(&void{header: http.Header{}})
		s.stats.answered(host, route, "dropped")
		hangUp(w)
	default:
		work(counted)
	}
	counted.finish()
}

// hostOf is an account's host, which renaming changes. The caller holds no lock.
func (s *Server) hostOf(a *Account) (host string) {
	s.state.Read(func(*World) { host = a.Host })
	return host
}

// pause waits, and is false when the client went away before the end.
func pause(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// hangUp ends the connection without an answer. It does not return.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close() //nolint:errcheck // cutting it is the point
	}
	panic(http.ErrAbortHandler) // net/http's own way; ends a connection that can't be hijacked, too
}

// tariffRefuses tells whether the account's tariff is over for this kind of request.
func (s *Server) tariffRefuses(a *Account, method string) (refuses bool) {
	s.state.Read(func(*World) {
		refuses = a.ReadsBlocked || a.TariffEnded && method != http.MethodGet && method != http.MethodHead
	})
	return refuses
}

// routeName is the key of the request counters: the method and the pattern of the route, whether or not the request
// got as far as its handler.
func (s *Server) routeName(r *http.Request) string {
	folded := strings.Contains(r.Pattern, "{sub}") // stands for several routes
	root := strings.TrimSuffix(r.Pattern, "/")
	if slices.Contains(foreignRoots, root) || root == drivePath {
		return r.Method + " " + root + "/ (unknown)"
	}
	if !folded && root != apiRoot {
		return strings.TrimSuffix(r.Pattern, "/{$}")
	}
	path := strings.TrimPrefix(r.URL.Path, apiRoot)
	for _, rt := range s.known {
		if _, ok := matchPath(path, rt.path); ok && rt.method == r.Method {
			return rt.method + " " + apiRoot + rt.path
		}
	}
	return r.Method + " " + apiRoot + "/ (unknown)"
}

// recorder counts a request when its status goes out.
type recorder struct {
	http.ResponseWriter
	status int
	count  func(status int)
}

// WriteHeader counts, then sends.
func (c *recorder) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
		c.count(status)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write is a 200 unless there was a status.
func (c *recorder) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	return c.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController find the connection.
func (c *recorder) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// finish counts an answer that consisted of nothing.
func (c *recorder) finish() {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
}

// void takes an answer that nobody will see.
type void struct{ header http.Header }

func (v *void) Header() http.Header         { return v.header }
func (v *void) Write(p []byte) (int, error) { return len(p), nil }
func (v *void) WriteHeader(int)             {}
