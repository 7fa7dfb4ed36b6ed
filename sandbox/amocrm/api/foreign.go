package api

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

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
