package amocrm

import "net/http"

// noteParams lists, for each writable note type, the params without which it would say nothing (amocrm.md §6.1 names
// which there are, not which must be there).
var noteParams = map[string][]string{
	"common": {"text"}, "call_in": {"phone"}, "call_out": {"phone"},
	"service_message": {"service", "text"}, "extended_service_message": {"service", "text"},
	"message_cashier": {"status", "text"}, "geolocation": {"text"}, "sms_in": {"text", "phone"}, "sms_out": {"text", "phone"},
	"attachment": {"file_uuid", "file_name"},
}

// createNotes answers POST /{entity}/notes, whose items name their entity, and POST /{entity}/{id}/notes.
func (s notes) createNotes(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		var bad refusal
		var out []obj
		s.state.Write(func(world *World) {
			var made []*Note
			for i, m := range items {
				v := newCheck(c.account)
				made = append(made, v.note(entity, m, pathID(r, "id")))
				rid, _ := requestID(m, i)
				bad.add(rid, *v.errs)
			}
			if bad.any() {
				return
			}
			x := s.editor.writer(world, c.account, c.user)
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

// note checks a new note. CreatedBy and Responsible are -1 when the item does not say them.
func (v check) note(entity string, m obj, owner int64) *Note {
	n := &Note{
		Entity: entity, EntityID: owner, CreatedBy: or(v.user(m, "created_by"), -1),
		Responsible: or(v.user(m, "responsible_user_id"), -1), CreatedAt: or(v.integer(m, "created_at"), 0),
	}
	if owner == 0 {
		if m["entity_id"] == nil {
			v.missing("entity_id")
		} else {
			n.EntityID = or(v.integer(m, "entity_id"), -1)
		}
	}
	if n.EntityID > 0 && baseByID(v.a, entity, n.EntityID) == nil {
		v.choice("entity_id")
	}
	if typ := v.required(m, "note_type"); typ != nil {
		n.Type = *typ
		if noteParams[n.Type] == nil {
			v.choice("note_type")
		} else {
			n.Params = v.noteParams(n.Type, m)
		}
	}
	return n
}

// noteParams reads params of a note of the type; keys that are not documented are kept as they are.
func (v check) noteParams(typ string, m obj) map[string]any {
	raw := v.object(m, "params")
	if raw == nil && v.failed() {
		return nil
	}
	at := v.under("params")
	for _, key := range noteParams[typ] {
		if raw[key] == nil {
			at.missing(key)
		} else {
			at.text(raw, key)
		}
	}
	params, _ := plainNumbers(raw).(obj)
	return params
}

// addNote gives the note its id and tells the feed and the webhooks.
func (x writer) addNote(n *Note) {
	n.ID = x.w.takeID()
	if n.CreatedBy < 0 {
		n.CreatedBy = x.by
	}
	if n.Responsible < 0 {
		n.Responsible = baseByID(x.a, n.Entity, n.EntityID).Responsible
	}
	if n.CreatedAt == 0 {
		n.CreatedAt = x.now
	}
	n.UpdatedAt, n.UpdatedBy = n.CreatedAt, n.CreatedBy
	x.a.Notes[n.ID] = n
	x.journal(n.CreatedBy).add(noteEvents[n.Type], singular(n.Entity), n.EntityID, one("note", obj{"id": n.ID}), nil)
	x.changed(change{Entity: n.Entity, Action: "note", ID: n.EntityID, NoteID: n.ID, By: n.CreatedBy})
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
	s.state.Write(func(world *World) {
		notes, next := make([]*Note, len(items)), make([]Note, len(items))
		for i, m := range items {
			v := newCheck(c.account)
			notes[i] = v.knownNote(entity, pathID(r, "id"), m)
			if notes[i] != nil {
				next[i] = v.editedNote(*notes[i], m)
			}
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(world, c.account, c.user)
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

func (v check) knownNote(entity string, owner int64, m obj) *Note {
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

// editedNote is n with the item's type and params, which replace the old ones whole.
func (v check) editedNote(n Note, m obj) Note {
	if typ := v.text(m, "note_type"); typ != nil {
		if noteParams[*typ] == nil {
			v.choice("note_type")
			return n
		}
		n.Type = *typ
	}
	if m["params"] != nil {
		n.Params = v.noteParams(n.Type, m)
	}
	if id := v.user(m, "responsible_user_id"); id != nil {
		n.Responsible = *id
	}
	return n
}
