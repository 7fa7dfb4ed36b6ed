package amocrm

// readNoteParams lists, for each writable note type, the params without which it would say nothing (amocrm.md §6.1 names
// which there are, not which must be there).
var noteParams = map[string][]string{
	"common": {"text"}, "call_in": {"phone"}, "call_out": {"phone"},
	"service_message": {"service", "text"}, "extended_service_message": {"service", "text"},
	"message_cashier": {"status", "text"}, "geolocation": {"text"}, "sms_in": {"text", "phone"}, "sms_out": {"text", "phone"},
	"attachment": {"file_uuid", "file_name"},
}

// readNote checks a new note. CreatedBy and Responsible are -1 when the item does not say them.
func readNote(v check, entity string, m obj, owner int64) *Note {
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
			n.Params = readNoteParams(v, n.Type, m)
		}
	}
	return n
}

// readNoteParams reads params of a note of the type; keys that are not documented are kept as they are.
func readNoteParams(v check, typ string, m obj) map[string]any {
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
