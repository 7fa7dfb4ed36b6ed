package v4

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// list answers GET /{entity}/custom_fields: 50 a page unless asked otherwise, filter[type] and [id], order.
func (s fields) list(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		q := r.URL.Query()
		answerCounted(s.State, w, r, "custom_fields", func(*world.World) []*world.Field {
			var all []*world.Field
			for _, f := range c.Account.Fields[entity] {
				if by := (filters{q}); by.oneOf("type", f.Type) && by.id("id", f.ID) {
					all = append(all, f)
				}
			}
			key, desc := ordering(q, "sort", "id")
			if q.Has("order[sort]") || q.Has("order[id]") {
				sortBy(all, desc, func(f *world.Field) (int64, int64) {
					if key == "sort" {
						return f.Sort, f.ID
					}
					return f.ID, f.ID
				})
			} else {
				slices.SortStableFunc(all, func(a, b *world.Field) int { return cmp.Compare(a.Sort, b.Sort) })
			}
			return all
		}, func(f *world.Field) obj {
			o := renderField(r, c.Account, entity, f)
			o["settings"] = nil
			return o
		})
	}
}

// get answers GET /{entity}/custom_fields/{id}.
func (s fields) get(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerOne(s.State, w, "Custom field", func() obj {
			if f := world.FieldOf(c.Account, entity, api.PathID(r, "id")); f != nil {
				return renderField(r, c.Account, entity, f)
			}
			return nil
		})
	}
}

// delete answers DELETE /{entity}/custom_fields/{id}; values of the field go with it.
func (s fields) delete(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		answerDeleted(s.State, w, "Custom field", func() (found, kept bool) {
			a, id := c.Account, api.PathID(r, "id")
			f := world.FieldOf(a, entity, id)
			if f == nil || f.Predefined {
				return f != nil, true
			}
			a.Fields[entity] = slices.DeleteFunc(slices.Clone(a.Fields[entity]), func(x *world.Field) bool { return x == f })
			for _, b := range world.Bases(a, entity) {
				b.Fields = slices.DeleteFunc(slices.Clone(b.Fields), func(v world.FieldValue) bool { return v.FieldID == id })
			}
			return true, false
		})
	}
}

// renderField is a definition (EX custom-field-phone-by-id.json, custom-field-select-full-kommo.json).
func renderField(r *http.Request, a *world.Account, entity string, f *world.Field) obj {
	o := obj{
		"id": f.ID, "name": f.Name, "type": f.Type, "account_id": a.ID, "code": nullable(f.Code), "sort": f.Sort,
		"is_api_only": false, "enums": renderEnums(f), "group_id": nullable(f.GroupID), "required_statuses": slices.Clone(f.Required),
		"is_deletable": !f.Predefined, "is_predefined": f.Predefined, "entity_type": world.EntityType(entity), "remind": nil,
		"_links": api.SelfLink(api.URL(r, fmt.Sprintf("/%s/custom_fields/%d", entity, f.ID))),
	}
	if f.Required == nil {
		o["required_statuses"] = []world.RequiredStatus{}
	}
	if f.Type == "birthday" {
		o["remind"] = "never"
	}
	if entity == "leads" {
		o["tracking_callback"], o["triggers"], o["hidden_statuses"], o["chained_lists"] = nil, []obj{}, []obj{}, nil
		o["currency"] = nil
	}
	if world.EntityType(entity) == "catalogs" {
		o["is_required"], o["is_visible"], o["search_in"], o["nested"] = false, true, nil, nil
	}
	if f.Type == "monetary" {
		o["currency"] = nullable(f.Currency)
	}
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
