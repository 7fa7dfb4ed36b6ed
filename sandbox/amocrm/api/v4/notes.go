package v4

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// noteRoutes are the calls and the notes of a kind, and of one entity where the path has an id.
var noteRoutes = []route{
	{"POST", "/calls", batch, createCalls},
	{"GET", "/{entity}/notes", nil, listNotes},
	{"POST", "/{entity}/notes", batch, createNotes},
	{"PATCH", "/{entity}/notes", batch, patchNotes},
	{"GET", "/{entity}/notes/{note}", nil, one("Note", noteAt, renderNote)},
	{"PATCH", "/{entity}/notes/{note}", object("note"), patchNotes},
	{"POST", "/{entity}/notes/{note}/pin", nil, pin(true)},
	{"POST", "/{entity}/notes/{note}/unpin", nil, pin(false)},
	{"GET", "/{entity}/{id}/notes", nil, listNotes},
	{"POST", "/{entity}/{id}/notes", batch, createNotes},
	{"PATCH", "/{entity}/{id}/notes", batch, patchNotes},
	{"GET", "/{entity}/{id}/notes/{note}", nil, one("Note", noteAt, renderNote)},
	{"PATCH", "/{entity}/{id}/notes/{note}", object("note"), patchNotes},
}

var listNotes = list("notes", func(q *call) []*world.Note {
	owner := q.id("id")
	all := kept(slices.Collect(maps.Values(q.A.Notes)), func(n *world.Note) bool {
		return q.hasNote(n) && q.f.id("id", n.ID) && (owner != 0 || q.f.id("entity_id", n.EntityID)) &&
			q.f.oneOf("note_type", n.Type) && q.f.between("updated_at", n.UpdatedAt)
	})
	id := func(n *world.Note) int64 { return n.ID }
	return order(q.f, all, id, id,
		by[*world.Note]{"updated_at", func(n *world.Note) int64 { return n.UpdatedAt }}, by[*world.Note]{"id", id})
}, renderNote)

// hasNote reports whether a note hangs on what the path names: an entity, or any of the kind.
func (q *call) hasNote(n *world.Note) bool {
	owner := q.id("id")
	return n.Entity == q.kind && (owner == 0 || n.EntityID == owner)
}

// noteOf is a note that hangs on what the path names, else nil.
func noteOf(q *call, id int64) *world.Note {
	if n := q.A.Notes[id]; n != nil && q.hasNote(n) {
		return n
	}
	return nil
}

// noteAt is the note that the path names.
func noteAt(q *call) *world.Note { return noteOf(q, q.id("note")) }

// pin answers POST /{entity}/notes/{note}/pin and /unpin with 204. One note of an entity is pinned at most.
func pin(pin bool) handler {
	return deleted("Note", noteAt, func(q *call, n *world.Note) bool {
		for _, other := range q.A.Notes {
			if pin && other.Entity == q.kind && other.EntityID == n.EntityID {
				other.Pinned = false
			}
		}
		n.Pinned = pin
		return false
	})
}

// renderNote is a note as GET answers it (EX note-by-id.json). The kind of its entity is told by the address only.
func renderNote(q *call, n *world.Note) obj {
	o := writtenNote(q, n)
	o["created_by"], o["updated_by"], o["created_at"], o["updated_at"] = n.CreatedBy, n.UpdatedBy, n.CreatedAt, n.UpdatedAt
	o["responsible_user_id"], o["group_id"], o["note_type"], o["params"] = n.Responsible, 0, n.Type, n.Params
	o["account_id"] = q.A.ID
	if n.Pinned {
		o["is_pinned"] = true
	}
	return o
}

func writtenNote(q *call, n *world.Note) obj {
	return obj{"id": n.ID, "entity_id": n.EntityID, "_links": q.self(n.Entity, n.EntityID, "notes", n.ID)}
}

var createNotes = each(always, func(q *call, v edit.Check, m obj, _ int) *world.Note {
	return edit.ReadNote(v, q.kind, m, q.id("id"))
}, func(q *call, n *world.Note) obj {
	q.AddNote(n)
	return writtenNote(q, n)
}, written("notes"))

// patchNotes replaces type and params whole.
var patchNotes = each(ifSent, func(q *call, v edit.Check, m obj, _ int) *world.Note {
	known := edit.Known(v, m, "id", func(id int64) *world.Note { return noteOf(q, id) })
	if known == nil {
		return nil
	}
	n := *known
	if typ := v.Text(m, "note_type"); typ != nil {
		if edit.NoteParams[*typ] == nil {
			v.Choice("note_type")
			return nil
		}
		n.Type = *typ
	}
	if m["params"] != nil {
		n.Params = edit.ReadNoteParams(v, n.Type, m)
	}
	edit.Set(&n.Responsible, v.User(m, "responsible_user_id"))
	return &n
}, func(q *call, next *world.Note) obj {
	n := q.A.Notes[next.ID]
	*n = *next
	n.UpdatedAt, n.UpdatedBy = q.Now, q.By
	o := writtenNote(q, n)
	o["updated_at"] = n.UpdatedAt
	return o
}, written("notes"))

// createCalls answers POST /calls: amoCRM itself finds whom a call belongs to, by the last ten digits of the phone;
// a call from nobody known is reported beside the others and not kept (amocrm.md §6.1).
func createCalls(q *call) answer {
	var notes []*world.Note
	if !q.check(func(v edit.Check, m obj, _ int) { notes = append(notes, readCall(v, m)) }) {
		return nil
	}
	calls, failed := []obj{}, []obj{}
	for i, n := range notes {
		id, _ := api.RequestID(q.items[i], i)
		phone, _ := n.Params["phone"].(string)
		n.Entity, n.EntityID = callOwner(q.A, phone)
		if n.EntityID == 0 {
			failed = append(failed, obj{"title": "Entity not found", "status": http.StatusNotFound, "request_id": id})
			continue
		}
		q.AddNote(n)
		calls = append(calls, obj{
			"id": n.ID, "entity_id": n.EntityID, "entity_type": world.Singular(n.Entity), "account_id": q.A.ID,
			"request_id": id, "_embedded": obj{"entity": q.ref(n.Entity, n.EntityID)},
		})
	}
	o := totalled("calls", calls)
	o["errors"] = failed
	return ok(o)
}

// readCall checks one call and makes its note, as yet without an entity.
func readCall(v edit.Check, m obj) *world.Note {
	n := &world.Note{
		CreatedBy: edit.Or(v.User(m, "created_by"), -1), Responsible: edit.Or(v.User(m, "responsible_user_id"), -1),
		CreatedAt: edit.Or(v.Integer(m, "created_at"), 0), Params: obj{},
	}
	if d := v.Required(m, "direction"); d != nil {
		switch *d {
		case "inbound":
			n.Type = "call_in"
		case "outbound":
			n.Type = "call_out"
		default:
			v.Choice("direction")
		}
	}
	v.Required(m, "phone")
	v.Required(m, "source")
	v.RequiredInteger(m, "duration")
	for _, key := range strings.Fields("uniq duration source link phone call_responsible call_result call_status") {
		if m[key] != nil {
			n.Params[key] = world.PlainNumbers(m[key])
		}
	}
	return n
}

// callOwner is the single open lead of the contact or company with the phone, else that contact or company itself.
func callOwner(a *world.Account, phone string) (entity string, id int64) {
	tail := lastTen(phone)
	for _, entity := range []string{"contacts", "companies"} {
		f := world.FieldByCode(a, entity, "PHONE")
		if f == nil || tail == "" {
			continue
		}
		for _, b := range world.Bases(a, entity) {
			if b.Deleted || !hasPhone(b, f.ID, tail) {
				continue
			}
			var open []int64
			for _, l := range linksOf(a, entity, b.ID) {
				if l.Kind == "leads" && !world.Closed(a.Leads[l.ID].StatusID) {
					open = append(open, l.ID)
				}
			}
			if len(open) == 1 {
				return "leads", open[0]
			}
			return entity, b.ID
		}
	}
	return "", 0
}

func hasPhone(b *world.Base, field int64, tail string) bool {
	for _, fv := range b.Fields {
		for _, el := range fv.Values {
			if s, ok := el["value"].(string); ok && fv.FieldID == field && lastTen(s) == tail {
				return true
			}
		}
	}
	return false
}

func lastTen(phone string) string {
	d := onlyDigits(phone)
	return d[max(0, len(d)-10):]
}
