package v4

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// fieldTypes are the types that may be made through the API on leads, contacts and companies (amocrm.md §3.4).
var fieldTypes = strings.Fields("text numeric checkbox select multiselect date url date_time textarea radiobutton streetaddress " +
	"smart_address birthday legal_entity multitext monetary file tracking_data chained_list")

// catalogFieldTypes are those of catalogs.
var catalogFieldTypes = strings.Fields("text numeric checkbox select multiselect date url date_time textarea radiobutton streetaddress " +
	"file price category items linked_entity payer supplier")

// enumTypes are those that are made with their choices.
var enumTypes = []string{"select", "multiselect", "radiobutton"}

// leadOnly are types that only leads have; multitext is the other way round.
var leadOnly = []string{"tracking_data", "chained_list"}

// create answers POST /{entity}/custom_fields with 201.
func (s fields) create(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		items, ok := api.ReadBatch(w, r, api.MaxWrite)
		if !ok {
			return
		}
		s.write(w, r, c, entity, items, http.StatusCreated, func(v edit.Check, m obj) *world.Field {
			f := &world.Field{Sort: 500}
			v.Required(m, "name")
			if typ := v.Required(m, "type"); typ != nil {
				f.Type = *typ
				if !fieldTypeFits(entity, f.Type) {
					v.Choice("type")
				}
			}
			if f.Type == "monetary" {
				v.Required(m, "currency")
			}
			if slices.Contains(enumTypes, f.Type) && m["enums"] == nil {
				v.Missing("enums")
			}
			return f
		})
	}
}

func fieldTypeFits(entity, typ string) bool {
	if world.EntityType(entity) == "catalogs" {
		return slices.Contains(catalogFieldTypes, typ)
	}
	if !slices.Contains(fieldTypes, typ) {
		return false
	}
	return entity == "leads" && typ != "multitext" || entity != "leads" && !slices.Contains(leadOnly, typ)
}

// updateAll answers PATCH /{entity}/custom_fields.
func (s fields) updateAll(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		if items, ok := api.ReadBatch(w, r, api.MaxWrite); ok {
			s.write(w, r, c, entity, items, http.StatusOK, existingField(entity))
		}
	}
}

// update answers PATCH /{entity}/custom_fields/{id}.
func (s fields) update(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		m, ok := api.ReadObject(w, r)
		if !ok {
			return
		}
		m["id"] = api.PathID(r, "id")
		s.write(w, r, c, entity, []obj{m}, 0, existingField(entity))
	}
}

// existingField finds the definition that an item of an update names.
func existingField(entity string) func(v edit.Check, m obj) *world.Field {
	return func(v edit.Check, m obj) *world.Field {
		id := v.OwnID(m)
		if id == nil {
			return &world.Field{}
		}
		f := world.FieldOf(v.A, entity, *id)
		if f == nil {
			v.Choice("id")
			return &world.Field{}
		}
		return f
	}
}

// write makes or changes definitions, all or none. A status of 0 answers a single one as a bare object.
func (s fields) write(w http.ResponseWriter, r *http.Request, c api.Caller, entity string, items []obj, status int, base func(edit.Check, obj) *world.Field) {
	var bad edit.Refusal
	var out []obj
	s.State.Write(func(state *world.World) {
		next := make([]*world.Field, len(items))
		if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
			next[i] = readFieldDefinition(v, entity, *base(v, m), m)
		}) {
			return
		}
		for i, f := range next {
			world.PutField(c.Account, state, entity, f)
			o := renderField(r, c.Account, entity, f)
			o["settings"] = nil
			if rid, sent := api.RequestID(items[i], i); sent || status == http.StatusOK {
				o["request_id"] = rid
			}
			out = append(out, o)
		}
	})
	answerItems(w, bad, out, status == 0, func() {
		api.WriteHAL(w, status, obj{"_total_items": len(out), "_embedded": obj{"custom_fields": out}})
	})
}

// readFieldDefinition is f with what the item says. Choices that the item does not list are gone (amocrm.md §3.4).
func readFieldDefinition(v edit.Check, entity string, f world.Field, m obj) *world.Field {
	edit.Set(&f.Name, v.Text(m, "name"))
	edit.Set(&f.Code, v.Text(m, "code"))
	edit.Set(&f.Sort, v.Integer(m, "sort"))
	edit.Set(&f.Currency, v.Text(m, "currency"))
	if _, said := m["enums"]; said && f.Type != "multitext" {
		known := f.Enums
		f.Enums = nil
		for i, raw := range v.List(m, "enums") {
			path := fmt.Sprintf("enums.%d", i)
			el, ok := raw.(obj)
			if !ok {
				v.WrongType(path, "array")
				continue
			}
			at := v.Under(path)
			e := &world.Enum{Value: edit.Or(at.Required(el, "value"), ""), Sort: edit.Or(at.Integer(el, "sort"), int64(i)),
				Code: edit.Or(at.Text(el, "code"), "")}
			if id := at.Integer(el, "id"); id != nil {
				if !slices.ContainsFunc(known, func(k *world.Enum) bool { return k.ID == *id }) {
					at.Choice("id")
				}
				e.ID = *id
			}
			f.Enums = append(f.Enums, e)
		}
	}
	if _, said := m["group_id"]; said {
		f.GroupID = readGroupID(v, entity, m)
	}
	if _, said := m["required_statuses"]; said {
		f.Required = readRequiredStatuses(v, m)
	}
	return &f
}

func readRequiredStatuses(v edit.Check, m obj) []world.RequiredStatus {
	var out []world.RequiredStatus
	for i, raw := range v.List(m, "required_statuses") {
		path := fmt.Sprintf("required_statuses.%d", i)
		el, ok := raw.(obj)
		if !ok {
			v.WrongType(path, "array")
			continue
		}
		at := v.Under(path)
		pair := world.RequiredStatus{StatusID: edit.Or(at.Integer(el, "status_id"), 0), PipelineID: edit.Or(at.Integer(el, "pipeline_id"), 0)}
		if _, st := world.StatusOf(v.A, pair.PipelineID, pair.StatusID); st == nil {
			at.Choice("status_id")
		}
		out = append(out, pair)
	}
	return out
}
