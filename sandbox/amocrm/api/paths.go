package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Root is where the v4 API begins.
const Root = "/api/v4"

// Caller is who an API request acts for.
type Caller struct {
	Account  *world.Account
	User     int64
	clientID string
}

// Handler answers one API route for a caller whose token was already checked.
type Handler func(w http.ResponseWriter, r *http.Request, c Caller)

// BaseURL is the scheme and host that the client used, also through a proxy that ends its TLS; all links are built on
// it, and clients compare them with their own base address.
func BaseURL(r *http.Request) string { return Scheme(r) + r.Host }

// Scheme is "https://" or "http://", as the client asked.
func Scheme(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://"
	}
	return "http://"
}

// MatchPath compares a path below Root with a route's and returns the values of its wildcards. Every wildcard but an
// unsorted lead's, an event's or a field group's takes a number only.
func MatchPath(got, path string) (map[string]string, bool) {
	gs, ps := strings.Split(strings.TrimSuffix(got, "/"), "/"), strings.Split(path, "/")
	if len(gs) != len(ps) {
		return nil, false
	}
	values := map[string]string{}
	for i, p := range ps {
		if !strings.HasPrefix(p, "{") {
			if gs[i] != p {
				return nil, false
			}
			continue
		}
		name := strings.Trim(p, "{}")
		numeric := name != "uid" && name != "group" && !(name == "id" && ps[1] == "events")
		if _, err := strconv.ParseInt(gs[i], 10, 64); gs[i] == "" || numeric && err != nil {
			return nil, false
		}
		values[name] = gs[i]
	}
	return values, true
}

// NotKeptHeader names the kind on every answer about one that is not kept, an empty list included.
const NotKeptHeader = "X-Sandbox-Not-Kept"

// DrivePath is where the address of the file service leads: to this server, never to the public one, so that no token
// leaves the machine.
const DrivePath = "/drive"

// NotKept answers that the address is right and the thing is missing here.
func NotKept(w http.ResponseWriter, kind string) {
	w.Header().Set(NotKeptHeader, kind)
	Problem(w, http.StatusNotImplemented, "Not Implemented",
		"The local amoCRM does not keep "+kind+". The address is right: the real amoCRM answers here.")
}

// DriveRoutes answer for the file service.
func (g *Gate) DriveRoutes(mux *http.ServeMux) {
	drive := g.Protect(func(w http.ResponseWriter, _ *http.Request, _ Caller) { NotKept(w, "files") })
	for _, pattern := range []string{DrivePath, DrivePath + "/"} {
		mux.Handle(pattern, drive)
	}
}

// oldAbsents are the addresses of the old API that clients of v4 ask, too, with what is not kept there.
var oldAbsents = map[string]string{"/api/v2/salesbot/run": "salesbots", "/api/v2/products_settings": "product settings"}

// ForeignRoots are the places where amoCRM keeps, or once kept, other APIs than v4. Programs ask there, so they are told
// of a missing route as programs are, not by a page.
var ForeignRoots = []string{"/api", "/private", "/ajax", "/v2", "/v3", "/oauth2"}

// ForeignRoutes answers 404 there. Under /api a token is asked for first, as everywhere in the API.
func (g *Gate) ForeignRoutes(mux *http.ServeMux) {
	for _, root := range ForeignRoots {
		for _, pattern := range []string{root, root + "/"} {
			if root == "/api" {
				mux.Handle(pattern, g.Protect(func(w http.ResponseWriter, r *http.Request, _ Caller) {
					if kind := oldAbsents[strings.TrimSuffix(r.URL.Path, "/")]; kind != "" {
						NotKept(w, kind)
						return
					}
					NoRoute(w, r)
				}))
			} else {
				g.Open(mux, pattern, func(w http.ResponseWriter, r *http.Request, _ *world.Account) { NoRoute(w, r) })
			}
		}
	}
}
