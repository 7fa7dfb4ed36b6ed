package v4

import (
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// create answers POST /{entity}/notes, whose items name their entity, and POST /{entity}/{id}/notes.
func (s notes) create(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerCreated(Deps(s), w, r, c, api.MaxWrite, func(_ edit.Writer, v edit.Check, m obj, _ int) *world.Note {
			return edit.ReadNote(v, entity, m, api.PathID(r, "id"))
		}, func(x edit.Writer, n *world.Note) obj {
			x.AddNote(n)
			return writtenNote(r, n)
		}, func(out []obj) { api.AnswerWritten(w, r, entity+"/notes", "notes", out) })
	}
}

// updateAll answers PATCH /{entity}/notes and PATCH /{entity}/{id}/notes.
func (s notes) updateAll(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerPatched(w, r, c, entity+"/notes", "notes", s.patch(entity))
	}
}

// update answers PATCH of one note with a bare object.
func (s notes) update(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerPatchedOne(w, r, c, api.PathID(r, "note"), s.patch(entity))
	}
}

func (s notes) patch(entity string) change {
	return func(r *http.Request, c api.Caller, items []obj) (out []obj, bad edit.Refusal) {
		s.State.Write(func(state *world.World) {
			notes, next := make([]*world.Note, len(items)), make([]world.Note, len(items))
			if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
				notes[i] = knownNote(v, entity, api.PathID(r, "id"), m)
				if notes[i] != nil {
					next[i] = editNote(v, *notes[i], m)
				}
			}) {
				return
			}
			x := s.Editor.Writer(state, c.Account, c.User)
			for i, n := range notes {
				*n = next[i]
				n.UpdatedAt, n.UpdatedBy = x.Now, x.By
				out = append(out, writtenNote(r, n))
				out[i]["updated_at"] = n.UpdatedAt
				if rid, sent := api.RequestID(items[i], i); sent {
					out[i]["request_id"] = rid
				}
			}
		})
		return out, bad
	}
}

func knownNote(v edit.Check, entity string, owner int64, m obj) *world.Note {
	id := v.OwnID(m)
	if id == nil {
		return nil
	}
	n := v.A.Notes[*id]
	if n == nil || n.Entity != entity || owner != 0 && n.EntityID != owner {
		v.Choice("id")
		return nil
	}
	return n
}

// editNote is n with the item's type and params, which replace the old ones whole.
func editNote(v edit.Check, n world.Note, m obj) world.Note {
	if typ := v.Text(m, "note_type"); typ != nil {
		if edit.NoteParams[*typ] == nil {
			v.Choice("note_type")
			return n
		}
		n.Type = *typ
	}
	if m["params"] != nil {
		n.Params = edit.ReadNoteParams(v, n.Type, m)
	}
	if id := v.User(m, "responsible_user_id"); id != nil {
		n.Responsible = *id
	}
	return n
}
