package edit

import (
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// NoteParams lists, for each writable note type, the params without which it would say nothing (amocrm.md §6.1 names
// which there are, not which must be there).
var NoteParams = map[string][]string{
	"common": {"text"}, "call_in": {"phone"}, "call_out": {"phone"},
	"service_message": {"service", "text"}, "extended_service_message": {"service", "text"},
	"message_cashier": {"status", "text"}, "geolocation": {"text"}, "sms_in": {"text", "phone"}, "sms_out": {"text", "phone"},
	"attachment": {"file_uuid", "file_name"},
}

// ReadNote checks a new note. CreatedBy and Responsible are -1 when the item does not say them.
func ReadNote(v Check, entity string, m obj, owner int64) *world.Note {
	n := &world.Note{
		Entity: entity, EntityID: owner, CreatedBy: Or(v.User(m, "created_by"), -1),
		Responsible: Or(v.User(m, "responsible_user_id"), -1), CreatedAt: Or(v.Integer(m, "created_at"), 0),
	}
	if owner == 0 {
		n.EntityID = Or(v.RequiredInteger(m, "entity_id"), -1)
	}
	if n.EntityID > 0 && world.BaseByID(v.A, entity, n.EntityID) == nil {
		v.Choice("entity_id")
	}
	if typ := v.Required(m, "note_type"); typ != nil {
		n.Type = *typ
		if NoteParams[n.Type] == nil {
			v.Choice("note_type")
		} else {
			n.Params = ReadNoteParams(v, n.Type, m)
		}
	}
	return n
}

// ReadNoteParams reads params of a note of the type; keys that are not documented are kept as they are.
func ReadNoteParams(v Check, typ string, m obj) map[string]any {
	raw := v.Object(m, "params")
	if raw == nil && v.Failed() {
		return nil
	}
	at := v.Under("params")
	for _, key := range NoteParams[typ] {
		if raw[key] == nil {
			at.Missing(key)
		} else {
			at.Text(raw, key)
		}
	}
	params, _ := world.PlainNumbers(raw).(obj)
	return params
}

// AddNote gives the note its id and tells the feed and the webhooks.
func (x Writer) AddNote(n *world.Note) {
	n.ID = x.W.TakeID()
	if n.CreatedBy < 0 {
		n.CreatedBy = x.By
	}
	if n.Responsible < 0 {
		n.Responsible = world.BaseByID(x.A, n.Entity, n.EntityID).Responsible
	}
	if n.CreatedAt == 0 {
		n.CreatedAt = x.Now
	}
	n.UpdatedAt, n.UpdatedBy = n.CreatedAt, n.CreatedBy
	x.A.Notes[n.ID] = n
	x.Journal(n.CreatedBy).Add(world.NoteEvents[n.Type], world.Singular(n.Entity), n.EntityID, world.One("note", obj{"id": n.ID}), nil)
	x.Changed(world.Change{Entity: n.Entity, Action: "note", ID: n.EntityID, NoteID: n.ID, By: n.CreatedBy})
}
