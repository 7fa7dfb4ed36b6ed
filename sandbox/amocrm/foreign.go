package amocrm

import (
	"net/http"
	"strings"
)

// oldAbsents are the addresses of the old API that clients of v4 ask, too, with what is not kept there.
var oldAbsents = map[string]string{"/api/v2/salesbot/run": "salesbots", "/api/v2/products_settings": "product settings"}

// foreignRoots are the places where amoCRM keeps, or once kept, other APIs than v4. Programs ask there, so they are told
// of a missing route as programs are, not by a page.
var foreignRoots = []string{"/api", "/private", "/ajax", "/v2", "/v3", "/oauth2"}

// foreignRoutes answers 404 there. Under /api a token is asked for first, as everywhere in the API.
func (s *Server) foreignRoutes() {
	for _, root := range foreignRoots {
		for _, pattern := range []string{root, root + "/"} {
			if root == "/api" {
				s.mux.Handle(pattern, s.gate(func(w http.ResponseWriter, r *http.Request, _ caller) {
					if kind := oldAbsents[strings.TrimSuffix(r.URL.Path, "/")]; kind != "" {
						notKept(w, kind)
						return
					}
					noRoute(w, r)
				}))
			} else {
				s.open(pattern, func(w http.ResponseWriter, r *http.Request, _ *Account) { noRoute(w, r) })
			}
		}
	}
}

// noRoute is the 404 of an address that nothing answers at.
func noRoute(w http.ResponseWriter, r *http.Request) {
	problem(w, http.StatusNotFound, "Not Found", "Cannot "+r.Method+" "+baseOf(r)+r.URL.Path)
}
