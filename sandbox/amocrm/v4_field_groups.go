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
func (s fields) routes(path string, in func(of func(kind string) apiHandler) apiHandler) []route {
	return []route{
		{"GET", path, in(s.listFields)},
		{"POST", path, s.gate.forAdmins(in(s.createFields))},
		{"PATCH", path, s.gate.forAdmins(in(s.updateFields))},
		{"GET", path + "/{id}", in(s.getField)},
		{"PATCH", path + "/{id}", s.gate.forAdmins(in(s.updateField))},
		{"DELETE", path + "/{id}", s.gate.forAdmins(in(s.deleteField))},
		{"GET", path + "/groups", in(s.listFieldGroups)},
		{"POST", path + "/groups", s.gate.forAdmins(in(s.createFieldGroups))},
		{"GET", path + "/groups/{group}", in(s.getFieldGroup)},
		{"PATCH", path + "/groups/{group}", s.gate.forAdmins(in(s.updateFieldGroup))},
		{"DELETE", path + "/groups/{group}", s.gate.forAdmins(in(s.deleteFieldGroup))},
	}
}

// readGroupID reads the group that a field shall be in; nothing is the predefined one.
func readGroupID(v check, entity string, m obj) string {
	id := or(v.text(m, "group_id"), "")
	switch {
	case id == "" || id == defaultGroup:
		return ""
	case fieldGroupOf(v.a, entity, id) == nil:
		v.choice("group_id")
	}
	return id
}

// listFieldGroups answers GET /{entity}/custom_fields/groups.
func (s fields) listFieldGroups(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		var items []obj
		s.state.Read(func(*World) {
			for _, g := range fieldGroups(c.account, entity) {
				items = append(items, renderFieldGroup(r, c.account, entity, g))
			}
		})
		writeHAL(w, http.StatusOK, obj{"_total_items": len(items), "_embedded": obj{"custom_field_groups": items}})
	}
}

// getFieldGroup answers GET /{entity}/custom_fields/groups/{group}.
func (s fields) getFieldGroup(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		var o obj
		s.state.Read(func(*World) {
			if g := fieldGroupOf(c.account, entity, r.PathValue("group")); g != nil {
				o = renderFieldGroup(r, c.account, entity, g)
			}
		})
		answerChanged(w, refusal{}, o, "Custom field group")
	}
}

// createFieldGroups answers POST /{entity}/custom_fields/groups with 201.
func (s fields) createFieldGroups(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		var bad refusal
		var out []obj
		s.state.Write(func(state *World) {
			var made []*FieldGroup
			for i, m := range items {
				v := newCheck(c.account)
				g := &FieldGroup{Name: or(v.required(m, "name"), "")}
				if m["sort"] == nil {
					v.missing("sort")
				}
				g.Sort = or(v.integer(m, "sort"), 0)
				rid, _ := requestID(m, i)
				bad.add(rid, *v.errs)
				made = append(made, g)
			}
			if bad.any() {
				return
			}
			for i, g := range made {
				g.ID = fmt.Sprintf("%s_%d", entityType(entity), state.takeID())
				putFieldGroup(c.account, entity, g)
				o := renderFieldGroup(r, c.account, entity, g)
				if rid, sent := requestID(items[i], i); sent {
					o["request_id"] = rid
				}
				out = append(out, o)
			}
		})
		if bad.any() {
			bad.write(w)
			return
		}
		writeHAL(w, http.StatusCreated, obj{"_total_items": len(out), "_embedded": obj{"custom_field_groups": out}})
	}
}

// updateFieldGroup answers PATCH /{entity}/custom_fields/groups/{group}. The fields that it names move into the group,
// those that are in it stay.
func (s fields) updateFieldGroup(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		m, ok := readObject(w, r)
		if !ok {
			return
		}
		if m["name"] == nil && m["sort"] == nil && m["fields"] == nil {
			badRequest(w, "Request data blank")
			return
		}
		var bad refusal
		var o obj
		s.state.Write(func(*World) {
			g := fieldGroupOf(c.account, entity, r.PathValue("group"))
			if g == nil {
				return
			}
			v := newCheck(c.account)
			next := *g
			if m["name"] != nil {
				set(&next.Name, v.required(m, "name"))
			}
			set(&next.Sort, v.integer(m, "sort"))
			moved := readFieldList(v, entity, m)
			rid, sent := requestID(m, 0)
			if bad.add(rid, *v.errs); bad.any() {
				return
			}
			putFieldGroup(c.account, entity, &next)
			for _, f := range moved {
				f.GroupID = strings.TrimPrefix(next.ID, defaultGroup)
			}
			o = renderFieldGroup(r, c.account, entity, &next)
			if sent {
				o["request_id"] = rid
			}
		})
		answerChanged(w, bad, o, "Custom field group")
	}
}

// readFieldList reads the fields of the kind that the item names by their ids.
func readFieldList(v check, entity string, m obj) []*Field {
	var out []*Field
	for i, raw := range v.list(m, "fields") {
		path := fmt.Sprintf("fields.%d", i)
		id, ok := toInt(raw)
		if !ok {
			v.wrongType(path, "int")
			continue
		}
		f := fieldOf(v.a, entity, id)
		if f == nil {
			v.choice(path)
			continue
		}
		out = append(out, f)
	}
	return out
}

// deleteFieldGroup answers DELETE /{entity}/custom_fields/groups/{group}: its fields go back to the predefined group.
func (s fields) deleteFieldGroup(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		var found, kept bool
		s.state.Write(func(*World) {
			a := c.account
			g := fieldGroupOf(a, entity, r.PathValue("group"))
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
		answerDeleted(w, found, kept, "Custom field group")
	}
}

// renderFieldGroup is a group with the ids of its fields, which the official library reads off every answer.
func renderFieldGroup(r *http.Request, a *Account, entity string, g *FieldGroup) obj {
	fields := []int64{}
	for _, f := range a.Fields[entity] {
		if cmp.Or(f.GroupID, defaultGroup) == g.ID {
			fields = append(fields, f.ID)
		}
	}
	return obj{
		"id": g.ID, "name": g.Name, "is_predefined": g.Predefined, "type": "custom_field_group",
		"entity_type": entityType(entity), "sort": g.Sort, "fields": fields,
		"_links": selfLink(apiURL(r, fmt.Sprintf("/%s/custom_fields/groups/%s", entity, g.ID))),
	}
}
