// Package v4 is the v4 API of the local amoCRM: one type for each area, with its routes, and what an answer shows.
//
// It refuses to know tokens and limits, which the gate has dealt with, and changes nothing but through an edit.Writer or,
// where it is in no feed and sends no webhook, under the write lock.
package v4

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// obj is a JSON object on its way out or in.
type obj = map[string]any

// route is one method and path of the v4 API, below api.Root. Wildcards stand for whole segments.
type route struct {
	method, path string
	h            api.Handler
}

// Deps is what the areas of the API need. Each area is a type of its own, with its routes.
type Deps struct {
	Gate   *api.Gate
	State  *kit.State[world.World]
	Now    func() time.Time
	Editor edit.Editor
}

// The areas.
type (
	accounts    Deps
	pipelines   Deps
	lossReasons Deps
	cards       Deps // leads, contacts, companies
	unsorted    Deps
	events      Deps
	tasks       Deps
	webhooks    Deps
	notes       Deps
	links       Deps
	tags        Deps
	fields      Deps
	catalogs    Deps
	absents     Deps
)

// API is the whole API.
type API struct {
	Deps
	table []route
}

// New returns the API with all its areas.
func New(d Deps) API {
	t := slices.Concat(accounts(d).routes(), pipelines(d).routes(), lossReasons(d).routes(), cards(d).routes(), unsorted(d).routes(),
		events(d).routes(), tasks(d).routes(), webhooks(d).routes(), notes(d).routes(), links(d).routes(), tags(d).routes(),
		catalogs(d).routes(), absents(d).routes())
	for _, e := range world.Entities {
		own := func(of func(string) api.Handler) api.Handler { return of(e) }
		t = append(t, fields(d).routes("/"+e+"/custom_fields", own)...)
	}
	return API{d, t}
}

// Known finds the route that a method and a path below the API's root belong to.
func (s API) Known(method, path string) (route string, ok bool) {
	for _, rt := range s.table {
		if _, ok := api.MatchPath(path, rt.path); ok && rt.method == method {
			return rt.path, true
		}
	}
	return "", false
}

// Mount hands every route to handle, as net/http patterns that do not conflict. "/leads/{id}/notes" and
// "/leads/notes/{note}" would (both match "/leads/notes/notes"), so the routes below an entity's id are folded into
// "/leads/{id}/{sub}" and told apart here; r.Pattern then names the real route.
func (s API) Mount(handle func(pattern string, h api.Handler)) {
	folded := map[string][]route{}
	var order []string
	for _, rt := range s.table {
		p := rt.method + " " + foldPath(rt.path)
		if _, seen := folded[p]; !seen {
			order = append(order, p)
		}
		folded[p] = append(folded[p], rt)
	}
	for _, p := range order {
		group := folded[p]
		h := func(w http.ResponseWriter, r *http.Request, c api.Caller) {
			for _, rt := range group {
				if bindPath(r, rt.path) {
					r.Pattern = rt.method + " " + api.Root + rt.path
					rt.h(w, r, c)
					return
				}
			}
			s.Fallback(w, r, c)
		}
		handle(p, h)
		handle(p+"/{$}", h) // amoCRM's own samples end some addresses with a slash
	}
}

// foldPath widens the segments below an entity's id.
func foldPath(path string) string {
	seg := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(seg) > 2 && seg[1] == "{id}" && world.IsEntity(seg[0]) {
		for i, name := range []string{"{sub}", "{item}"} {
			if len(seg) > i+2 {
				seg[i+2] = name
			}
		}
	}
	return api.Root + "/" + strings.Join(seg, "/")
}

// bindPath reports whether the request's path is that of the route, and sets its path values. Every wildcard but
// an unsorted lead's, an event's or a field group's takes a number only.
func bindPath(r *http.Request, path string) bool {
	values, ok := api.MatchPath(strings.TrimPrefix(r.URL.Path, api.Root), path)
	if !ok {
		return false
	}
	for name, v := range values {
		r.SetPathValue(name, v)
	}
	return true
}

// Fallback answers what no route takes: a kind that is not kept by its name, 405 when the path is known under another
// method, else 404.
func (s API) Fallback(w http.ResponseWriter, r *http.Request, c api.Caller) {
	if kind, ok := absentAt(strings.TrimPrefix(r.URL.Path, api.Root)); ok && (kind.method == "" || kind.method == r.Method) {
		absents(s.Deps).guarded(kind, func(w http.ResponseWriter, _ *http.Request, _ api.Caller) { api.NotKept(w, kind.kind) })(w, r, c)
		return
	}
	var allow []string
	for _, rt := range s.table {
		if _, ok := api.MatchPath(strings.TrimPrefix(r.URL.Path, api.Root), rt.path); ok && rt.method != r.Method {
			allow = append(allow, rt.method)
		}
	}
	if len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		api.Problem(w, http.StatusMethodNotAllowed, "Method Not Allowed", "Method not allowed")
		return
	}
	api.NoRoute(w, r)
}
