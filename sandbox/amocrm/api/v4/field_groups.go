package v4

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// groupAt is the group that the path names.
func groupAt(q *call) *world.FieldGroup {
	return world.FieldGroupOf(q.A, q.kind, q.r.PathValue("group"))
}

// readGroupID reads the group that a field shall be in; nothing is the predefined one.
func readGroupID(q *call, v edit.Check, m obj) string {
	id := edit.Or(v.Text(m, "group_id"), "")
	switch {
	case id == world.DefaultGroup:
		return ""
	case id != "" && world.FieldGroupOf(q.A, q.kind, id) == nil:
		v.Choice("group_id")
	}
	return id
}

// listGroups answers GET /{entity}/custom_fields/groups.
func listGroups(q *call) answer {
	return ok(totalled("custom_field_groups", rendered(q, world.FieldGroups(q.A, q.kind), renderGroup)))
}

// createGroups answers POST /{entity}/custom_fields/groups with 201.
var createGroups = each(ifSent, func(_ *call, v edit.Check, m obj, _ int) *world.FieldGroup {
	return &world.FieldGroup{Name: edit.Or(v.Required(m, "name"), ""), Sort: edit.Or(v.RequiredInteger(m, "sort"), 0)}
}, func(q *call, g *world.FieldGroup) obj {
	g.ID = fmt.Sprintf("%s_%d", world.EntityType(q.kind), q.W.TakeID())
	world.PutFieldGroup(q.A, q.kind, g)
	return renderGroup(q, g)
}, total(http.StatusCreated, "custom_field_groups"))

// updateGroup answers PATCH /{entity}/custom_fields/groups/{group}. The fields that it names move into the group,
// those that are in it stay.
func updateGroup(q *call) answer {
	m, g := q.items[0], groupAt(q)
	switch {
	case m["name"] == nil && m["sort"] == nil && m["fields"] == nil:
		return badRequest("Request data blank")
	case g == nil:
		return missing("Custom field group")
	}
	next := *g
	var moved []*world.Field
	if !q.check(func(v edit.Check, m obj, _ int) {
		if m["name"] != nil {
			edit.Set(&next.Name, v.Required(m, "name"))
		}
		edit.Set(&next.Sort, v.Integer(m, "sort"))
		moved = readFieldList(q, v, m)
	}) {
		return nil
	}
	world.PutFieldGroup(q.A, q.kind, &next)
	for _, f := range moved {
		f.GroupID = strings.TrimPrefix(next.ID, world.DefaultGroup)
	}
	return ok(q.tell(0, ifSent, renderGroup(q, &next)))
}

// readFieldList reads the fields of the kind that the item names by their ids.
func readFieldList(q *call, v edit.Check, m obj) []*world.Field {
	var out []*world.Field
	for i, raw := range v.List(m, "fields") {
		path := fmt.Sprintf("fields.%d", i)
		id, ok := world.ToInt(raw)
		if !ok {
			v.WrongType(path, "int")
			continue
		}
		f := world.FieldOf(q.A, q.kind, id)
		if f == nil {
			v.Choice(path)
			continue
		}
		out = append(out, f)
	}
	return out
}

// deleteGroup deletes a group: its fields go back to the predefined one.
func deleteGroup(q *call, g *world.FieldGroup) (stays bool) {
	if g.Predefined {
		return true
	}
	q.A.FieldGroups[q.kind] = without(q.A.FieldGroups[q.kind], g)
	for _, f := range q.A.Fields[q.kind] {
		if f.GroupID == g.ID {
			f.GroupID = ""
		}
	}
	return false
}

// renderGroup is a group with the ids of its fields, which the official library reads off every answer.
func renderGroup(q *call, g *world.FieldGroup) obj {
	fields := []int64{}
	for _, f := range q.A.Fields[q.kind] {
		if cmp.Or(f.GroupID, world.DefaultGroup) == g.ID {
			fields = append(fields, f.ID)
		}
	}
	return obj{
		"id": g.ID, "name": g.Name, "is_predefined": g.Predefined, "type": "custom_field_group",
		"entity_type": world.EntityType(q.kind), "sort": g.Sort, "fields": fields,
		"_links": q.self(q.kind, "custom_fields", "groups", g.ID),
	}
}
