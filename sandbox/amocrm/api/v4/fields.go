package v4

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// fieldRoutes are the definitions of one kind's fields and the groups that hold them.
func fieldRoutes(path string) []route {
	return []route{
		{"GET", path, nil, listFields},
		{"POST", path, batch, createFields},
		{"PATCH", path, batch, patchFields},
		{"GET", path + "/{id}", nil, one("Custom field", fieldAt, renderField)},
		{"PATCH", path + "/{id}", object("id"), patchFields},
		{"DELETE", path + "/{id}", nil, deleted("Custom field", fieldAt, deleteField)},
		{"GET", path + "/groups", nil, listGroups},
		{"POST", path + "/groups", batch, createGroups},
		{"GET", path + "/groups/{group}", nil, one("Custom field group", groupAt, renderGroup)},
		{"PATCH", path + "/groups/{group}", object(""), updateGroup},
		{"DELETE", path + "/groups/{group}", nil, deleted("Custom field group", groupAt, deleteGroup)},
	}
}

// fieldAt is the definition that the path names.
func fieldAt(q *call) *world.Field { return world.FieldOf(q.A, q.kind, q.id("id")) }

// listFields answers GET /{entity}/custom_fields: 50 a page unless asked otherwise, filter[type] and [id], order.
var listFields = counted("custom_fields", func(q *call) []*world.Field {
	all := kept(q.A.Fields[q.kind], func(f *world.Field) bool { return q.f.oneOf("type", f.Type) && q.f.id("id", f.ID) })
	id, sort := func(f *world.Field) int64 { return f.ID }, func(f *world.Field) int64 { return f.Sort }
	if q.f.Has("order[sort]") || q.f.Has("order[id]") {
		return order(q.f, all, id, id, by[*world.Field]{"sort", sort}, by[*world.Field]{"id", id})
	}
	slices.SortStableFunc(all, func(a, b *world.Field) int { return cmp.Compare(a.Sort, b.Sort) })
	return all
}, renderListedField)

// deleteField deletes a definition; values of the field go with it.
func deleteField(q *call, f *world.Field) (stays bool) {
	if f.Predefined {
		return true
	}
	q.A.Fields[q.kind] = without(q.A.Fields[q.kind], f)
	for _, b := range world.Bases(q.A, q.kind) {
		b.Fields = slices.DeleteFunc(slices.Clone(b.Fields), func(v world.FieldValue) bool { return v.FieldID == f.ID })
	}
	return false
}

// renderField is a definition (EX custom-field-phone-by-id.json, custom-field-select-full-kommo.json).
func renderField(q *call, f *world.Field) obj {
	o := obj{
		"id": f.ID, "name": f.Name, "type": f.Type, "account_id": q.A.ID, "code": kit.OrNull(f.Code), "sort": f.Sort,
		"is_api_only": false, "enums": renderEnums(f), "group_id": kit.OrNull(f.GroupID),
		"required_statuses": append([]world.RequiredStatus{}, f.Required...),
		"is_deletable":      !f.Predefined, "is_predefined": f.Predefined, "entity_type": world.EntityType(q.kind), "remind": nil,
		"_links": q.self(q.kind, "custom_fields", f.ID),
	}
	if f.Type == "birthday" {
		o["remind"] = "never"
	}
	if q.kind == "leads" {
		o["tracking_callback"], o["triggers"], o["hidden_statuses"], o["chained_lists"] = nil, []obj{}, []obj{}, nil
		o["currency"] = nil
	}
	if world.EntityType(q.kind) == "catalogs" {
		o["is_required"], o["is_visible"], o["search_in"], o["nested"] = false, true, nil, nil
	}
	if f.Type == "monetary" {
		o["currency"] = kit.OrNull(f.Currency)
	}
	return o
}

// renderListedField is a definition as lists and writes answer it.
func renderListedField(q *call, f *world.Field) obj {
	o := renderField(q, f)
	o["settings"] = nil
	return o
}

// renderEnums is null for types without choices.
func renderEnums(f *world.Field) any {
	if len(f.Enums) == 0 {
		return nil
	}
	var out []obj
	for _, e := range f.Enums {
		o := obj{"id": e.ID, "value": e.Value, "sort": e.Sort}
		if e.Code != "" {
			o["code"] = e.Code
		}
		out = append(out, o)
	}
	return out
}

// Types that may be made through the API on leads, contacts and companies (amocrm.md §3.4), and in catalogs.
var (
	fieldTypes = strings.Fields("text numeric checkbox select multiselect date url date_time textarea radiobutton streetaddress " +
		"smart_address birthday legal_entity multitext monetary file tracking_data chained_list")
	catalogFieldTypes = strings.Fields("text numeric checkbox select multiselect date url date_time textarea radiobutton streetaddress " +
		"file price category items linked_entity payer supplier")
	enumTypes = []string{"select", "multiselect", "radiobutton"} // made with their choices
	leadOnly  = []string{"tracking_data", "chained_list"}        // multitext is the other way round
)

// createFields answers POST /{entity}/custom_fields with 201.
var createFields = each(ifSent, func(q *call, v edit.Check, m obj, _ int) *world.Field {
	f := world.Field{Sort: 500}
	v.Required(m, "name")
	if typ := v.Required(m, "type"); typ != nil {
		f.Type = *typ
		if !fieldTypeFits(q.kind, f.Type) {
			v.Choice("type")
		}
	}
	if f.Type == "monetary" {
		v.Required(m, "currency")
	}
	if slices.Contains(enumTypes, f.Type) && m["enums"] == nil {
		v.Missing("enums")
	}
	return readField(q, v, f, m)
}, putField, total(http.StatusCreated, "custom_fields"))

func fieldTypeFits(kind, typ string) bool {
	switch {
	case world.EntityType(kind) == "catalogs":
		return slices.Contains(catalogFieldTypes, typ)
	case kind == "leads":
		return slices.Contains(fieldTypes, typ) && typ != "multitext"
	}
	return slices.Contains(fieldTypes, typ) && !slices.Contains(leadOnly, typ)
}

// patchFields answers PATCH /{entity}/custom_fields and that of one.
var patchFields = each(inLists, func(q *call, v edit.Check, m obj, _ int) *world.Field {
	f := world.Field{}
	if known := edit.Known(v, m, "id", func(id int64) *world.Field { return world.FieldOf(q.A, q.kind, id) }); known != nil {
		f = *known
	}
	return readField(q, v, f, m)
}, putField, total(http.StatusOK, "custom_fields"))

func putField(q *call, f *world.Field) obj {
	world.PutField(q.A, q.W, q.kind, f)
	return renderListedField(q, f)
}

// readField is f with what the item says. Choices that the item does not list are gone (amocrm.md §3.4).
func readField(q *call, v edit.Check, f world.Field, m obj) *world.Field {
	edit.Set(&f.Name, v.Text(m, "name"))
	edit.Set(&f.Code, v.Text(m, "code"))
	edit.Set(&f.Sort, v.Integer(m, "sort"))
	edit.Set(&f.Currency, v.Text(m, "currency"))
	if _, said := m["enums"]; said && f.Type != "multitext" {
		known := f.Enums
		f.Enums = nil
		v.Objects(m, "enums", func(at edit.Check, el obj, i int) {
			e := &world.Enum{Value: edit.Or(at.Required(el, "value"), ""), Sort: edit.Or(at.Integer(el, "sort"), int64(i)),
				Code: edit.Or(at.Text(el, "code"), "")}
			if id := at.Integer(el, "id"); id != nil {
				if !slices.ContainsFunc(known, func(k *world.Enum) bool { return k.ID == *id }) {
					at.Choice("id")
				}
				e.ID = *id
			}
			f.Enums = append(f.Enums, e)
		})
	}
	if _, said := m["group_id"]; said {
		f.GroupID = readGroupID(q, v, m)
	}
	if _, said := m["required_statuses"]; said {
		f.Required = nil
		v.Objects(m, "required_statuses", func(at edit.Check, el obj, _ int) {
			status, pipeline := edit.Or(at.Integer(el, "status_id"), 0), edit.Or(at.Integer(el, "pipeline_id"), 0)
			if _, st := world.StatusOf(q.A, pipeline, status); st == nil {
				at.Choice("status_id")
			}
			f.Required = append(f.Required, world.RequiredStatus{StatusID: status, PipelineID: pipeline})
		})
	}
	return &f
}
