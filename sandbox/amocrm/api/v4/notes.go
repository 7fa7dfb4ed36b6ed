package v4

import (
	"fmt"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func (s notes) routes() []route {
	t := []route{{"POST", "/calls", s.createCalls}}
	for _, e := range world.Entities {
		t = append(t,
			route{"GET", "/" + e + "/notes", s.list(e)},
			route{"POST", "/" + e + "/notes", s.create(e)},
			route{"PATCH", "/" + e + "/notes", s.updateAll(e)},
			route{"GET", "/" + e + "/notes/{note}", s.get(e)},
			route{"PATCH", "/" + e + "/notes/{note}", s.update(e)},
			route{"POST", "/" + e + "/notes/{note}/pin", s.pin(e, true)},
			route{"POST", "/" + e + "/notes/{note}/unpin", s.pin(e, false)},
			route{"GET", "/" + e + "/{id}/notes", s.list(e)},
			route{"POST", "/" + e + "/{id}/notes", s.create(e)},
			route{"PATCH", "/" + e + "/{id}/notes", s.updateAll(e)},
			route{"GET", "/" + e + "/{id}/notes/{note}", s.get(e)},
			route{"PATCH", "/" + e + "/{id}/notes/{note}", s.update(e)},
		)
	}
	return t
}

// list answers GET /{entity}/notes and GET /{entity}/{id}/notes.
func (s notes) list(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		q := r.URL.Query()
		f := filters{q}
		owner := api.PathID(r, "id") // 0 for all
		answerList(s.State, w, r, "notes", func(*world.World) []*world.Note {
			var all []*world.Note
			for _, n := range c.Account.Notes {
				if n.Entity == entity && (owner == 0 || n.EntityID == owner) && f.id("id", n.ID) &&
					(owner != 0 || f.id("entity_id", n.EntityID)) && f.oneOf("note_type", n.Type) &&
					f.between("updated_at", n.UpdatedAt) {
					all = append(all, n)
				}
			}
			key, desc := ordering(q, "updated_at", "id")
			sortBy(all, desc, func(n *world.Note) (int64, int64) {
				if key == "updated_at" {
					return n.UpdatedAt, n.ID
				}
				return n.ID, n.ID
			})
			return all
		}, func(n *world.Note) obj { return renderNote(r, c.Account, n) })
	}
}

// get answers GET /{entity}/notes/{note} and GET /{entity}/{id}/notes/{note}.
func (s notes) get(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerOne(s.State, w, "Note", func() obj {
			if n := noteAt(c.Account, entity, r); n != nil {
				return renderNote(r, c.Account, n)
			}
			return nil
		})
	}
}

// noteAt is the note that the path names; nil when it is another entity's.
func noteAt(a *world.Account, entity string, r *http.Request) *world.Note {
	n := a.Notes[api.PathID(r, "note")]
	if owner := api.PathID(r, "id"); n == nil || n.Entity != entity || owner != 0 && n.EntityID != owner {
		return nil
	}
	return n
}

// pin answers POST /{entity}/notes/{note}/pin and /unpin with 204. One note of an entity is pinned at most.
func (s notes) pin(entity string, pin bool) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerDeleted(s.State, w, "Note", func() (found, kept bool) {
			n := noteAt(c.Account, entity, r)
			if n == nil {
				return false, false
			}
			for _, other := range c.Account.Notes {
				if pin && other.Entity == entity && other.EntityID == n.EntityID {
					other.Pinned = false
				}
			}
			n.Pinned = pin
			return true, false
		})
	}
}

// renderNote is a note as GET answers it (EX note-by-id.json). The kind of its entity is told by the address only.
func renderNote(r *http.Request, a *world.Account, n *world.Note) obj {
	o := writtenNote(r, n)
	o["created_by"], o["updated_by"], o["created_at"], o["updated_at"] = n.CreatedBy, n.UpdatedBy, n.CreatedAt, n.UpdatedAt
	o["responsible_user_id"], o["group_id"], o["note_type"], o["params"] = n.Responsible, 0, n.Type, n.Params
	o["account_id"] = a.ID
	if n.Pinned {
		o["is_pinned"] = true
	}
	return o
}

func writtenNote(r *http.Request, n *world.Note) obj {
	path := fmt.Sprintf("/%s/%d/notes/%d", n.Entity, n.EntityID, n.ID)
	return obj{"id": n.ID, "entity_id": n.EntityID, "_links": api.SelfLink(api.URL(r, path))}
}
