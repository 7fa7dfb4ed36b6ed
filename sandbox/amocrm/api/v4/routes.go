// Package v4 is the v4 API of the local amoCRM: a table of the routes of each area, with what they do under the lock, and
// what an answer shows.
//
// It refuses to know tokens and limits, which the gate has dealt with, and changes nothing but through an edit.Writer or,
// where it is in no feed and sends no webhook, under the write lock.
package v4

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// obj is a JSON object on its way out or in.
type obj = map[string]any

// route is one method and path of the v4 API, below api.Root. Wildcards stand for whole segments, {entity} at the beginning
// for each of world.Entities.
type route struct {
	method, path string
	body         body // nil where it is not looked at
	do           handler
}

// API is the whole API.
type API struct {
	gate   *api.Gate
	editor edit.Editor
	table  []route
}

// New returns the API with all its areas.
func New(gate *api.Gate, editor edit.Editor) API {
	s := API{gate: gate, editor: editor}
	for _, rt := range slices.Concat(accountRoutes, pipelineRoutes, lossReasonRoutes, cardRoutes, unsortedRoutes, eventRoutes, taskRoutes,
		webhookRoutes, noteRoutes, linkRoutes, tagRoutes, fieldRoutes(catalogPath+"/custom_fields"), catalogRoutes, absentRoutes,
		fieldRoutes("/{entity}/custom_fields")) {
		if below, each := strings.CutPrefix(rt.path, "/{entity}"); each {
			for _, e := range world.Entities {
				s.table = append(s.table, route{rt.method, "/" + e + below, rt.body, rt.do})
			}
			continue
		}
		s.table = append(s.table, rt)
	}
	return s
}

// What only administrators may ask for, and what they alone may change.
var (
	adminAreas  = []string{"/users", "/webhooks", "/roles", "/sources", "/contacts/chats"}
	adminWrites = []string{"/pipelines", "/loss_reasons", "/custom_fields"}
)

// forAdmins reports whether only administrators may ask.
func forAdmins(method, path string) bool {
	return slices.ContainsFunc(adminAreas, func(area string) bool { return strings.HasPrefix(path, area) }) ||
		method != http.MethodGet && slices.ContainsFunc(adminWrites, func(part string) bool { return strings.Contains(path, part) })
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
	for _, rt := range s.table {
		p := rt.method + " " + foldPath(rt.path)
		folded[p] = append(folded[p], rt)
	}
	for p, group := range folded {
		h := func(w http.ResponseWriter, r *http.Request, c api.Caller) {
			for _, rt := range group {
				values, ok := api.MatchPath(strings.TrimPrefix(r.URL.Path, api.Root), rt.path)
				if !ok {
					continue
				}
				for name, v := range values {
					r.SetPathValue(name, v)
				}
				r.Pattern = rt.method + " " + api.Root + rt.path
				s.serve(rt)(w, r, c)
				return
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

// Fallback answers what no route takes: a kind that is not kept by its name, 405 when the path is known under another
// method, else 404.
func (s API) Fallback(w http.ResponseWriter, r *http.Request, c api.Caller) {
	path := strings.TrimPrefix(r.URL.Path, api.Root)
	if kind, ok := absentAt(path); ok && (kind.method == "" || kind.method == r.Method) {
		h := func(w http.ResponseWriter, _ *http.Request, _ api.Caller) { api.NotKept(w, kind.kind) }
		if forAdmins(http.MethodGet, path) {
			h = s.gate.ForAdmins(h)
		}
		h(w, r, c)
		return
	}
	var allow []string
	for _, rt := range s.table {
		if _, ok := api.MatchPath(path, rt.path); ok && rt.method != r.Method {
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
