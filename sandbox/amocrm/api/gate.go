// Package api is what every request of the local amoCRM's API meets, whatever it asks for: the gate with faults, limit,
// token and tariff, the reading of bodies and pages, and the forms of answers and errors.
//
// It refuses to know the areas of the API; those are in v4.
package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/stats"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// Gate is what every request of the API and of OAuth passes before it is looked at.
type Gate struct {
	State     *kit.State[world.World]
	Now       func() time.Time
	Stats     *stats.Stats
	PerSecond int                                               // requests of one integration in one account, until a control call sets another threshold
	Known     func(method, path string) (route string, ok bool) // names what is counted
	Limits    limits
	Faults    kit.Faults[Fault]
}

// Protect puts an API handler behind everything that amoCRM does before it looks at a request: faults, the rate limit,
// the token and the tariff. The request counts from its arrival, however it ends.
func (g *Gate) Protect(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, refusal := g.authenticate(r)
		g.Stats.Arrived(world.HostOf(g.State, who.Account), who.clientID, g.Now)
		w.Header().Set("X-Request-Id", token.UUID())
		g.passFaults(w, r, who.Account, func(w http.ResponseWriter) {
			switch {
			case refusal != nil:
				refusal(w)
			case g.tariffRefuses(who.Account, r.Method):
				Problem(w, http.StatusPaymentRequired, "Payment Required", "Аккаунт не оплачен")
			default:
				h(w, r, who)
			}
		}, func() bool {
			return refusal != nil || g.Limits.allow(strconv.FormatInt(who.Account.ID, 10)+" "+who.clientID, g.Rate(), g.Now)
		})
	})
}

// authenticate finds out who an API request acts for. The account is always that of the Host header; a refusal is
// what to answer instead of doing the work, with as much of the caller as is known.
func (g *Gate) authenticate(r *http.Request) (who Caller, refusal func(http.ResponseWriter)) {
	g.State.Read(func(w *world.World) {
		who.Account = w.AccountAt(r.Host)
		access, known := token.AccessOf(w, r)
		if !known || access.Account != who.Account.ID {
			refusal = Unauthorized
			return
		}
		who.clientID, who.User = access.ClientID, access.User
		if access.Revoked || access.ExpiresAt <= g.Now().Unix() {
			refusal = Unauthorized
			return
		}
		if as := r.Header.Get("X-Context-User-ID"); as != "" {
			who.User, refusal = actAs(who.Account, as, access.User)
		}
	})
	return who, refusal
}

// actAs is the user that an administrator's token acts as (amocrm.md §1.11): unknown and free users are refused.
func actAs(a *world.Account, header string, granter int64) (int64, func(http.ResponseWriter)) {
	id, err := strconv.ParseInt(header, 10, 64)
	u, g := world.UserOf(a, id), world.UserOf(a, granter)
	if err == nil && u != nil && !u.Free && (id == granter || g != nil && g.Admin) {
		return id, nil
	}
	return granter, func(w http.ResponseWriter) {
		Problem(w, http.StatusForbidden, "Forbidden", "Недостаточно прав")
	}
}

// ForAdmins refuses everyone else before the request is looked at.
func (g *Gate) ForAdmins(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var admin bool
		g.State.Read(func(*world.World) {
			u := world.UserOf(c.Account, c.User)
			admin = u != nil && u.Admin
		})
		if !admin {
			Problem(w, http.StatusForbidden, "Forbidden", "Administrator rights are required")
			return
		}
		h(w, r, c)
	}
}

// Open puts an OAuth handler behind the faults; there is no token and no limit.
func (g *Gate) Open(mux *http.ServeMux, pattern string, h func(w http.ResponseWriter, r *http.Request, a *world.Account)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var a *world.Account
		g.State.Read(func(state *world.World) { a = state.AccountAt(r.Host) })
		w.Header().Set("X-Request-Id", token.UUID())
		g.passFaults(w, r, a, func(w http.ResponseWriter) { h(w, r, a) }, func() bool { return true })
	})
}

// passFaults answers the request, or does to it what the active faults say. It counts the outcome before the answer
// is complete on the wire, so that a client that has the answer finds it counted.
func (g *Gate) passFaults(w http.ResponseWriter, r *http.Request, a *world.Account, work func(http.ResponseWriter), allowed func() bool) {
	route, host := g.RouteName(r), world.HostOf(g.State, a)
	v := g.takeFaults(a.ID, r)
	if v.DropBefore {
		g.Stats.Answered(host, route, "dropped")
		hangUp(w)
	}
	counted := &recorder{ResponseWriter: w, count: func(status int) { g.Stats.Answered(host, route, strconv.Itoa(status)) }}
	if !allowed() {
		g.Stats.Bump(host, func(c *stats.Counters) { c.Limited++ })
		tooMany(counted, g.html429(a.ID, r) || v.HTML429)
		return
	}
	if v.LatencyMS > 0 && !pause(r, time.Duration(v.LatencyMS)*time.Millisecond) {
		g.Stats.Answered(host, route, "499") // nginx's word for a client that went away
		return
	}
	switch {
	case v.HTML403:
		nginxPage(counted, http.StatusForbidden)
	case v.Status == http.StatusTooManyRequests:
		tooMany(counted, g.html429(a.ID, r) || v.HTML429)
	case v.Status != 0:
		answerStatus(counted, v.Status)
	case v.DropAfterCommit:
		work(&void{header: http.Header{}})
		g.Stats.Answered(host, route, "dropped")
		hangUp(w)
	default:
		work(counted)
	}
	counted.finish()
}

// pause waits, and is false when the client went away before the end.
func pause(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
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

// tariffRefuses reports whether the account's tariff is over for this kind of request.
func (g *Gate) tariffRefuses(a *world.Account, method string) (refuses bool) {
	g.State.Read(func(*world.World) {
		refuses = a.ReadsBlocked || a.TariffEnded && method != http.MethodGet && method != http.MethodHead
	})
	return refuses
}

// RouteName is the key of the request counters: the method and the pattern of the route, whether or not the request
// got as far as its handler.
func (g *Gate) RouteName(r *http.Request) string {
	folded := strings.Contains(r.Pattern, "{sub}") // stands for several routes
	root := strings.TrimSuffix(r.Pattern, "/")
	if slices.Contains(ForeignRoots, root) || root == DrivePath {
		return r.Method + " " + root + "/ (unknown)"
	}
	if !folded && root != Root {
		return strings.TrimSuffix(r.Pattern, "/{$}")
	}
	if route, ok := g.Known(r.Method, strings.TrimPrefix(r.URL.Path, Root)); ok {
		return r.Method + " " + Root + route
	}
	return r.Method + " " + Root + "/ (unknown)"
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

func (v *void) Header() http.Header { return v.header }

func (v *void) Write(p []byte) (int, error) { return len(p), nil }

func (v *void) WriteHeader(int) {}
