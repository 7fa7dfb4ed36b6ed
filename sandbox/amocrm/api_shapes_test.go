package amocrm

import (
	"fmt"
	"testing"
)

// Keys that real accounts send and the published account sample lacks (amocrm.md §2).
var newerAccountKeys = []string{"created_at", "created_by", "updated_at", "updated_by", "currency", "currency_symbol", "mobile_feature_version", "language"}

func TestAPI_readsHaveThePublishedKeys(t *testing.T) {
	b := startAPI(t, true)
	all := "?with=catalog_elements,is_price_modified_by_robot,loss_reason,contacts,source,leads,customers"
	enumName := []string{"custom_fields_values.*.values.*.enum", "custom_fields_values.*.values.*.enum_code"}
	with := "?with=amojo_id,amojo_rights,users_groups,task_types,version,entity_names,datetime_settings,drive_url,is_api_filter_enabled"
	noDescription := []string{"_embedded.statuses.*.descriptions"}
	note := b.do("GET", "/leads/notes", "").id("_embedded.notes.0.id")
	done := b.do("GET", "/tasks?filter[is_completed]=1", "").id("_embedded.tasks.0.id")
	b.do("PATCH", fmt.Sprintf("/tasks/%d", done), `{"result":{"text":"ok"}}`)
	event := b.do("GET", "/events?filter[type]=lead_added", "").want(200).get("_embedded.events.0.id")
	phone := b.do("GET", "/contacts/custom_fields?filter[type]=multitext", "").id("_embedded.custom_fields.0.id")
	unsorted := b.do("GET", "/leads/unsorted", "").get("_embedded.unsorted.0.uid")

	for _, c := range []struct {
		path, file string
		except     []string
	}{
		{"/account" + with, "account", append(newerAccountKeys, "_embedded.datetime_settings.date_format")},
		{fmt.Sprintf("/contacts/%d%s", kIvan, all), "contact-by-id-with-all", append(enumName, "is_deleted", "is_unsorted")},
		{fmt.Sprintf("/companies/%d", coWorks), "company-by-id", []string{"is_deleted"}},
		{fmt.Sprintf("/leads/%d%s", lRoof, all), "lead-by-id-with-all", []string{"labor_cost"}},
		{"/contacts?limit=2&page=1", "contacts-list", []string{"_embedded.contacts.*.is_deleted", "_embedded.contacts.*.is_unsorted"}},
		{"/companies", "companies-list", []string{"_links.next", "_embedded.companies.*.is_deleted"}},
		{"/leads?limit=1&page=2", "leads-list", []string{"_embedded.leads.*.labor_cost"}},
		{"/users?with=role,group", "users-list", []string{"_embedded.users.*._embedded.groups.*.uuid"}},
		{fmt.Sprintf("/users/%d", uAdmin), "user-by-id", nil},
		{"/leads/pipelines", "pipelines-list", nil},
		{fmt.Sprintf("/leads/pipelines/%d", pSales), "pipeline-by-id", nil},
		{fmt.Sprintf("/leads/pipelines/%d/statuses?with=descriptions", pSales), "pipeline-statuses-list", nil},
		{fmt.Sprintf("/leads/pipelines/%d/statuses", pSales), "pipeline-statuses-list", noDescription},
		{fmt.Sprintf("/leads/pipelines/%d/statuses/%d?with=descriptions", pSales, stFirst), "pipeline-status-by-id", nil},
		{fmt.Sprintf("/contacts/custom_fields/%d", phone), "custom-field-phone-by-id", nil},
		{fmt.Sprintf("/leads/custom_fields/%d", fSelect), "custom-field-select-full-kommo", nil},
		{"/leads/custom_fields/groups", "custom-field-groups-list", []string{"_embedded.custom_field_groups.*.fields"}},
		{"/leads/notes?limit=1", "notes-list", []string{"_links.next"}},
		{fmt.Sprintf("/leads/%d/notes", lFence), "notes-list-by-entity", []string{"_links.next"}},
		{fmt.Sprintf("/leads/notes/%d", note), "note-by-id", nil},
		{fmt.Sprintf("/leads/%d/notes/%d", lFence, note), "note-by-id", nil},
		{"/events?limit=1", "events-list", []string{"_embedded.events.*.value_after.*.note", "_embedded.events.*.value_after.*.lead_status"}},
		{fmt.Sprintf("/events/%s", event), "event-by-id", nil},
		{"/events/types", "events-types-response-excerpt", nil},
		{"/tasks?limit=1", "tasks-list", nil},
		{fmt.Sprintf("/tasks/%d", done), "task-by-id-with-result", nil},
		{"/leads/tags", "tags-list", []string{"_links.next"}},
		{fmt.Sprintf("/leads/%d/links?filter[to_entity_type]=contacts", lFence), "links-list", []string{"_embedded.links.*.metadata"}},
		{fmt.Sprintf("/leads/links?filter[entity_id][]=%d&filter[to_entity_type]=contacts", lFence), "links-mass-list", []string{"_embedded.links.*.metadata"}},
		{"/leads/unsorted", "unsorted-list", []string{"_embedded.unsorted.*.metadata"}},
		{fmt.Sprintf("/leads/unsorted/%s", unsorted), "unsorted-form-by-uid", []string{"metadata"}},
		{"/leads/unsorted/summary", "unsorted-summary", nil},
	} {
		b.do("GET", c.path, "").want(200).keysLike(c.file, c.except...)
	}
	b.do("GET", "/leads/loss_reasons", "").want(200).is("_embedded.loss_reasons.0.name", "Too expensive")
	b.do("GET", "/leads/custom_fields", "").want(200).is("_embedded.custom_fields.0.code", "ORDER").is("_total_items", 8)
}

func TestAPI_writesAnswerWithThePublishedKeys(t *testing.T) {
	b := startAPI(t, false)
	made := b.do("POST", "/contacts", `[{"first_name":"Пётр","last_name":"Смирнов"},{"name":"V","tags_to_add":[{"name":"t"}]}]`).want(200)
	made.keysLike("contacts-create-response")
	made.is("_embedded.contacts.0.request_id", "0").is("_embedded.contacts.1.request_id", "1")
	id := made.id("_embedded.contacts.0.id")
	b.do("GET", fmt.Sprintf("/contacts/%d", id), "").want(200).is("name", "Пётр Смирнов").is("custom_fields_values", nil)
	b.do("PATCH", "/contacts", fmt.Sprintf(`[{"id":%d,"name":"N"}]`, id)).want(200).keysLike("contacts-update-response")
	b.do("POST", "/companies", `[{"name":"Co","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"+79990000000","enum_code":"WORK"}]}]}]`).want(200).keysLike("companies-create-response")
	b.do("PATCH", "/companies", fmt.Sprintf(`[{"id":%d,"name":"N"}]`, coWorks)).want(200).keysLike("companies-update-response")
	b.do("POST", "/leads", `[{"name":"A","price":20000},{"name":"B"}]`).want(200).keysLike("leads-create-response")
	b.do("PATCH", "/leads", fmt.Sprintf(`[{"id":%d,"price":1},{"id":%d,"price":2}]`, lFence, lRoof)).want(200).keysLike("leads-update-response")
	b.do("PATCH", fmt.Sprintf("/leads/%d", lFence), `{"_embedded":{"tags":null}}`).want(200).keysLike("lead-update-one-response-single")
	b.do("POST", "/leads/complex", `[{"name":"C"}]`).want(200).keysLike("leads-complex-response")

	note := b.do("POST", "/leads/notes", fmt.Sprintf(`[{"entity_id":%d,"note_type":"common","params":{"text":"x"}}]`, lFence)).want(200)
	note.keysLike("notes-create-response")
	noteID := note.id("_embedded.notes.0.id")
	b.do("PATCH", "/leads/notes", fmt.Sprintf(`[{"id":%d,"note_type":"sms_in","params":{"text":"y","phone":"+79990000000"}}]`, noteID)).want(200).keysLike("notes-update-response")
	task := b.do("POST", "/tasks", `[{"task_type_id":1,"text":"Call","complete_till":1900000000,"entity_id":3001,"entity_type":"leads","request_id":"example"}]`).want(200)
	task.keysLike("tasks-create-response")
	taskID := task.id("_embedded.tasks.0.id")
	b.do("PATCH", "/tasks", fmt.Sprintf(`[{"id":%d,"text":"Write"}]`, taskID)).want(200).keysLike("tasks-update-response")
	b.do("PATCH", fmt.Sprintf("/tasks/%d", taskID), `{"is_completed":true,"result":{"text":"done"}}`).want(200).keysLike("task-complete-response-single")
	b.do("POST", "/leads/tags", `[{"name":"Tag 1","color":"DDEBB5"}]`).want(200).keysLike("tags-create-response")

	b.do("POST", fmt.Sprintf("/leads/%d/link", lFence), fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"contacts","metadata":{"is_main":true}}]`, kLone)).want(200).
		keysLike("link-response", "_embedded.links.*.metadata")
	b.do("POST", "/leads/link", fmt.Sprintf(`[{"entity_id":%d,"to_entity_id":%d,"to_entity_type":"contacts"}]`, lRoof, kLone)).want(200).
		keysLike("link-mass-response", "_embedded.links.*.metadata")
	b.do("POST", "/webhooks", `{"destination":"https://example.com/hook","settings":["add_lead"],"sort":10}`).want(201).keysLike("webhook-subscribe-response")
	b.do("GET", "/webhooks", "").want(200).keysLike("webhooks-list")
	b.do("POST", "/calls", `[{"duration":10,"source":"s","phone":"89997654321","direction":"inbound","call_status":4}]`).want(200).keysLike("calls-create-response")
	b.do("POST", "/leads/custom_fields", `[{"name":"m","type":"multiselect","sort":510,"enums":[{"value":"v","sort":1}]}]`).want(201).
		keysLike("custom-fields-create-response", fieldKeysOfToday("_embedded.custom_fields.*.")...)
	b.do("POST", "/leads/pipelines", `[{"name":"P","is_main":false,"is_unsorted_on":true,"sort":20,"request_id":"123","_embedded":{"statuses":[{"id":142,"name":"Mine"},{"name":"One","sort":10,"color":"#fffeb2"}]}}]`).want(200).
		keysLike("pipelines-create-response")
	b.do("POST", fmt.Sprintf("/leads/pipelines/%d/statuses", pSales), `[{"name":"New","sort":100,"color":"#fffeb2"}]`).want(200).keysLike("pipeline-statuses-create-response")
}

// fieldKeysOfToday are keys of a definition that the old sample of a create lacks and newer samples have.
func fieldKeysOfToday(prefix string) []string {
	var out []string
	for _, k := range []string{"account_id", "code", "is_deletable", "entity_type", "tracking_callback", "triggers", "currency", "hidden_statuses", "chained_lists"} {
		out = append(out, prefix+k)
	}
	return out
}
