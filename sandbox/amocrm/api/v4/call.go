package v4

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// call is one request as its handler sees it: the body is read, the lock is held, that for writing unless the method is GET, and
// the writer acts for the caller.
type call struct {
	edit.Writer
	r     *http.Request
	f     filters
	with  map[string]bool // names in the "with" parameter
	kind  string          // what the path begins with, such as leads; below a catalog the catalog's
	items []obj           // of the body
	bare  bool            // the body is one object, which is answered alone
	bad   edit.Refusal
	out   []obj // what is answered of the items

	closest map[int64]int64   // due times of first open tasks, once asked for
	leads   map[int64][]int64 // by contact, once asked for
}

// handler decides an answer under the lock. Without an answer it is 204, or what q.bad refuses.
type handler func(q *call) answer

// answer is written when the lock is gone. Values in it (custom values, note params) are never changed in place, only
// replaced.
type answer func(w http.ResponseWriter)

// serve is the route as the gate calls it.
func (s API) serve(rt route) api.Handler {
	h := func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		q := &call{r: r, f: filters{r.URL.Query()}, with: map[string]bool{}, kind: strings.Split(rt.path, "/")[1]}
		for _, name := range q.f.words("with") {
			q.with[name] = true
		}
		if strings.HasPrefix(rt.path, catalogPath+"/") && !s.enterCatalog(q, c.Account) {
			api.NotFound(w, "Catalog")
			return
		}
		if rt.body != nil && !rt.body(w, q) {
			return
		}
		lock := s.gate.State.Write
		if rt.method == http.MethodGet {
			lock = s.gate.State.Read
		}
		var a answer
		lock(func(state *world.World) {
			q.Writer = s.editor.Writer(state, c.Account, c.User)
			a = rt.do(q)
		})
		switch {
		case q.bad.Any():
			q.bad.Write(w)
		case a == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			a(w)
		}
	}
	if forAdmins(rt.method, rt.path) {
		return s.gate.ForAdmins(h)
	}
	return h
}

// enterCatalog makes the catalog in the path the kind. One that is there stays: catalogs are never deleted here.
func (s API) enterCatalog(q *call, a *world.Account) (there bool) {
	s.gate.State.Read(func(*world.World) {
		if c := world.CatalogOf(a, q.id("catalog")); c != nil {
			q.kind, there = c.Kind(), true
		}
	})
	return there
}

// body reads the body of a request, and answers itself when it is wrong.
type body func(w http.ResponseWriter, q *call) bool

// batch reads a list of objects.
var batch = upTo(api.MaxWrite)

// upTo is batch with a limit of its own.
func upTo(most int) body {
	return func(w http.ResponseWriter, q *call) (ok bool) {
		q.items, ok = api.ReadBatch(w, q.r, most)
		return ok
	}
}

// object reads one object, whose id is the path's value of that name.
func object(id string) body {
	return func(w http.ResponseWriter, q *call) bool {
		m, ok := api.ReadObject(w, q.r)
		if ok && id != "" {
			m["id"] = q.id(id)
		}
		q.items, q.bare = []obj{m}, true
		return ok
	}
}

// optional reads one object, or none where there is no body.
func optional(w http.ResponseWriter, q *call) bool {
	m, ok := api.ReadOptional(w, q.r)
	q.items = []obj{m}
	return ok
}

// id is a number in the path; 0 where the path has none.
func (q *call) id(name string) int64 { return kit.ParseID(q.r.PathValue(name)) }

// self is the _links of what has the address made of the parts.
func (q *call) self(parts ...any) obj {
	var path []byte
	for _, p := range parts {
		path = fmt.Append(append(path, '/'), p)
	}
	return selfLink(api.BaseURL(q.r) + api.Root + string(path))
}

// selfLink is the _links of a single thing.
func selfLink(address string) obj { return obj{"self": href(address)} }

// href is a link object.
func href(address string) obj { return obj{"href": address} }

// ref is an entity by id only.
func (q *call) ref(kind string, id int64) obj { return obj{"id": id, "_links": q.self(kind, id)} }

// refs are several; 0 is none.
func (q *call) refs(kind string, ids ...int64) []obj {
	out := []obj{}
	for _, id := range ids {
		if id != 0 {
			out = append(out, q.ref(kind, id))
		}
	}
	return out
}

// add puts those of the values into o that the request asks for.
func (q *call) add(o, values obj) {
	for name, value := range values {
		if q.with[name] {
			o[name] = value
		}
	}
}

// When the request_id of an item is answered.
const (
	never = iota
	ifSent
	inLists // and if sent
	always
)

// tell adds what is answered of an item.
func (q *call) tell(i, ids int, o obj) obj {
	id, sent := api.RequestID(q.items[i], i)
	if ids == always || ids == inLists && !q.bare || ids != never && sent {
		o["request_id"] = id
	}
	q.out = append(q.out, o)
	return o
}
