package v4

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// routes are the definitions of one kind's fields and the groups that hold them; in names the kind that a request
// is about.
func (s fields) routes(path string, in func(of func(kind string) api.Handler) api.Handler) []route {
	return []route{
		{"GET", path, in(s.list)},
		{"POST", path, s.Gate.ForAdmins(in(s.create))},
		{"PATCH", path, s.Gate.ForAdmins(in(s.updateAll))},
		{"GET", path + "/{id}", in(s.get)},
		{"PATCH", path + "/{id}", s.Gate.ForAdmins(in(s.update))},
		{"DELETE", path + "/{id}", s.Gate.ForAdmins(in(s.delete))},
		{"GET", path + "/groups", in(s.listGroups)},
		{"POST", path + "/groups", s.Gate.ForAdmins(in(s.createGroups))},
		{"GET", path + "/groups/{group}", in(s.getGroup)},
		{"PATCH", path + "/groups/{group}", s.Gate.ForAdmins(in(s.updateGroup))},
		{"DELETE", path + "/groups/{group}", s.Gate.ForAdmins(in(s.deleteGroup))},
	}
}

// readGroupID reads the group that a field shall be in; nothing is the predefined one.
func readGroupID(v edit.Check, entity string, m obj) string {
	id := edit.Or(v.Text(m, "group_id"), "")
	switch {
	case id == "" || id == world.DefaultGroup:
		return ""
	case world.FieldGroupOf(v.A, entity, id) == nil:
		v.Choice("group_id")
	}
	return id
}

// listGroups answers GET /{entity}/custom_fields/groups.
func (s fields) listGroups(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		var items []obj
		s.State.Read(func(*world.World) {
			for _, g := range world.FieldGroups(c.Account, entity) {
				items = append(items, renderFieldGroup(r, c.Account, entity, g))
			}
		})
		api.WriteHAL(w, http.StatusOK, obj{"_total_items": len(items), "_embedded": obj{"custom_field_groups": items}})
	}
}

// getGroup answers GET /{entity}/custom_fields/groups/{group}.
func (s fields) getGroup(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerOne(s.State, w, "Custom field group", func() obj {
			if g := world.FieldGroupOf(c.Account, entity, r.PathValue("group")); g != nil {
				return renderFieldGroup(r, c.Account, entity, g)
			}
			return nil
		})
	}
}

// createGroups answers POST /{entity}/custom_fields/groups with 201.
func (s fields) createGroups(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		items, ok := api.ReadBatch(w, r, api.MaxWrite)
		if !ok {
			return
		}
		var bad edit.Refusal
		var out []obj
		s.State.Write(func(state *world.World) {
			var made []*world.FieldGroup
			if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
				g := &world.FieldGroup{Name: edit.Or(v.Required(m, "name"), "")}
				if m["sort"] == nil {
					v.Missing("sort")
				}
				g.Sort = edit.Or(v.Integer(m, "sort"), 0)
				made = append(made, g)
			}) {
				return
			}
			for i, g := range made {
				g.ID = fmt.Sprintf("%s_%d", world.EntityType(entity), state.TakeID())
				world.PutFieldGroup(c.Account, entity, g)
				o := renderFieldGroup(r, c.Account, entity, g)
				if rid, sent := api.RequestID(items[i], i); sent {
					o["request_id"] = rid
				}
				out = append(out, o)
			}
		})
		answerItems(w, bad, out, false, func() {
			api.WriteHAL(w, http.StatusCreated, obj{"_total_items": len(out), "_embedded": obj{"custom_field_groups": out}})
		})
	}
}

// updateGroup answers PATCH /{entity}/custom_fields/groups/{group}. The fields that it names move into the group,
// those that are in it stay.
func (s fields) updateGroup(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		m, ok := api.ReadObject(w, r)
		if !ok {
			return
		}
		if m["name"] == nil && m["sort"] == nil && m["fields"] == nil {
			api.BadRequest(w, "Request data blank")
			return
		}
		var bad edit.Refusal
		var o obj
		s.State.Write(func(*world.World) {
			g := world.FieldGroupOf(c.Account, entity, r.PathValue("group"))
			if g == nil {
				return
			}
			v := edit.NewCheck(c.Account)
			next := *g
			if m["name"] != nil {
				edit.Set(&next.Name, v.Required(m, "name"))
			}
			edit.Set(&next.Sort, v.Integer(m, "sort"))
			moved := readFieldList(v, entity, m)
			rid, sent := api.RequestID(m, 0)
			if bad.Add(rid, *v.Errs); bad.Any() {
				return
			}
			world.PutFieldGroup(c.Account, entity, &next)
			for _, f := range moved {
				f.GroupID = strings.TrimPrefix(next.ID, world.DefaultGroup)
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
func readFieldList(v edit.Check, entity string, m obj) []*world.Field {
	var out []*world.Field
	for i, raw := range v.List(m, "fields") {
		path := fmt.Sprintf("fields.%d", i)
		id, ok := world.ToInt(raw)
		if !ok {
			v.WrongType(path, "int")
			continue
		}
		f := world.FieldOf(v.A, entity, id)
		if f == nil {
			v.Choice(path)
			continue
		}
		out = append(out, f)
	}
	return out
}

// deleteGroup answers DELETE /{entity}/custom_fields/groups/{group}: its fields go back to the predefined group.
func (s fields) deleteGroup(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerDeleted(s.State, w, "Custom field group", func() (found, kept bool) {
			a := c.Account
			g := world.FieldGroupOf(a, entity, r.PathValue("group"))
			if g == nil || g.Predefined {
				return g != nil, true
			}
			a.FieldGroups[entity] = slices.DeleteFunc(slices.Clone(a.FieldGroups[entity]), func(x *world.FieldGroup) bool { return x == g })
			for _, f := range a.Fields[entity] {
				if f.GroupID == g.ID {
					f.GroupID = ""
				}
			}
			return true, false
		})
	}
}

// renderFieldGroup is a group with the ids of its fields, which the official library reads off every answer.
func renderFieldGroup(r *http.Request, a *world.Account, entity string, g *world.FieldGroup) obj {
	fields := []int64{}
	for _, f := range a.Fields[entity] {
		if cmp.Or(f.GroupID, world.DefaultGroup) == g.ID {
			fields = append(fields, f.ID)
		}
	}
	return obj{
		"id": g.ID, "name": g.Name, "is_predefined": g.Predefined, "type": "custom_field_group",
		"entity_type": world.EntityType(entity), "sort": g.Sort, "fields": fields,
		"_links": api.SelfLink(api.URL(r, fmt.Sprintf("/%s/custom_fields/groups/%s", entity, g.ID))),
	}
}
