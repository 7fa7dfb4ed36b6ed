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

// PathID is a numeric path value; MatchPath has made sure that it is one.
func PathID(r *http.Request, name string) int64 {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

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

// URL is the absolute address of a path below the API's root.
func URL(r *http.Request, path string) string { return BaseURL(r) + Root + path }

// MatchPath compares a path below Root with a route's and returns the values of its wildcards.
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
