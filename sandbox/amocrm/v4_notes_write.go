package amocrm

import (
	"net/http"
)

// createNotes answers POST /{entity}/notes, whose items name their entity, and POST /{entity}/{id}/notes.
func (s notes) createNotes(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		var bad refusal
		var out []obj
		s.state.Write(func(state *World) {
			var made []*Note
			for i, m := range items {
				v := newCheck(c.account)
				made = append(made, readNote(v, entity, m, pathID(r, "id")))
				rid, _ := requestID(m, i)
				bad.add(rid, *v.errs)
			}
			if bad.any() {
				return
			}
			x := s.editor.writer(state, c.account, c.user)
			for i, n := range made {
				x.addNote(n)
				o := writtenNote(r, n)
				o["request_id"], _ = requestID(items[i], i)
				out = append(out, o)
			}
		})
		if bad.any() {
			bad.write(w)
			return
		}
		answerWritten(w, r, entity+"/notes", "notes", out)
	}
}

// updateNotes answers PATCH /{entity}/notes and PATCH /{entity}/{id}/notes.
func (s notes) updateNotes(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		if out, bad := s.patchNotes(r, c, entity, items); bad.any() {
			bad.write(w)
		} else {
			answerWritten(w, r, entity+"/notes", "notes", out)
		}
	}
}

// updateNote answers PATCH of one note with a bare object.
func (s notes) updateNote(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		m, ok := readObject(w, r)
		if !ok {
			return
		}
		m["id"] = pathID(r, "note")
		if out, bad := s.patchNotes(r, c, entity, []obj{m}); bad.any() {
			bad.write(w)
		} else {
			writeHAL(w, http.StatusOK, out[0])
		}
	}
}

func (s notes) patchNotes(r *http.Request, c caller, entity string, items []obj) (out []obj, bad refusal) {
	s.state.Write(func(state *World) {
		notes, next := make([]*Note, len(items)), make([]Note, len(items))
		for i, m := range items {
			v := newCheck(c.account)
			notes[i] = knownNote(v, entity, pathID(r, "id"), m)
			if notes[i] != nil {
				next[i] = editNote(v, *notes[i], m)
			}
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(state, c.account, c.user)
		for i, n := range notes {
			*n = next[i]
			n.UpdatedAt, n.UpdatedBy = x.now, x.by
			out = append(out, writtenNote(r, n))
			out[i]["updated_at"] = n.UpdatedAt
			if rid, sent := requestID(items[i], i); sent {
				out[i]["request_id"] = rid
			}
		}
	})
	return out, bad
}

func knownNote(v check, entity string, owner int64, m obj) *Note {
	id := v.ownID(m)
	if id == nil {
		return nil
	}
	n := v.a.Notes[*id]
	if n == nil || n.Entity != entity || owner != 0 && n.EntityID != owner {
		v.choice("id")
		return nil
	}
	return n
}

// editNote is n with the item's type and params, which replace the old ones whole.
func editNote(v check, n Note, m obj) Note {
	if typ := v.text(m, "note_type"); typ != nil {
		if noteParams[*typ] == nil {
			v.choice("note_type")
			return n
		}
		n.Type = *typ
	}
	if m["params"] != nil {
		n.Params = readNoteParams(v, n.Type, m)
	}
	if id := v.user(m, "responsible_user_id"); id != nil {
		n.Responsible = *id
	}
	return n
}
