package amocrm

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// listFields answers GET /{entity}/custom_fields: 50 a page unless asked otherwise, filter[type] and [id], order.
func (s fields) listFields(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		p, ok := ReadPage(w, r, DefaultLimit, MaxLimit)
		if !ok {
			return
		}
		q := r.URL.Query()
		var items []obj
		var more bool
		var total int
		s.State.Read(func(*World) {
			var all []*Field
			for _, f := range c.Account.Fields[entity] {
				if by := (filters{q}); by.oneOf("type", f.Type) && by.id("id", f.ID) {
					all = append(all, f)
				}
			}
			key, desc := ordering(q, "sort", "id")
			if q.Has("order[sort]") || q.Has("order[id]") {
				sortBy(all, desc, func(f *Field) (int64, int64) {
					if key == "sort" {
						return f.Sort, f.ID
					}
					return f.ID, f.ID
				})
			} else {
				slices.SortStableFunc(all, func(a, b *Field) int { return cmp.Compare(a.Sort, b.Sort) })
			}
			total = len(all)
			var part []*Field
			part, more = SlicePage(all, p)
			for _, f := range part {
				o := renderField(r, c.Account, entity, f)
				o["settings"] = nil
				items = append(items, o)
			}
		})
		AnswerCounted(w, r, p, "custom_fields", items, more, total)
	}
}

// getField answers GET /{entity}/custom_fields/{id}.
func (s fields) getField(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var o obj
		s.State.Read(func(*World) {
			if f := FieldOf(c.Account, entity, PathID(r, "id")); f != nil {
				o = renderField(r, c.Account, entity, f)
			}
		})
		if o == nil {
			NotFound(w, "Custom field")
			return
		}
		WriteHAL(w, http.StatusOK, o)
	}
}

// deleteField answers DELETE /{entity}/custom_fields/{id}; values of the field go with it.
func (s fields) deleteField(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var found, kept bool
		s.State.Write(func(*World) {
			a, id := c.Account, PathID(r, "id")
			f := FieldOf(a, entity, id)
			found = f != nil
			if kept = found && f.Predefined; !found || kept {
				return
			}
			a.Fields[entity] = slices.DeleteFunc(slices.Clone(a.Fields[entity]), func(x *Field) bool { return x == f })
			for _, b := range Bases(a, entity) {
				b.Fields = slices.DeleteFunc(slices.Clone(b.Fields), func(v FieldValue) bool { return v.FieldID == id })
			}
		})
		AnswerDeleted(w, found, kept, "Custom field")
	}
}

// renderField is a definition (EX custom-field-phone-by-id.json, custom-field-select-full-kommo.json).
func renderField(r *http.Request, a *Account, entity string, f *Field) obj {
	o := obj{
		"id": f.ID, "name": f.Name, "type": f.Type, "account_id": a.ID, "code": nullable(f.Code), "sort": f.Sort,
		"is_api_only": false, "enums": renderEnums(f), "group_id": nullable(f.GroupID), "required_statuses": slices.Clone(f.Required),
		"is_deletable": !f.Predefined, "is_predefined": f.Predefined, "entity_type": EntityType(entity), "remind": nil,
		"_links": SelfLink(ApiURL(r, fmt.Sprintf("/%s/custom_fields/%d", entity, f.ID))),
	}
	if f.Required == nil {
		o["required_statuses"] = []RequiredStatus{}
	}
	if f.Type == "birthday" {
		o["remind"] = "never"
	}
	if entity == "leads" {
		o["tracking_callback"], o["triggers"], o["hidden_statuses"], o["chained_lists"] = nil, []obj{}, []obj{}, nil
		o["currency"] = nil
	}
	if EntityType(entity) == "catalogs" {
		o["is_required"], o["is_visible"], o["search_in"], o["nested"] = false, true, nil, nil
	}
	if f.Type == "monetary" {
		o["currency"] = nullable(f.Currency)
	}
	return o
}

// renderEnums is null for types without choices.
func renderEnums(f *Field) any {
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
