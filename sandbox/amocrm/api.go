package amocrm

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// apiHandler answers one API route for a caller whose token was already checked.
type apiHandler func(w http.ResponseWriter, r *http.Request, c caller)

// route is one method and path of the v4 API, below apiRoot. Wildcards stand for whole segments.
type route struct {
	method, path string
	h            apiHandler
}

const apiRoot = "/api/v4"

// entities are the kinds that share notes, links, tags and custom fields.
var entities = []string{"leads", "contacts", "companies"}

// routeTable lists every route of the v4 API that this server knows.
func (s *Server) routeTable() []route {
	t := []route{
		{"GET", "/account", s.getAccount},
		{"GET", "/users", s.forAdmins(s.listUsers)},
		{"GET", "/users/{id}", s.forAdmins(s.getUser)},
		{"GET", "/leads/pipelines", s.listPipelines},
		{"POST", "/leads/pipelines", s.forAdmins(s.createPipelines)},
		{"GET", "/leads/pipelines/{id}", s.getPipeline},
		{"PATCH", "/leads/pipelines/{id}", s.forAdmins(s.updatePipeline)},
		{"DELETE", "/leads/pipelines/{id}", s.forAdmins(s.deletePipeline)},
		{"GET", "/leads/pipelines/{id}/statuses", s.listStatuses},
		{"POST", "/leads/pipelines/{id}/statuses", s.forAdmins(s.createStatuses)},
		{"GET", "/leads/pipelines/{id}/statuses/{status}", s.getStatus},
		{"PATCH", "/leads/pipelines/{id}/statuses/{status}", s.forAdmins(s.updateStatus)},
		{"DELETE", "/leads/pipelines/{id}/statuses/{status}", s.forAdmins(s.deleteStatus)},
		{"GET", "/leads/loss_reasons", s.listLossReasons},
		{"POST", "/leads/loss_reasons", s.forAdmins(s.createLossReasons)},
		{"GET", "/leads/loss_reasons/{id}", s.getLossReason},
		{"PATCH", "/leads/loss_reasons/{id}", s.forAdmins(s.updateLossReason)},
		{"DELETE", "/leads/loss_reasons/{id}", s.forAdmins(s.deleteLossReason)},
		{"POST", "/leads/complex", s.createComplex},
		{"GET", "/leads/unsorted", s.listUnsorted},
		{"GET", "/leads/unsorted/summary", s.summariseUnsorted},
		{"GET", "/leads/unsorted/{uid}", s.getUnsorted},
		{"POST", "/leads/unsorted/forms", s.createUnsorted("forms")},
		{"POST", "/leads/unsorted/sip", s.createUnsorted("sip")},
		{"POST", "/leads/unsorted/{uid}/accept", s.acceptUnsorted},
		{"DELETE", "/leads/unsorted/{uid}/decline", s.declineUnsorted},
		{"POST", "/leads/unsorted/{uid}/link", s.linkUnsorted},
		{"GET", "/events", s.listEvents},
		{"GET", "/events/types", s.listEventTypes},
		{"GET", "/events/{id}", s.getEvent},
		{"GET", "/tasks", s.listTasks},
		{"POST", "/tasks", s.createTasks},
		{"PATCH", "/tasks", s.updateTasks},
		{"GET", "/tasks/{id}", s.getTask},
		{"PATCH", "/tasks/{id}", s.updateTask},
		{"GET", "/webhooks", s.forAdmins(s.listWebhooks)},
		{"POST", "/webhooks", s.forAdmins(s.subscribe)},
		{"DELETE", "/webhooks", s.forAdmins(s.unsubscribe)},
		{"POST", "/calls", s.createCalls},
	}
	t = append(t, s.catalogRoutes()...)
	for _, path := range absentLists {
		t = append(t, route{"GET", path, s.listNothing(path)})
	}
	for _, e := range entities {
		own := func(of func(string) apiHandler) apiHandler { return of(e) }
		t = append(t, s.fieldRoutes("/"+e+"/custom_fields", own)...)
		t = append(t,
			route{"GET", "/" + e, s.listEntities(e)},
			route{"POST", "/" + e, s.createEntities(e)},
			route{"PATCH", "/" + e, s.updateEntities(e)},
			route{"GET", "/" + e + "/{id}", s.getEntity(e)},
			route{"PATCH", "/" + e + "/{id}", s.updateEntity(e)},
			route{"GET", "/" + e + "/notes", s.listNotes(e)},
			route{"POST", "/" + e + "/notes", s.createNotes(e)},
			route{"PATCH", "/" + e + "/notes", s.updateNotes(e)},
			route{"GET", "/" + e + "/notes/{note}", s.getNote(e)},
			route{"PATCH", "/" + e + "/notes/{note}", s.updateNote(e)},
			route{"POST", "/" + e + "/notes/{note}/pin", s.pinNote(e, true)},
			route{"POST", "/" + e + "/notes/{note}/unpin", s.pinNote(e, false)},
			route{"GET", "/" + e + "/{id}/notes", s.listNotes(e)},
			route{"POST", "/" + e + "/{id}/notes", s.createNotes(e)},
			route{"PATCH", "/" + e + "/{id}/notes", s.updateNotes(e)},
			route{"GET", "/" + e + "/{id}/notes/{note}", s.getNote(e)},
			route{"PATCH", "/" + e + "/{id}/notes/{note}", s.updateNote(e)},
			route{"GET", "/" + e + "/links", s.listLinks(e)},
			route{"GET", "/" + e + "/{id}/links", s.listLinks(e)},
			route{"POST", "/" + e + "/link", s.link(e, true)},
			route{"POST", "/" + e + "/unlink", s.link(e, false)},
			route{"POST", "/" + e + "/{id}/link", s.link(e, true)},
			route{"POST", "/" + e + "/{id}/unlink", s.link(e, false)},
			route{"GET", "/" + e + "/{id}/files", s.listNothing("/" + e + "/1/files")},
			route{"GET", "/" + e + "/{id}/subscriptions", s.listNothing("/" + e + "/1/subscriptions")},
			route{"GET", "/" + e + "/tags", s.listTags(e)},
			route{"POST", "/" + e + "/tags", s.createTags(e)},
		)
	}
	return t
}

// apiRoutes hands every route to handle, as net/http patterns that do not conflict. "/leads/{id}/notes" and
// "/leads/notes/{note}" would (both match "/leads/notes/notes"), so the routes below an entity's id are folded into
// "/leads/{id}/{sub}" and told apart here; r.Pattern then names the real route.
func (s *Server) apiRoutes(handle func(pattern string, h apiHandler)) {
	folded := map[string][]route{}
	var order []string
	for _, rt := range s.routeTable() {
		p := rt.method + " " + foldPath(rt.path)
		if _, seen := folded[p]; !seen {
			order = append(order, p)
		}
		folded[p] = append(folded[p], rt)
	}
	for _, p := range order {
		group := folded[p]
		h := func(w http.ResponseWriter, r *http.Request, c caller) {
			for _, rt := range group {
				if bindPath(r, rt.path) {
					r.Pattern = rt.method + " " + apiRoot + rt.path
					rt.h(w, r, c)
					return
				}
			}
			s.apiFallback(w, r, c)
		}
		handle(p, h)
		handle(p+"/{$}", h) // amoCRM's own samples end some addresses with a slash
	}
}

// foldPath widens the segments below an entity's id.
func foldPath(path string) string {
	seg := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(seg) > 2 && seg[1] == "{id}" && isEntity(seg[0]) {
		for i, name := range []string{"{sub}", "{item}"} {
			if len(seg) > i+2 {
				seg[i+2] = name
			}
		}
	}
	return apiRoot + "/" + strings.Join(seg, "/")
}

// bindPath reports whether the request's path is that of the route, and sets its path values. Every wildcard but
// an unsorted lead's, an event's or a field group's takes a number only.
func bindPath(r *http.Request, path string) bool {
	values, ok := matchPath(strings.TrimPrefix(r.URL.Path, apiRoot), path)
	if !ok {
		return false
	}
	for name, v := range values {
		r.SetPathValue(name, v)
	}
	return true
}

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

// apiFallback answers what no route takes: a kind that is not kept by its name, 405 when the path is known under another
// method, else 404.
func (s *Server) apiFallback(w http.ResponseWriter, r *http.Request, c caller) {
	if kind, ok := absentAt(strings.TrimPrefix(r.URL.Path, apiRoot)); ok && (kind.method == "" || kind.method == r.Method) {
		s.absentRoute(kind, func(w http.ResponseWriter, _ *http.Request, _ caller) { notKept(w, kind.kind) })(w, r, c)
		return
	}
	var allow []string
	for _, rt := range knownRoutes() {
		if _, ok := matchPath(strings.TrimPrefix(r.URL.Path, apiRoot), rt.path); ok && rt.method != r.Method {
			allow = append(allow, rt.method)
		}
	}
	if len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		problem(w, http.StatusMethodNotAllowed, "Method Not Allowed", "Method not allowed")
		return
	}
	noRoute(w, r)
}

// knownRoutes is the table without a server behind it: for paths and methods only.
var knownRoutes = sync.OnceValue(func() []route { return (*Server)(nil).routeTable() })

func isEntity(name string) bool {
	return name == "leads" || name == "contacts" || name == "companies"
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
