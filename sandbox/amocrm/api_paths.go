package amocrm

import (
	"net/http"
	"strconv"
	"strings"
)

// apiHandler answers one API route for a caller whose token was already checked.
type apiHandler func(w http.ResponseWriter, r *http.Request, c caller)

const apiRoot = "/api/v4"

func matchPath(got, path string) (map[string]string, bool) {
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

// pathID is a numeric path value; matchPath has made sure that it is one.
func pathID(r *http.Request, name string) int64 {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// baseOf is the scheme and host that the client used, also through a proxy that ends its TLS; all links are built on
// it, and clients compare them with their own base address.
func baseOf(r *http.Request) string { return schemeOf(r) + r.Host }

// schemeOf is "https://" or "http://", as the client asked.
func schemeOf(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://"
	}
	return "http://"
}

// apiURL is the absolute address of a path below the API's root.
func apiURL(r *http.Request, path string) string { return baseOf(r) + apiRoot + path }

// caller is who an API request acts for.
type caller struct {
	account  *Account
	user     int64
	clientID string
	external bool // of an integration made by the button with metadata
}
