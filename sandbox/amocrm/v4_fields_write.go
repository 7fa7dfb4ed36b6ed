package amocrm

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// createFields answers POST /{entity}/custom_fields with 201.
func (s fields) createFields(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		items, ok := ReadBatch(w, r, MaxWrite)
		if !ok {
			return
		}
		s.writeFields(w, r, c, entity, items, http.StatusCreated, func(v Check, m obj) *Field {
			f := &Field{Sort: 500}
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
	if EntityType(entity) == "catalogs" {
		return slices.Contains(catalogFieldTypes, typ)
	}
	if !slices.Contains(fieldTypes, typ) {
		return false
	}
	return entity == "leads" && typ != "multitext" || entity != "leads" && !slices.Contains(leadOnly, typ)
}

// updateFields answers PATCH /{entity}/custom_fields.
func (s fields) updateFields(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		if items, ok := ReadBatch(w, r, MaxWrite); ok {
			s.writeFields(w, r, c, entity, items, http.StatusOK, existingField(entity))
		}
	}
}

// updateField answers PATCH /{entity}/custom_fields/{id}.
func (s fields) updateField(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		m, ok := ReadObject(w, r)
		if !ok {
			return
		}
		m["id"] = PathID(r, "id")
		s.writeFields(w, r, c, entity, []obj{m}, 0, existingField(entity))
	}
}

// existingField finds the definition that an item of an update names.
func existingField(entity string) func(v Check, m obj) *Field {
	return func(v Check, m obj) *Field {
		id := v.OwnID(m)
		if id == nil {
			return &Field{}
		}
		f := FieldOf(v.A, entity, *id)
		if f == nil {
			v.Choice("id")
			return &Field{}
		}
		return f
	}
}

// writeFields makes or changes definitions, all or none. A status of 0 answers a single one as a bare object.
func (s fields) writeFields(w http.ResponseWriter, r *http.Request, c Caller, entity string, items []obj, status int, base func(Check, obj) *Field) {
	var bad Refusal
	var out []obj
	s.State.Write(func(state *World) {
		next := make([]*Field, len(items))
		for i, m := range items {
			v := NewCheck(c.Account)
			next[i] = readFieldDefinition(v, entity, *base(v, m), m)
			rid, _ := RequestID(m, i)
			bad.Add(rid, *v.Errs)
		}
		if bad.Any() {
			return
		}
		for i, f := range next {
			PutField(c.Account, state, entity, f)
			o := renderField(r, c.Account, entity, f)
			o["settings"] = nil
			if rid, sent := RequestID(items[i], i); sent || status == http.StatusOK {
				o["request_id"] = rid
			}
			out = append(out, o)
		}
	})
	switch {
	case bad.Any():
		bad.Write(w)
	case status == 0:
		WriteHAL(w, http.StatusOK, out[0])
	default:
		WriteHAL(w, status, obj{"_total_items": len(out), "_embedded": obj{"custom_fields": out}})
	}
}

// readFieldDefinition is f with what the item says. Choices that the item does not list are gone (amocrm.md §3.4).
func readFieldDefinition(v Check, entity string, f Field, m obj) *Field {
	Set(&f.Name, v.Text(m, "name"))
	Set(&f.Code, v.Text(m, "code"))
	Set(&f.Sort, v.Integer(m, "sort"))
	Set(&f.Currency, v.Text(m, "currency"))
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
			e := &Enum{Value: Or(at.Required(el, "value"), ""), Sort: Or(at.Integer(el, "sort"), int64(i)),
				Code: Or(at.Text(el, "code"), "")}
			if id := at.Integer(el, "id"); id != nil {
				if !slices.ContainsFunc(known, func(k *Enum) bool { return k.ID == *id }) {
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

func readRequiredStatuses(v Check, m obj) []RequiredStatus {
	var out []RequiredStatus
	for i, raw := range v.List(m, "required_statuses") {
		path := fmt.Sprintf("required_statuses.%d", i)
		el, ok := raw.(obj)
		if !ok {
			v.WrongType(path, "array")
			continue
		}
		at := v.Under(path)
		pair := RequiredStatus{StatusID: Or(at.Integer(el, "status_id"), 0), PipelineID: Or(at.Integer(el, "pipeline_id"), 0)}
		if _, st := StatusOf(v.A, pair.PipelineID, pair.StatusID); st == nil {
			at.Choice("status_id")
		}
		out = append(out, pair)
	}
	return out
}
