package amocrm

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

func TestAPI_catalogsAreMadeAndChanged(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/catalogs", "").want(204)
	made := b.do("POST", "/catalogs", `[{"name":"Goods","type":"products","sort":20,"request_id":"g"},{"name":"Plain","can_add_elements":true,"can_link_multiple":false}]`).want(200).
		is("_embedded.catalogs.0.type", "products").is("_embedded.catalogs.0.request_id", "g").is("_embedded.catalogs.0.can_be_deleted", false).
		is("_embedded.catalogs.1.type", "regular").is("_embedded.catalogs.1.can_link_multiple", false).is("_embedded.catalogs.1.request_id", "1")
	goods, plain := made.id("_embedded.catalogs.0.id"), made.id("_embedded.catalogs.1.id")
	b.do("GET", "/catalogs?page=1&limit=1", "").want(200).is("_embedded.catalogs.0.id", float64(plain)).is("_page", 1)
	b.do("GET", "/catalogs?filter[type]=products", "").want(200).is("_embedded.catalogs.0.id", float64(goods)).is("_embedded.catalogs.1", nil)
	b.do("PATCH", fmt.Sprintf("/catalogs/%d", plain), `{"name":"Renamed"}`).want(200).is("name", "Renamed").is("can_link_multiple", false)
	b.do("PATCH", "/catalogs", fmt.Sprintf(`[{"id":%d,"sort":5}]`, goods)).want(200).is("_embedded.catalogs.0.sort", 5)
	b.do("GET", fmt.Sprintf("/catalogs/%d", plain), "").want(200).is("name", "Renamed").is("account_id", 31000001)
	for _, c := range []struct{ method, path, body, code, at string }{
		{"POST", "/catalogs", `[{"type":"regular"}]`, edit.CodeMissing, "name"},
		{"POST", "/catalogs", `[{"name":"x","type":"strange"}]`, edit.CodeChoice, "type"},
		{"POST", "/catalogs", `[{"name":"x","type":"products"}]`, edit.CodeNotExpected, "type"},
		{"PATCH", "/catalogs", `[{"id":9,"name":"x"}]`, edit.CodeChoice, "id"},
		{"PATCH", "/catalogs", `[{"name":"x"}]`, edit.CodeMissing, "id"},
	} {
		b.do(c.method, c.path, c.body).refused("0", c.code, c.at)
	}
	if list := b.do("PATCH", "/catalogs", `[{"id":9,"name":"x"}]`).get("validation-errors.0.errors").([]any); len(list) != 1 {
		t.Errorf("an unknown catalog is refused for %d reasons, want one: %v", len(list), list)
	}
	for _, path := range []string{"/catalogs/9", "/catalogs/9/elements", "/catalogs/9/custom_fields", fmt.Sprintf("/catalogs/%d/elements/9", plain)} {
		b.do("GET", path, "").want(404)
	}
}

// catalog makes one with a text field and one element, and returns their ids.
func (b *apiBench) catalog() (catalog, field, element int64) {
	b.t.Helper()
	catalog = b.do("POST", "/catalogs", `[{"name":"Goods"}]`).want(200).id("_embedded.catalogs.0.id")
	path := fmt.Sprintf("/catalogs/%d", catalog)
	field = b.do("POST", path+"/custom_fields", `[{"name":"SKU","code":"SKU","type":"text"}]`).want(201).
		is("_embedded.custom_fields.0.entity_type", "catalogs").is("_embedded.custom_fields.0.is_required", false).id("_embedded.custom_fields.0.id")
	element = b.do("POST", path+"/elements", fmt.Sprintf(`[{"name":"Broom","custom_fields_values":[{"field_id":%d,"values":[{"value":"b-1"}]}],"request_id":"x"}]`, field)).want(200).
		is("_embedded.elements.0.request_id", "x").is("_embedded.elements.0.catalog_id", float64(catalog)).id("_embedded.elements.0.id")
	return catalog, field, element
}

func TestAPI_catalogElementsCarryTheCatalogsFields(t *testing.T) {
	b := startAPI(t, false)
	catalog, field, element := b.catalog()
	path := fmt.Sprintf("/catalogs/%d", catalog)
	b.do("GET", fmt.Sprintf("%s/elements/%d", path, element), "").want(200).is("name", "Broom").is("is_deleted", false).
		is("custom_fields_values.0.field_code", "SKU").is("custom_fields_values.0.values.0.value", "b-1")
	other := b.do("POST", path+"/elements", `[{"name":"Cauldron","custom_fields_values":[{"field_code":"SKU","values":[{"value":"c-1"}]}]}]`).want(200).id("_embedded.elements.0.id")
	for query, want := range map[string]int64{"query=b-1": element, fmt.Sprintf("filter[id][]=%d", other): other, fmt.Sprintf("id[0]=%d", other): other, "page=2&limit=1": other} {
		if got := b.do("GET", path+"/elements?"+query, "").want(200).ids("elements"); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %d", query, got, want)
		}
	}
	b.do("PATCH", fmt.Sprintf("%s/elements/%d", path, element), `{"name":"Nimbus"}`).want(200).is("name", "Nimbus").is("custom_fields_values.0.values.0.value", "b-1")
	b.do("PATCH", path+"/elements", fmt.Sprintf(`[{"id":%d,"custom_fields_values":[{"field_id":%d,"values":null}]}]`, element, field)).want(200).is("_embedded.elements.0.custom_fields_values", nil)
	b.do("POST", path+"/elements", `[{}]`).refused("0", edit.CodeMissing, "name")
	b.do("POST", path+"/elements", fmt.Sprintf(`[{"name":"x","custom_fields_values":[{"field_id":%d,"values":[{"value":"x"}]}]}]`, fText)).refused("0", edit.CodeChoice, "custom_fields_values.0.field_id")
	b.do("PATCH", path+"/elements", `[{"id":9}]`).refused("0", edit.CodeChoice, "id")
	b.do("POST", path+"/custom_fields", `[{"name":"x","type":"tracking_data"}]`).refused("0", edit.CodeChoice, "type")
	b.do("POST", path+"/custom_fields", `[{"name":"Price","type":"price"}]`).want(201)
	b.do("DELETE", fmt.Sprintf("%s/custom_fields/%d", path, field), "").want(204)
	b.do("GET", fmt.Sprintf("%s/elements/%d", path, other), "").want(200).is("custom_fields_values", nil)
	b.at(otherHost, "GET", path, "").want(404)
}

func TestAPI_catalogElementsHangOnEntities(t *testing.T) {
	b := startAPI(t, false)
	catalog, _, element := b.catalog()
	link := func(quantity string) string {
		return fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"catalog_elements","metadata":{"quantity":%s,"catalog_id":%d}}]`, element, quantity, catalog)
	}
	for _, path := range []string{fmt.Sprintf("/leads/%d", lRoof), fmt.Sprintf("/contacts/%d", kLone), fmt.Sprintf("/companies/%d", coWorks)} {
		b.do("GET", path+"?with=catalog_elements", "").want(200).is("_embedded.catalog_elements", []any{})
		b.do("POST", path+"/link", link("1")).want(200).is("_embedded.links.0.metadata.quantity", 1).is("_embedded.links.0.to_entity_type", "catalog_elements")
		b.do("POST", path+"/link", link("2.5")).want(200).is("_embedded.links.0.metadata.quantity", 2.5)
		b.do("GET", path+"?with=catalog_elements", "").is("_embedded.catalog_elements", []any{
			obj{"id": element, "metadata": obj{"quantity": 2.5, "catalog_id": catalog, "price_id": nil}}})
		b.do("GET", path+"/links?filter[to_entity_type]=catalog_elements", "").want(200).is("_embedded.links.0.to_entity_id", float64(element)).is("_total_items", 1)
		b.do("POST", path+"/unlink", link("1")).want(204)
		b.do("GET", path+"?with=catalog_elements", "").is("_embedded.catalog_elements", []any{})
	}
	if feed := b.feed("lead", lRoof); len(feed) < 2 || feed[0] != "entity_unlinked" || feed[1] != "entity_linked" {
		t.Errorf("feed is %v", feed)
	}
	path := fmt.Sprintf("/leads/%d/link", lRoof)
	b.do("POST", path, fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"catalog_elements"}]`, element)).refused("0", edit.CodeMissing, "metadata.catalog_id")
	b.do("POST", path, fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"catalog_elements","metadata":{"catalog_id":9}}]`, element)).refused("0", edit.CodeChoice, "metadata.catalog_id")
	b.do("POST", path, fmt.Sprintf(`[{"to_entity_id":9,"to_entity_type":"catalog_elements","metadata":{"catalog_id":%d}}]`, catalog)).refused("0", edit.CodeChoice, "to_entity_id")
	b.do("POST", path, link(`"many"`)).refused("0", edit.CodeType, "metadata.quantity")
}
