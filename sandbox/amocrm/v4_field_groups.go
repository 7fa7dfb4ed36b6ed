package amocrm

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// routes are the definitions of one kind's fields and the groups that hold them; in names the kind that a request
// is about.
func (s fields) routes(path string, in func(of func(kind string) ApiHandler) ApiHandler) []route {
	return []route{
		{"GET", path, in(s.listFields)},
		{"POST", path, s.Gate.ForAdmins(in(s.createFields))},
		{"PATCH", path, s.Gate.ForAdmins(in(s.updateFields))},
		{"GET", path + "/{id}", in(s.getField)},
		{"PATCH", path + "/{id}", s.Gate.ForAdmins(in(s.updateField))},
		{"DELETE", path + "/{id}", s.Gate.ForAdmins(in(s.deleteField))},
		{"GET", path + "/groups", in(s.listFieldGroups)},
		{"POST", path + "/groups", s.Gate.ForAdmins(in(s.createFieldGroups))},
		{"GET", path + "/groups/{group}", in(s.getFieldGroup)},
		{"PATCH", path + "/groups/{group}", s.Gate.ForAdmins(in(s.updateFieldGroup))},
		{"DELETE", path + "/groups/{group}", s.Gate.ForAdmins(in(s.deleteFieldGroup))},
	}
}

// readGroupID reads the group that a field shall be in; nothing is the predefined one.
func readGroupID(v Check, entity string, m obj) string {
	id := Or(v.Text(m, "group_id"), "")
	switch {
	case id == "" || id == DefaultGroup:
		return ""
	case FieldGroupOf(v.A, entity, id) == nil:
		v.Choice("group_id")
	}
	return id
}

// listFieldGroups answers GET /{entity}/custom_fields/groups.
func (s fields) listFieldGroups(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var items []obj
		s.State.Read(func(*World) {
			for _, g := range FieldGroups(c.Account, entity) {
				items = append(items, renderFieldGroup(r, c.Account, entity, g))
			}
		})
		WriteHAL(w, http.StatusOK, obj{"_total_items": len(items), "_embedded": obj{"custom_field_groups": items}})
	}
}

// getFieldGroup answers GET /{entity}/custom_fields/groups/{group}.
func (s fields) getFieldGroup(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var o obj
		s.State.Read(func(*World) {
			if g := FieldGroupOf(c.Account, entity, r.PathValue("group")); g != nil {
				o = renderFieldGroup(r, c.Account, entity, g)
			}
		})
		answerChanged(w, Refusal{}, o, "Custom field group")
	}
}

// createFieldGroups answers POST /{entity}/custom_fields/groups with 201.
func (s fields) createFieldGroups(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		items, ok := ReadBatch(w, r, MaxWrite)
		if !ok {
			return
		}
		var bad Refusal
		var out []obj
		s.State.Write(func(state *World) {
			var made []*FieldGroup
			for i, m := range items {
				v := NewCheck(c.Account)
				g := &FieldGroup{Name: Or(v.Required(m, "name"), "")}
				if m["sort"] == nil {
					v.Missing("sort")
				}
				g.Sort = Or(v.Integer(m, "sort"), 0)
				rid, _ := RequestID(m, i)
				bad.Add(rid, *v.Errs)
				made = append(made, g)
			}
			if bad.Any() {
				return
			}
			for i, g := range made {
				g.ID = fmt.Sprintf("%s_%d", EntityType(entity), state.TakeID())
				PutFieldGroup(c.Account, entity, g)
				o := renderFieldGroup(r, c.Account, entity, g)
				if rid, sent := RequestID(items[i], i); sent {
					o["request_id"] = rid
				}
				out = append(out, o)
			}
		})
		if bad.Any() {
			bad.Write(w)
			return
		}
		WriteHAL(w, http.StatusCreated, obj{"_total_items": len(out), "_embedded": obj{"custom_field_groups": out}})
	}
}

// updateFieldGroup answers PATCH /{entity}/custom_fields/groups/{group}. The fields that it names move into the group,
// those that are in it stay.
func (s fields) updateFieldGroup(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		m, ok := ReadObject(w, r)
		if !ok {
			return
		}
		if m["name"] == nil && m["sort"] == nil && m["fields"] == nil {
			BadRequest(w, "Request data blank")
			return
		}
		var bad Refusal
		var o obj
		s.State.Write(func(*World) {
			g := FieldGroupOf(c.Account, entity, r.PathValue("group"))
			if g == nil {
				return
			}
			v := NewCheck(c.Account)
			next := *g
			if m["name"] != nil {
				Set(&next.Name, v.Required(m, "name"))
			}
			Set(&next.Sort, v.Integer(m, "sort"))
			moved := readFieldList(v, entity, m)
			rid, sent := RequestID(m, 0)
			if bad.Add(rid, *v.Errs); bad.Any() {
				return
			}
			PutFieldGroup(c.Account, entity, &next)
			for _, f := range moved {
				f.GroupID = strings.TrimPrefix(next.ID, DefaultGroup)
			}
			o = renderFieldGroup(r, c.Account, entity, &next)
			if sent {
				o["request_id"] = rid
			}
		})
		answerChanged(w, bad, o, "Custom field group")
	}
}

// readFieldList reads the fields of the kind that the item names by their ids.
func readFieldList(v Check, entity string, m obj) []*Field {
	var out []*Field
	for i, raw := range v.List(m, "fields") {
		path := fmt.Sprintf("fields.%d", i)
		id, ok := ToInt(raw)
		if !ok {
			v.WrongType(path, "int")
			continue
		}
		f := FieldOf(v.A, entity, id)
		if f == nil {
			v.Choice(path)
			continue
		}
		out = append(out, f)
	}
	return out
}

// deleteFieldGroup answers DELETE /{entity}/custom_fields/groups/{group}: its fields go back to the predefined group.
func (s fields) deleteFieldGroup(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var found, kept bool
		s.State.Write(func(*World) {
			a := c.Account
			g := FieldGroupOf(a, entity, r.PathValue("group"))
			if found = g != nil; !found {
				return
			}
			if kept = g.Predefined; kept {
				return
			}
			a.FieldGroups[entity] = slices.DeleteFunc(slices.Clone(a.FieldGroups[entity]), func(x *FieldGroup) bool { return x == g })
			for _, f := range a.Fields[entity] {
				if f.GroupID == g.ID {
					f.GroupID = ""
				}
			}
		})
		AnswerDeleted(w, found, kept, "Custom field group")
	}
}

// renderFieldGroup is a group with the ids of its fields, which the official library reads off every answer.
func renderFieldGroup(r *http.Request, a *Account, entity string, g *FieldGroup) obj {
	fields := []int64{}
	for _, f := range a.Fields[entity] {
		if cmp.Or(f.GroupID, DefaultGroup) == g.ID {
			fields = append(fields, f.ID)
		}
	}
	return obj{
		"id": g.ID, "name": g.Name, "is_predefined": g.Predefined, "type": "custom_field_group",
		"entity_type": EntityType(entity), "sort": g.Sort, "fields": fields,
		"_links": SelfLink(ApiURL(r, fmt.Sprintf("/%s/custom_fields/groups/%s", entity, g.ID))),
	}
}
