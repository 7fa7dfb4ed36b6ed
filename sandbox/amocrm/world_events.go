package amocrm

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxEvents bounds the audit feed of an account; the oldest lines go first.
const maxEvents = 50_000

// journal writes audit events of one request. The caller holds the write lock.
type journal struct {
	w  *World
	a  *Account
	at int64
	by int64
}

// journal makes the journal of what a user did at a time.
func (w *World) journal(a *Account, at, by int64) journal { return journal{w, a, at, by} }

// add records one event. after and before are lists of changes; nil is the empty list.
func (j journal) add(typ, entity string, id int64, after, before []obj) {
	seq := j.w.takeID()
	if len(j.a.Events) >= maxEvents {
		j.a.Events = append(j.a.Events[:0], j.a.Events[len(j.a.Events)-maxEvents+1:]...)
	}
	j.a.Events = append(j.a.Events, &Event{
		ID: eventID(j.at, seq), Type: typ, Entity: entity, EntityID: id, CreatedBy: j.by, CreatedAt: j.at,
		After: rawList(after), Before: rawList(before),
	})
}

// added records "lead_added", "contact_added" or "company_added", whose value is a note.
func (j journal) added(entity string, id int64) {
	j.add(singular(entity)+"_added", singular(entity), id, one("note", obj{"id": j.w.takeID()}), nil)
}

// one is a list with a single change.
func one(key string, value obj) []obj { return []obj{{key: value}} }

// rawList marshals changes made of strings, numbers and maps of them, which can't fail.
func rawList(list []obj) json.RawMessage {
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

// noteEvents are the event types of notes that are not common ones.
var noteEvents = map[string]string{
	"common": "common_note_added", "call_in": "incoming_call", "call_out": "outgoing_call",
	"sms_in": "incoming_sms", "sms_out": "outgoing_sms", "service_message": "service_note_added",
	"extended_service_message": "service_note_added", "message_cashier": "message_to_cashier_note_added",
	"geolocation": "geo_note_added", "attachment": "attachment_note_added",
}

// fieldChanged records a custom field's new value; each element of values[] is one change.
func (j journal) fieldChanged(entity string, id int64, f *Field, after, before []map[string]any) {
	list := func(values []map[string]any) []obj {
		var out []obj
		for _, v := range values {
			out = append(out, obj{"custom_field_value": obj{
				"field_id": f.ID, "field_type": fieldTypeNumber[f.Type], "enum_id": v["enum_id"],
				"text": strings.Join(valueStrings(v["value"]), ", "),
			}})
		}
		return out
	}
	j.add(fmt.Sprintf("custom_field_%d_value_changed", f.ID), singular(entity), id, list(after), list(before))
}

// fieldTypeNumber is the numeric type that events tell; 0 where no number is known.
var fieldTypeNumber = map[string]int{
	"text": 1, "numeric": 2, "checkbox": 3, "select": 4, "multiselect": 5, "date": 6, "url": 7, "multitext": 8,
	"textarea": 9, "radiobutton": 10, "streetaddress": 11, "smart_address": 13, "birthday": 14, "legal_entity": 15,
}

// linked records both ends of a new link, or of a removed one.
func (j journal) linked(typ string, entity string, id int64, to string, toID int64) {
	link := func(entity string, id int64) []obj {
		return one("link", obj{"entity": obj{"type": singular(entity), "id": id}})
	}
	j.add(typ, singular(entity), id, link(to, toID), nil)
	j.add(typ, singular(to), toID, link(entity, id), nil)
}
