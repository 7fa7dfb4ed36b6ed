package v4

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
)

// absent is a kind of thing that amoCRM has and this server does not keep.
type absent struct {
	kind   string // as the detail and the header call it
	path   string // everything below it, too; wildcards stand for whole segments
	method string // empty is all
}

// absentKinds lists them.
var absentKinds = []absent{
	{kind: "roles", path: "/roles"}, {kind: "sources", path: "/sources"},
	{kind: "chats of contacts", path: "/contacts/chats"}, {kind: "customers", path: "/customers"},
	{kind: "talks", path: "/talks"}, {kind: "chat templates", path: "/chats"}, {kind: "short links", path: "/short_links"},
	{kind: "widgets", path: "/widgets"}, {kind: "website buttons", path: "/website_buttons"},
	{kind: "currencies", path: "/currencies"}, {kind: "product settings", path: "/catalogs/products"}, {kind: "files", path: "/files"},
	{kind: "users made by a program", path: "/users", method: http.MethodPost},
	{kind: "files", path: "/leads/{id}/files"}, {kind: "subscriptions", path: "/leads/{id}/subscriptions"},
	{kind: "files", path: "/contacts/{id}/files"}, {kind: "subscriptions", path: "/contacts/{id}/subscriptions"},
	{kind: "files", path: "/companies/{id}/files"}, {kind: "subscriptions", path: "/companies/{id}/subscriptions"},
}

// absentRoutes are those lists of them that an account without any answers.
var absentRoutes = func() (t []route) {
	for _, path := range []string{
		"/roles", "/sources", "/contacts/chats", "/customers", "/customers/segments", "/customers/custom_fields",
		"/customers/segments/custom_fields", "/customers/statuses", "/customers/transactions", "/customers/notes", "/customers/tags",
		"/{entity}/{id}/files", "/{entity}/{id}/subscriptions",
	} {
		t = append(t, route{"GET", path, nil, listAbsent})
	}
	return t
}()

// absentAt finds the kind that a path below the API's root belongs to.
func absentAt(path string) (absent, bool) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for _, a := range absentKinds {
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

// listAbsent answers a list that is always empty.
func listAbsent(q *call) answer {
	kind, _ := absentAt(strings.TrimPrefix(q.r.URL.Path, api.Root))
	_, over := q.page(maxLimit)
	return func(w http.ResponseWriter) {
		w.Header().Set(api.NotKeptHeader, kind.kind)
		if over != nil {
			over(w)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}
