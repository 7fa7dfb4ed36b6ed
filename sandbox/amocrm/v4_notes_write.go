package amocrm

import (
	"net/http"
)

// createNotes answers POST /{entity}/notes, whose items name their entity, and POST /{entity}/{id}/notes.
func (s notes) createNotes(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		items, ok := ReadBatch(w, r, MaxWrite)
		if !ok {
			return
		}
		var bad Refusal
		var out []obj
		s.State.Write(func(state *World) {
			var made []*Note
			for i, m := range items {
				v := NewCheck(c.Account)
				made = append(made, ReadNote(v, entity, m, PathID(r, "id")))
				rid, _ := RequestID(m, i)
				bad.Add(rid, *v.Errs)
			}
			if bad.Any() {
				return
			}
			x := s.Editor.Writer(state, c.Account, c.User)
			for i, n := range made {
				x.AddNote(n)
				o := writtenNote(r, n)
				o["request_id"], _ = RequestID(items[i], i)
				out = append(out, o)
			}
		})
		if bad.Any() {
			bad.Write(w)
			return
		}
		AnswerWritten(w, r, entity+"/notes", "notes", out)
	}
}

// updateNotes answers PATCH /{entity}/notes and PATCH /{entity}/{id}/notes.
func (s notes) updateNotes(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		items, ok := ReadBatch(w, r, MaxWrite)
		if !ok {
			return
		}
		if out, bad := s.patchNotes(r, c, entity, items); bad.Any() {
			bad.Write(w)
		} else {
			AnswerWritten(w, r, entity+"/notes", "notes", out)
		}
	}
}

// updateNote answers PATCH of one note with a bare object.
func (s notes) updateNote(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		m, ok := ReadObject(w, r)
		if !ok {
			return
		}
		m["id"] = PathID(r, "note")
		if out, bad := s.patchNotes(r, c, entity, []obj{m}); bad.Any() {
			bad.Write(w)
		} else {
			WriteHAL(w, http.StatusOK, out[0])
		}
	}
}

func (s notes) patchNotes(r *http.Request, c Caller, entity string, items []obj) (out []obj, bad Refusal) {
	s.State.Write(func(state *World) {
		notes, next := make([]*Note, len(items)), make([]Note, len(items))
		for i, m := range items {
			v := NewCheck(c.Account)
			notes[i] = knownNote(v, entity, PathID(r, "id"), m)
			if notes[i] != nil {
				next[i] = editNote(v, *notes[i], m)
			}
			rid, _ := RequestID(m, i)
			bad.Add(rid, *v.Errs)
		}
		if bad.Any() {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i, n := range notes {
			*n = next[i]
			n.UpdatedAt, n.UpdatedBy = x.Now, x.By
			out = append(out, writtenNote(r, n))
			out[i]["updated_at"] = n.UpdatedAt
			if rid, sent := RequestID(items[i], i); sent {
				out[i]["request_id"] = rid
			}
		}
	})
	return out, bad
}

func knownNote(v Check, entity string, owner int64, m obj) *Note {
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
func editNote(v Check, n Note, m obj) Note {
	if typ := v.Text(m, "note_type"); typ != nil {
		if NoteParams[*typ] == nil {
			v.Choice("note_type")
			return n
		}
		n.Type = *typ
	}
	if m["params"] != nil {
		n.Params = ReadNoteParams(v, n.Type, m)
	}
	if id := v.User(m, "responsible_user_id"); id != nil {
		n.Responsible = *id
	}
	return n
}
