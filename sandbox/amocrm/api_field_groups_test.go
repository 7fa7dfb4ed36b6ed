package amocrm

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

func TestAPI_fieldGroupsAreMadeChangedAndDeleted(t *testing.T) {
	b := startAPI(t, false)
	catalog := b.do("POST", "/catalogs", `[{"name":"Goods"}]`).want(200).id("_embedded.catalogs.0.id")
	for kind, typ := range map[string]string{"leads": "leads", "contacts": "contacts", "companies": "companies", fmt.Sprintf("catalogs/%d", catalog): "catalogs"} {
		fields := "/" + kind + "/custom_fields"
		groups := fields + "/groups"
		made := b.do("POST", groups, `[{"name":"group 1","sort":4,"request_id":"r"},{"name":"group 2","sort":5}]`).want(201).is("_total_items", 2).
			is("_embedded.custom_field_groups.0.request_id", "r").is("_embedded.custom_field_groups.0.entity_type", typ).
			is("_embedded.custom_field_groups.0.is_predefined", false).is("_embedded.custom_field_groups.0.type", "custom_field_group")
		id := made.get("_embedded.custom_field_groups.0.id").(string)
		b.do("GET", groups, "").want(200).is("_total_items", 3).is("_embedded.custom_field_groups.0.id", "default").is("_embedded.custom_field_groups.1.id", id).
			is("_embedded.custom_field_groups.1._links.self.href", "http://"+apiHost+"/api/v4"+groups+"/"+id)

		field := b.do("POST", fields, fmt.Sprintf(`[{"name":"in it","type":"text","group_id":%q}]`, id)).want(201).is("_embedded.custom_fields.0.group_id", id).id("_embedded.custom_fields.0.id")
		other := b.do("POST", fields, `[{"name":"outside","type":"text"}]`).want(201).is("_embedded.custom_fields.0.group_id", nil).id("_embedded.custom_fields.0.id")
		b.do("PATCH", groups+"/"+id, fmt.Sprintf(`{"name":"renamed","sort":6,"fields":[%d]}`, other)).want(200).is("id", id).is("name", "renamed").is("sort", 6).
			is("fields", []any{field, other})
		b.do("GET", groups+"/"+id, "").want(200).is("name", "renamed").is("fields", []any{field, other})
		b.do("GET", groups, "").want(200).is("_embedded.custom_field_groups.2.id", id) // sort 6 comes behind 5
		b.do("PATCH", groups+"/default", fmt.Sprintf(`{"fields":[%d]}`, field)).want(200).is("is_predefined", true)
		b.do("GET", fmt.Sprintf("%s/%d", fields, field), "").want(200).is("group_id", nil)

		b.do("DELETE", groups+"/"+id, "").want(204)
		b.do("GET", groups+"/"+id, "").want(404).is("detail", "Custom field group not found")
		b.do("GET", fmt.Sprintf("%s/%d", fields, other), "").want(200).is("group_id", nil)
	}
}

func TestAPI_fieldGroupsAreRefusedInTheShapeOfValidation(t *testing.T) {
	b := startAPI(t, false)
	const groups = "/leads/custom_fields/groups"
	b.do("POST", groups, `[{"name":"ok","sort":1},{"sort":2,"request_id":"b"}]`).refused("b", edit.CodeMissing, "name").keysLike("error-validation")
	b.do("POST", groups, `[{"name":"x"}]`).refused("0", edit.CodeMissing, "sort")
	b.do("POST", groups, `[{"name":1,"sort":"1"}]`).refused("0", edit.CodeType, "name").refused("0", edit.CodeType, "sort")
	b.do("POST", groups, `[]`).want(400).is("detail", "Request data blank")
	b.do("GET", groups, "").want(200).is("_total_items", 1)

	b.do("PATCH", groups+"/leads_9", `{"sort":1}`).want(404)
	b.do("PATCH", groups+"/default", `{"request_id":"r"}`).want(400).is("detail", "Request data blank")
	b.do("PATCH", groups+"/default", `{"name":""}`).refused("0", edit.CodeMissing, "name")
	b.do("PATCH", groups+"/default", fmt.Sprintf(`{"fields":[%d,9]}`, fText)).refused("0", edit.CodeChoice, "fields.1")
	b.do("PATCH", groups+"/default", `{"fields":["x"]}`).refused("0", edit.CodeType, "fields.0")
	b.do("PATCH", groups, `[{"id":"default","sort":1}]`).want(405)

	b.do("DELETE", groups+"/default", "").want(400)
	b.do("DELETE", groups+"/leads_9", "").want(404)
	b.do("POST", "/leads/custom_fields", `[{"name":"x","type":"text","group_id":"leads_9"}]`).refused("0", edit.CodeChoice, "group_id")
	b.do("POST", "/catalogs/9/custom_fields/groups", `[{"name":"x","sort":1}]`).want(404).is("detail", "Catalog not found")
}

func TestAPI_predefinedFieldGroupCanBeRenamed(t *testing.T) {
	b := startAPI(t, false)
	b.do("PATCH", "/contacts/custom_fields/groups/default", `{"name":"Main","sort":9}`).want(200).is("id", "default")
	b.do("POST", "/contacts/custom_fields/groups", `[{"name":"Before","sort":1}]`).want(201)
	b.do("GET", "/contacts/custom_fields/groups", "").want(200).is("_total_items", 2).is("_embedded.custom_field_groups.1.name", "Main")
	b.do("GET", "/leads/custom_fields/groups", "").want(200).is("_embedded.custom_field_groups.0.name", "Основное")
}
