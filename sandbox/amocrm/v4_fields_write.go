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
func (s fields) createFields(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		s.writeFields(w, r, c, entity, items, http.StatusCreated, func(v check, m obj) *Field {
			f := &Field{Sort: 500}
			v.required(m, "name")
			if typ := v.required(m, "type"); typ != nil {
				f.Type = *typ
				if !fieldTypeFits(entity, f.Type) {
					v.choice("type")
				}
			}
			if f.Type == "monetary" {
				v.required(m, "currency")
			}
			if slices.Contains(enumTypes, f.Type) && m["enums"] == nil {
				v.missing("enums")
			}
			return f
		})
	}
}

func fieldTypeFits(entity, typ string) bool {
	if entityType(entity) == "catalogs" {
		return slices.Contains(catalogFieldTypes, typ)
	}
	if !slices.Contains(fieldTypes, typ) {
		return false
	}
	return entity == "leads" && typ != "multitext" || entity != "leads" && !slices.Contains(leadOnly, typ)
}

// updateFields answers PATCH /{entity}/custom_fields.
func (s fields) updateFields(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		if items, ok := readBatch(w, r, maxWrite); ok {
			s.writeFields(w, r, c, entity, items, http.StatusOK, existingField(entity))
		}
	}
}

// updateField answers PATCH /{entity}/custom_fields/{id}.
func (s fields) updateField(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		m, ok := readObject(w, r)
		if !ok {
			return
		}
		m["id"] = pathID(r, "id")
		s.writeFields(w, r, c, entity, []obj{m}, 0, existingField(entity))
	}
}

// existingField finds the definition that an item of an update names.
func existingField(entity string) func(v check, m obj) *Field {
	return func(v check, m obj) *Field {
		id := v.ownID(m)
		if id == nil {
			return &Field{}
		}
		f := fieldOf(v.a, entity, *id)
		if f == nil {
			v.choice("id")
			return &Field{}
		}
		return f
	}
}

// writeFields makes or changes definitions, all or none. A status of 0 answers a single one as a bare object.
func (s fields) writeFields(w http.ResponseWriter, r *http.Request, c caller, entity string, items []obj, status int, base func(check, obj) *Field) {
	var bad refusal
	var out []obj
	s.state.Write(func(state *World) {
		next := make([]*Field, len(items))
		for i, m := range items {
			v := newCheck(c.account)
			next[i] = readFieldDefinition(v, entity, *base(v, m), m)
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
		}
		if bad.any() {
			return
		}
		for i, f := range next {
			putField(c.account, state, entity, f)
			o := renderField(r, c.account, entity, f)
			o["settings"] = nil
			if rid, sent := requestID(items[i], i); sent || status == http.StatusOK {
				o["request_id"] = rid
			}
			out = append(out, o)
		}
	})
	switch {
	case bad.any():
		bad.write(w)
	case status == 0:
		writeHAL(w, http.StatusOK, out[0])
	default:
		writeHAL(w, status, obj{"_total_items": len(out), "_embedded": obj{"custom_fields": out}})
	}
}

// readFieldDefinition is f with what the item says. Choices that the item does not list are gone (amocrm.md §3.4).
func readFieldDefinition(v check, entity string, f Field, m obj) *Field {
	set(&f.Name, v.text(m, "name"))
	set(&f.Code, v.text(m, "code"))
	set(&f.Sort, v.integer(m, "sort"))
	set(&f.Currency, v.text(m, "currency"))
	if _, said := m["enums"]; said && f.Type != "multitext" {
		known := f.Enums
		f.Enums = nil
		for i, raw := range v.list(m, "enums") {
			path := fmt.Sprintf("enums.%d", i)
			el, ok := raw.(obj)
			if !ok {
				v.wrongType(path, "array")
				continue
			}
			at := v.under(path)
			e := &Enum{Value: or(at.required(el, "value"), ""), Sort: or(at.integer(el, "sort"), int64(i)),
				Code: or(at.text(el, "code"), "")}
			if id := at.integer(el, "id"); id != nil {
				if !slices.ContainsFunc(known, func(k *Enum) bool { return k.ID == *id }) {
					at.choice("id")
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

func readRequiredStatuses(v check, m obj) []RequiredStatus {
	var out []RequiredStatus
	for i, raw := range v.list(m, "required_statuses") {
		path := fmt.Sprintf("required_statuses.%d", i)
		el, ok := raw.(obj)
		if !ok {
			v.wrongType(path, "array")
			continue
		}
		at := v.under(path)
		pair := RequiredStatus{StatusID: or(at.integer(el, "status_id"), 0), PipelineID: or(at.integer(el, "pipeline_id"), 0)}
		if _, st := statusOf(v.a, pair.PipelineID, pair.StatusID); st == nil {
			at.choice("status_id")
		}
		out = append(out, pair)
	}
	return out
}
