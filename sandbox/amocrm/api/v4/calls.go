package v4

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// createCalls answers POST /calls: amoCRM itself finds whom a call belongs to, by the last ten digits of the phone;
// a call from nobody known is reported beside the others and not kept (amocrm.md §6.1).
func (s notes) createCalls(w http.ResponseWriter, r *http.Request, c api.Caller) {
	items, ok := api.ReadBatch(w, r, api.MaxWrite)
	if !ok {
		return
	}
	var bad edit.Refusal
	calls, failed := []obj{}, []obj{}
	s.State.Write(func(state *world.World) {
		var notes []*world.Note
		if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
			notes = append(notes, readCall(v, m))
		}) {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i, n := range notes {
			rid, _ := api.RequestID(items[i], i)
			phone, _ := n.Params["phone"].(string)
			n.Entity, n.EntityID = callOwner(c.Account, phone)
			if n.EntityID == 0 {
				failed = append(failed, obj{"title": "Entity not found", "status": http.StatusNotFound, "request_id": rid})
				continue
			}
			x.AddNote(n)
			calls = append(calls, obj{
				"id": n.ID, "entity_id": n.EntityID, "entity_type": world.Singular(n.Entity), "account_id": c.Account.ID,
				"request_id": rid, "_embedded": obj{"entity": obj{
					"id": n.EntityID, "_links": api.SelfLink(entityURL(r, n.Entity, n.EntityID)),
				}},
			})
		}
	})
	if bad.Any() {
		bad.Write(w)
		return
	}
	api.WriteHAL(w, http.StatusOK, obj{
		"_total_items": len(calls), "errors": failed, "_embedded": obj{"calls": calls},
	})
}

// readCall checks one call and makes its note, as yet without an entity.
func readCall(v edit.Check, m obj) *world.Note {
	n := &world.Note{
		CreatedBy: edit.Or(v.User(m, "created_by"), -1), Responsible: edit.Or(v.User(m, "responsible_user_id"), -1),
		CreatedAt: edit.Or(v.Integer(m, "created_at"), 0),
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
	if m["duration"] == nil {
		v.Missing("duration")
	}
	v.Integer(m, "duration")
	params := obj{}
	for _, key := range strings.Fields("uniq duration source link phone call_responsible call_result call_status") {
		if m[key] != nil {
			params[key] = world.PlainNumbers(m[key])
		}
	}
	n.Params = params
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
		if fv.FieldID != field {
			continue
		}
		for _, el := range fv.Values {
			if s, ok := el["value"].(string); ok && lastTen(s) == tail {
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
