// Package route owns the classes of addresses: who calls a route decides what stands before it. It refuses to know what a route
// does; api mounts it.
package route

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Class tells routes apart by who calls them.
type Class string

// Classes of routes.
const (
	// Public is for anybody's browser, without a session: assets, a decision about a login.
	Public Class = "public"
	// Panel is for the pages of an opened card. The path begins with the block's own, in which the session's id stands.
	Panel Class = "panel"
	// Webhook is for outside systems that report something. It is answered at once.
	Webhook Class = "webhook"
	// Machine is for programs. It is described in OpenAPI, and errors are problem+json.
	Machine Class = "machine"
)

// Route is one address.
type Route struct {
	Class   Class
	Method  string
	Path    string // as echo has it: "/api/triggers/:id"
	Handler echo.HandlerFunc
	Limited bool // counted against the caller's address: it begins or ends a login, for which no key is needed
}

// Mounter names its routes.
type Mounter interface{ Mount(r *Router) }

// Router collects the routes of a block.
type Router struct {
	block  string
	routes []Route
}

// Of returns the routes of m, whose panel is that of the named block.
func Of(block string, m Mounter) []Route {
	r := &Router{block: block}
	m.Mount(r)
	return r.routes
}

// Public, Webhook and Machine return groups for whole paths.
func (r *Router) Public() Group  { return Group{router: r, class: Public} }
func (r *Router) Webhook() Group { return Group{router: r, class: Webhook} }
func (r *Router) Machine() Group { return Group{router: r, class: Machine} }

// Panel returns the group of the block's pages: "/people" is /blocks/<name>/:session/people.
func (r *Router) Panel() Group {
	return Group{router: r, class: Panel, prefix: "/blocks/" + r.block + "/:session"}
}

// Group adds routes of one class.
type Group struct {
	router  *Router
	class   Class
	prefix  string
	limited bool
}

// Limited returns the same group for routes that begin or end a login.
func (g Group) Limited() Group {
	g.limited = true
	return g
}

// Add adds a route.
func (g Group) Add(method, path string, h echo.HandlerFunc) {
	g.router.routes = append(g.router.routes, Route{Class: g.class, Method: method, Path: g.prefix + path, Handler: h, Limited: g.limited})
}

// GET adds a route.
func (g Group) GET(path string, h echo.HandlerFunc) { g.Add(http.MethodGet, path, h) }

// POST adds a route.
func (g Group) POST(path string, h echo.HandlerFunc) { g.Add(http.MethodPost, path, h) }
