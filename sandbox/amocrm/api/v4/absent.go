package v4

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// absent is a kind of thing that amoCRM has and this server does not keep.
type absent struct {
	kind   string // as the detail and the header call it
	path   string // everything below it, too; wildcards stand for whole segments
	method string // empty is all
	admin  bool   // only administrators may ask
}

func (s absents) routes() []route {
	var t []route
	for _, path := range absentLists {
		t = append(t, route{"GET", path, s.list(path)})
	}
	for _, e := range world.Entities {
		for _, kind := range []string{"files", "subscriptions"} {
			t = append(t, route{"GET", "/" + e + "/{id}/" + kind, s.list("/" + e + "/1/" + kind)})
		}
	}
	return t
}

// absentKinds lists them.
func absentKinds() []absent {
	list := []absent{
		{kind: "roles", path: "/roles", admin: true}, {kind: "sources", path: "/sources", admin: true},
		{kind: "chats of contacts", path: "/contacts/chats", admin: true}, {kind: "customers", path: "/customers"},
		{kind: "talks", path: "/talks"}, {kind: "chat templates", path: "/chats"}, {kind: "short links", path: "/short_links"},
		{kind: "widgets", path: "/widgets"}, {kind: "website buttons", path: "/website_buttons"},
		{kind: "currencies", path: "/currencies"}, {kind: "product settings", path: "/catalogs/products"}, {kind: "files", path: "/files"},
		{kind: "users made by a program", path: "/users", method: http.MethodPost, admin: true},
	}
	for _, e := range world.Entities {
		list = append(list,
			absent{kind: "files", path: "/" + e + "/{id}/files"}, absent{kind: "subscriptions", path: "/" + e + "/{id}/subscriptions"})
	}
	return list
}

// absentLists are those lists of them that an account without any answers.
var absentLists = []string{
	"/roles", "/sources", "/contacts/chats", "/customers", "/customers/segments", "/customers/custom_fields",
	"/customers/segments/custom_fields", "/customers/statuses", "/customers/transactions", "/customers/notes", "/customers/tags",
}

// absentAt finds the kind that a path below the API's root belongs to.
func absentAt(path string) (absent, bool) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for _, a := range absentKinds() {
		n := strings.Count(a.path, "/") + 1
		if len(segments) < n {
			continue
		}
		if _, ok := api.MatchPath(strings.Join(segments[:n], "/"), a.path); ok {
			return a, true
		}
	}
	return absent{}, false
}

// guarded answers for a kind as far as amoCRM would let the caller ask at all.
func (s absents) guarded(kind absent, h api.Handler) api.Handler {
	if kind.admin {
		return s.Gate.ForAdmins(h)
	}
	return h
}

// list answers a list that is always empty.
func (s absents) list(path string) api.Handler {
	kind, _ := absentAt(path)
	return s.guarded(kind, func(w http.ResponseWriter, r *http.Request, _ api.Caller) {
		w.Header().Set(api.NotKeptHeader, kind.kind)
		if p, ok := api.ReadPage(w, r, api.DefaultLimit, api.MaxLimit); ok {
			api.AnswerPage(w, r, p, "", nil, false)
		}
	})
}
