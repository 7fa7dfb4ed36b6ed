package world

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// maxEvents bounds the audit feed of an account; the oldest lines go first.
const maxEvents = 50_000

// Journal writes audit events of one request. The caller holds the write lock.
type Journal struct {
	w  *World
	a  *Account
	at int64
	By int64
}

// Journal makes the journal of what a user did at a time.
func (w *World) Journal(a *Account, at, by int64) Journal { return Journal{w, a, at, by} }

// Add records one event. after and before are lists of changes; nil is the empty list.
func (j Journal) Add(typ, entity string, id int64, after, before []map[string]any) {
	seq := j.w.TakeID()
	if len(j.a.Events) >= maxEvents {
		j.a.Events = append(j.a.Events[:0], j.a.Events[len(j.a.Events)-maxEvents+1:]...)
	}
	j.a.Events = append(j.a.Events, &Event{
		ID: eventID(j.at, seq), Type: typ, Entity: entity, EntityID: id, CreatedBy: j.By, CreatedAt: j.at,
		After: rawList(after), Before: rawList(before),
	})
}

// Added records "lead_added", "contact_added" or "company_added", whose value is a note.
func (j Journal) Added(entity string, id int64) {
	j.Add(Singular(entity)+"_added", Singular(entity), id, One("note", map[string]any{"id": j.w.TakeID()}), nil)
}

// One is a list with a single change.
func One(key string, value map[string]any) []map[string]any { return []map[string]any{{key: value}} }

// rawList marshals changes made of strings, numbers and maps of them, which can't fail.
func rawList(list []map[string]any) json.RawMessage {
	if len(list) == 0 {
		return json.RawMessage("[]")
	}
	raw, err := json.Marshal(list)
	if err != nil {
		panic(fmt.Sprintf("encode event: %v", err))
	}
	return raw
}

// eventID is unique and sorts by time: 26 characters like amoCRM's, ten of time and sixteen of sequence.
func eventID(at, seq int64) string {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	var b [26]byte
	ms := at * 1000
	for i := 9; i >= 0; i-- {
		b[i] = digits[ms&31]
		ms >>= 5
	}
	mixed := uint64(seq)
	for i := 25; i >= 10; i-- {
		b[i] = digits[mixed&31]
		mixed >>= 5
	}
	return string(b[:])
}

// NoteEvents are the event types of notes that are not common ones.
var NoteEvents = map[string]string{
	"common": "common_note_added", "call_in": "incoming_call", "call_out": "outgoing_call",
	"sms_in": "incoming_sms", "sms_out": "outgoing_sms", "service_message": "service_note_added",
	"extended_service_message": "service_note_added", "message_cashier": "message_to_cashier_note_added",
	"geolocation": "geo_note_added", "attachment": "attachment_note_added",
}

// FieldChanged records a custom field's new value; each element of values[] is one change.
func (j Journal) FieldChanged(entity string, id int64, f *Field, after, before []map[string]any) {
	list := func(values []map[string]any) []map[string]any {
		return kit.Each(values, func(_ int, v map[string]any) map[string]any {
			return map[string]any{"custom_field_value": map[string]any{
				"field_id": f.ID, "field_type": fieldTypeNumber[f.Type], "enum_id": v["enum_id"],
				"text": strings.Join(ValueStrings(v["value"]), ", "),
			}}
		})
	}
	j.Add(fmt.Sprintf("custom_field_%d_value_changed", f.ID), Singular(entity), id, list(after), list(before))
}

// fieldTypeNumber is the numeric type that events tell; 0 where no number is known.
var fieldTypeNumber = map[string]int{
	"text": 1, "numeric": 2, "checkbox": 3, "select": 4, "multiselect": 5, "date": 6, "url": 7, "multitext": 8,
	"textarea": 9, "radiobutton": 10, "streetaddress": 11, "smart_address": 13, "birthday": 14, "legal_entity": 15,
}

// Linked records both ends of a new link, or of a removed one.
func (j Journal) Linked(typ string, entity string, id int64, to string, toID int64) {
	link := func(entity string, id int64) []map[string]any {
		return One("link", map[string]any{"entity": map[string]any{"type": Singular(entity), "id": id}})
	}
	j.Add(typ, Singular(entity), id, link(to, toID), nil)
	j.Add(typ, Singular(to), toID, link(entity, id), nil)
}
