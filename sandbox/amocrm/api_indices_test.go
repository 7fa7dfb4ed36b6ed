package amocrm

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

func TestAPI_listsMayBeObjectsWithIndices(t *testing.T) {
	b := startAPI(t, false)
	lead := b.do("POST", "/leads", fmt.Sprintf(`{"10":{"name":"second"},"2":{"name":"first","_embedded":{
		"tags":{"0":{"name":"a"},"1":{"name":"b"}},"contacts":{"0":{"id":%d},"1":{"id":%d,"is_main":true}},"companies":{"0":{"id":%d}}},
		"custom_fields_values":{"0":{"field_id":%d,"values":{"0":{"value":"A-1"}}},"1":{"field_id":%d,"values":{"1":{"enum_id":%d},"0":{"enum_id":%d}}}}}}`,
		kIvan, kAnna, coWorks, fText, fMulti, enumBlue, enumRed)).want(200)
	first, second := lead.id("_embedded.leads.0.id"), lead.id("_embedded.leads.1.id")
	lead.is("_embedded.leads.0.request_id", "0").is("_embedded.leads.2", nil)
	b.do("GET", fmt.Sprintf("/leads/%d", second), "").want(200).is("name", "second")
	b.do("GET", fmt.Sprintf("/leads/%d?with=contacts", first), "").want(200).is("name", "first").
		is("_embedded.tags.0.name", "a").is("_embedded.tags.1.name", "b").is("_embedded.companies.0.id", coWorks).
		is("_embedded.contacts.1.id", kAnna).is("_embedded.contacts.1.is_main", true).
		is("custom_fields_values.0.values.0.value", "A-1").
		is("custom_fields_values.1.values.0.value", "Red").is("custom_fields_values.1.values.1.value", "Blue")

	b.do("PATCH", fmt.Sprintf("/leads/%d", first), fmt.Sprintf(`{"tags_to_delete":{"0":{"name":"a"}},"tags_to_add":{"3":{"name":"c"}},"custom_fields_values":{"0":{"field_id":%d,"values":{}}}}`, fText)).want(200)
	b.do("GET", fmt.Sprintf("/leads/%d", first), "").is("_embedded.tags.0.name", "b").is("_embedded.tags.1.name", "c").is("custom_fields_values.0.field_id", fMulti)
}

func TestAPI_everyBodyThatIsAListMayBeAnObjectWithIndices(t *testing.T) {
	b := startAPI(t, false)
	b.do("PATCH", "/contacts", fmt.Sprintf(`{"0":{"id":%d,"name":"N"}}`, kLone)).want(200)
	b.do("POST", "/leads/complex", `{"0":{"name":"C","_embedded":{"contacts":{"0":{"name":"c","custom_fields_values":{"0":{"field_code":"PHONE","values":{"0":{"value":"+79990001122"}}}}}}}}}`).want(200).is("0.merged", false)
	b.do("POST", fmt.Sprintf("/leads/%d/notes", lFence), `{"0":{"note_type":"common","params":{"text":"t"}}}`).want(200)
	b.do("POST", "/tasks", `{"0":{"text":"t","complete_till":1900000000}}`).want(200)
	b.do("POST", "/leads/tags", `{"0":{"name":"t"}}`).want(200)
	b.do("POST", fmt.Sprintf("/leads/%d/link", lFence), fmt.Sprintf(`{"0":{"to_entity_id":%d,"to_entity_type":"contacts"}}`, kLone)).want(200)
	b.do("POST", "/leads/custom_fields", `{"0":{"name":"s","type":"select","enums":{"1":{"value":"b"},"0":{"value":"a"}}}}`).want(201).is("_embedded.custom_fields.0.enums.0.value", "a")
	b.do("POST", "/leads/pipelines", `{"0":{"name":"P","is_main":false,"is_unsorted_on":true,"sort":20,"_embedded":{"statuses":{"0":{"name":"One","sort":10}}}}}`).want(200).is("_embedded.pipelines.0._embedded.statuses.1.name", "One")
	b.do("POST", "/webhooks", `{"destination":"https://example.com/a","settings":{"0":"add_lead","1":"status_lead"}}`).want(201).is("settings", []any{"add_lead", "status_lead"})
}

func TestAPI_objectsWithOtherKeysAreNoLists(t *testing.T) {
	b := startAPI(t, false)
	for _, body := range []string{`{"name":"x"}`, `{"0":{"name":"x"},"name":"y"}`, `{"-1":{"name":"x"}}`, `{"01":{"name":"x"}}`, `{"1.0":{"name":"x"}}`} {
		b.do("POST", "/leads", body).want(400).is("detail", "Invalid request body")
	}
	b.do("POST", "/leads", `{}`).want(400).is("detail", "Request data blank")
	b.do("POST", "/leads", `[{"custom_fields_values":{"field_id":701}}]`).refused("0", edit.CodeType, "custom_fields_values")
	b.do("POST", "/leads/complex", fmt.Sprintf(`[{"custom_fields_values":{%s}}]`, manyValues(41))).refused("0", edit.CodeNotExpected, "custom_fields_values.40")
}

func manyValues(n int) string {
	out := ""
	for i := range n {
		out += fmt.Sprintf(`,"%d":{"field_id":%d,"values":{"0":{"value":"x"}}}`, i, fText)
	}
	return out[1:]
}
