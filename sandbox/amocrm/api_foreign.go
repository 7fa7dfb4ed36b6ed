package amocrm

import (
	"net/http"
	"strings"
)

// notKeptHeader names the kind on every answer about one that is not kept, an empty list included.
const notKeptHeader = "X-Sandbox-Not-Kept"

// drivePath is where the address of the file service leads: to this server, never to the public one, so that no token
// leaves the machine.
const drivePath = "/drive"

// oldAbsents are the addresses of the old API that clients of v4 ask, too, with what is not kept there.
var oldAbsents = map[string]string{"/api/v2/salesbot/run": "salesbots", "/api/v2/products_settings": "product settings"}

// foreignRoots are the places where amoCRM keeps, or once kept, other APIs than v4. Programs ask there, so they are told
// of a missing route as programs are, not by a page.
var foreignRoots = []string{"/api", "/private", "/ajax", "/v2", "/v3", "/oauth2"}

// foreignRoutes answers 404 there. Under /api a token is asked for first, as everywhere in the API.
func (g *gate) foreignRoutes(mux *http.ServeMux) {
	for _, root := range foreignRoots {
		for _, pattern := range []string{root, root + "/"} {
			if root == "/api" {
				mux.Handle(pattern, g.protect(func(w http.ResponseWriter, r *http.Request, _ caller) {
					if kind := oldAbsents[strings.TrimSuffix(r.URL.Path, "/")]; kind != "" {
						notKept(w, kind)
						return
					}
					noRoute(w, r)
				}))
			} else {
				g.open(mux, pattern, func(w http.ResponseWriter, r *http.Request, _ *Account) { noRoute(w, r) })
			}
		}
	}
}

// notKept answers that the address is right and the thing is missing here.
func notKept(w http.ResponseWriter, kind string) {
	w.Header().Set(notKeptHeader, kind)
	problem(w, http.StatusNotImplemented, "Not Implemented",
		"The local amoCRM does not keep "+kind+". The address is right: the real amoCRM answers here.")
}

// driveRoutes answer for the file service.
func (g *gate) driveRoutes(mux *http.ServeMux) {
	drive := g.protect(func(w http.ResponseWriter, _ *http.Request, _ caller) { notKept(w, "files") })
	for _, pattern := range []string{drivePath, drivePath + "/"} {
		mux.Handle(pattern, drive)
	}
}
