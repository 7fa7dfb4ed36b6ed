package amocrm

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func TestAPI_linksTieAndUntie(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/leads/%d", lFence)
	b.do("POST", path+"/link", fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"contacts","metadata":{"is_main":true}}]`, kLone)).want(200).
		is("_embedded.links.0.metadata", obj{"main_contact": true}).is("_embedded.links.0.entity_type", "leads")
	b.do("GET", path+"/links", "").want(200).is("_total_items", 4).is("_embedded.links.0.metadata.main_contact", false).
		is("_embedded.links.2.to_entity_id", kLone).is("_embedded.links.3", obj{"to_entity_id": coWorks, "to_entity_type": "companies", "metadata": nil})
	b.do("GET", fmt.Sprintf("/contacts/%d?with=leads", kLone), "").is("_embedded.leads.0.id", lFence)
	b.do("POST", path+"/unlink", fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"contacts"},{"to_entity_id":%d,"to_entity_type":"companies"}]`, kLone, coWorks)).want(204)
	b.do("GET", path+"?with=contacts", "").is("_embedded.contacts.0.is_main", true).is("_embedded.contacts.2", nil).is("_embedded.companies", []any{})
	if types := b.feed("lead", lFence); types[0] != "entity_unlinked" || !slices.Contains(types, "entity_linked") {
		t.Errorf("feed is %v", types)
	}
	b.do("POST", path+"/link", `[{"to_entity_id":9,"to_entity_type":"contacts"}]`).refused("0", edit.CodeChoice, "to_entity_id")
	b.do("POST", path+"/link", `[{"to_entity_id":3002,"to_entity_type":"leads"}]`).refused("0", edit.CodeChoice, "to_entity_type")
	b.do("POST", "/leads/9/link", `[{"to_entity_id":2001,"to_entity_type":"contacts"}]`).want(404)
	b.do("POST", fmt.Sprintf("/contacts/%d/link", kLone), fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"companies"}]`, coWorks)).want(200).is("_embedded.links.0.metadata", nil)
	b.do("GET", fmt.Sprintf("/companies/%d?with=contacts,leads", coWorks), "").is("_embedded.contacts.1.id", kLone).is("_embedded.leads", []any{})
}

func TestAPI_notesOfEveryWritableType(t *testing.T) {
	b := startAPI(t, false)
	for typ, params := range example(t, "notes-params-by-type").(map[string]any) {
		body := []byte(fmt.Sprintf(`[{"entity_id":%d,"note_type":%q,"params":%s,"request_id":"r"}]`, lRoof, typ, rawOf(t, params)))
		id := b.do("POST", "/leads/notes", string(body)).want(200).is("_embedded.notes.0.request_id", "r").id("_embedded.notes.0.id")
		b.do("GET", fmt.Sprintf("/leads/notes/%d", id), "").want(200).is("note_type", typ).is("params", params).is("entity_id", lRoof)
	}
	b.do("POST", "/leads/notes", `[{"entity_id":3001,"note_type":"site_visit","params":{"text":"x"}}]`).refused("0", edit.CodeChoice, "note_type")
	b.do("POST", "/leads/notes", `[{"note_type":"common","params":{"text":"x"}}]`).refused("0", edit.CodeMissing, "entity_id")
	b.do("POST", "/leads/notes", `[{"entity_id":9,"note_type":"common","params":{"text":"x"}}]`).refused("0", edit.CodeChoice, "entity_id")
	b.do("POST", "/contacts/3001/notes", `[{"note_type":"common","params":{"text":"x"}}]`).refused("0", edit.CodeChoice, "entity_id")
	id := b.do("POST", fmt.Sprintf("/contacts/%d/notes", kIvan), `[{"note_type":"common","params":{"text":"x"}}]`).want(200).id("_embedded.notes.0.id")
	b.do("GET", fmt.Sprintf("/leads/notes/%d", id), "").want(404)
	b.do("PATCH", fmt.Sprintf("/contacts/%d/notes/%d", kIvan, id), `{"params":{"text":"y"}}`).want(200).is("entity_id", kIvan)
	b.do("POST", fmt.Sprintf("/contacts/notes/%d/pin", id), "").want(204)
	b.do("GET", fmt.Sprintf("/contacts/%d/notes?order[id]=desc", kIvan), "").want(200).is("_embedded.notes.0.params.text", "y").is("_embedded.notes.0.is_pinned", true)
	b.do("POST", fmt.Sprintf("/contacts/notes/%d/unpin", id), "").want(204)
	b.do("GET", fmt.Sprintf("/contacts/notes/%d", id), "").is("is_pinned", nil)
}

func rawOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAPI_tasksAreMadeAndCompleted(t *testing.T) {
	b := startAPI(t, false)
	b.do("POST", "/tasks", `[{"text":"x"}]`).refused("0", edit.CodeMissing, "complete_till")
	b.do("POST", "/tasks", `[{"complete_till":1}]`).refused("0", edit.CodeMissing, "text")
	b.do("POST", "/tasks", `[{"text":"x","complete_till":1900000000,"entity_type":"leads","entity_id":9}]`).refused("0", edit.CodeChoice, "entity_id")
	b.do("POST", "/tasks", `[{"text":"x","complete_till":1900000000,"task_type_id":99}]`).refused("0", edit.CodeChoice, "task_type_id")
	id := b.do("POST", "/tasks", fmt.Sprintf(`[{"text":"x","complete_till":1900000000,"entity_type":"contacts","entity_id":%d}]`, kLone)).want(200).id("_embedded.tasks.0.id")
	path := fmt.Sprintf("/tasks/%d", id)
	b.do("GET", path, "").want(200).is("result", []any{}).is("task_type_id", 1).is("is_completed", false).is("responsible_user_id", uAdmin)
	b.do("GET", fmt.Sprintf("/contacts/%d", kLone), "").is("closest_task_at", 1900000000)
	b.do("PATCH", path, `{"is_completed":true,"result":{"text":"ok"}}`).want(200).is("request_id", "0")
	b.do("GET", path, "").is("result", obj{"text": "ok"}).is("is_completed", true)
	b.do("GET", fmt.Sprintf("/contacts/%d", kLone), "").is("closest_task_at", nil)
	types := b.feed("contact", kLone)
	for _, want := range []string{"task_added", "task_completed", "task_result_added"} {
		if !slices.Contains(types, want) {
			t.Errorf("no %s in %v", want, types)
		}
	}
	free := b.do("POST", "/tasks", `[{"text":"alone","complete_till":1900000000}]`).want(200).id("_embedded.tasks.0.id")
	b.do("GET", fmt.Sprintf("/tasks/%d", free), "").is("entity_id", nil).is("entity_type", nil)
	b.do("PATCH", "/tasks", `[{"id":9,"text":"x"}]`).refused("0", edit.CodeChoice, "id")
}

func TestAPI_tasksAreFilteredByBeingDoneInAnyWriting(t *testing.T) {
	b := startAPI(t, false)
	for query, done := range map[string]bool{
		"filter[is_completed]=0": false, "filter[is_completed]=false": false, "filter[is_completed][]=0": false,
		"filter[is_completed]=1": true, "filter[is_completed]=true": true, "filter[is_completed][0]=true": true,
	} {
		if n := len(b.do("GET", "/tasks?"+query, "").want(200).is("_embedded.tasks.0.is_completed", done).ids("tasks")); n != 1 {
			t.Errorf("%s: %d tasks, want 1", query, n)
		}
	}
	b.do("GET", "/tasks?filter[is_completed]=maybe", "").want(204)
}

func TestAPI_tasksAndFieldsAreFilteredAsTheOfficialLibraryDoes(t *testing.T) {
	b := startAPI(t, false)
	mine := b.do("POST", "/tasks", fmt.Sprintf(`[{"text":"x","complete_till":1900000000,"task_type_id":2,"created_by":%d}]`, uPlain)).want(200).id("_embedded.tasks.0.id")
	onFence := b.do("GET", fmt.Sprintf("/tasks?filter[entity_type]=leads&filter[entity_id][0]=%d", lFence), "").want(200).ids("tasks")
	onRoof := b.do("GET", fmt.Sprintf("/tasks?filter[entity_type]=leads&filter[entity_id][0]=%d", lRoof), "").want(200).ids("tasks")
	for query, want := range map[string][]int64{
		"filter[task_type_id]=1":                        onFence,
		"filter[task_type]=1":                           onFence,
		fmt.Sprintf("filter[created_by][0]=%d", uPlain): {mine},
		fmt.Sprintf("filter[lead_statuses][0][status_id]=%d&filter[lead_statuses][0][pipeline_id]=%d", stTalks, pSales):          onFence,
		fmt.Sprintf("filter[lead_statuses][0][status_id]=%d&filter[lead_statuses][0][pipeline_id]=%d", world.StatusLost, pAfter): onRoof,
	} {
		if got := b.do("GET", "/tasks?"+query, "").want(200).ids("tasks"); !slices.Equal(got, want) {
			t.Errorf("%s: tasks %v, want %v", query, got, want)
		}
	}
	query := fmt.Sprintf("/leads/custom_fields?filter[id][0]=%d&filter[id][1]=%d", fDate, fCheck)
	if got := b.do("GET", query, "").want(200).is("_total_items", 2).ids("custom_fields"); !slices.Contains(got, fDate) || !slices.Contains(got, fCheck) {
		t.Errorf("fields %v", got)
	}
}

func TestAPI_unsortedIsAcceptedOrDeclined(t *testing.T) {
	b := startAPI(t, false)
	// The published request, with this account's pipeline and field.
	body := `[{"request_id":"123","source_name":"Form","source_uid":"u","pipeline_id":502,"created_at":1590830520,"_embedded":{
		"leads":[{"name":"Works","visitor_uid":"v","price":5000,"custom_fields_values":[{"field_id":701,"values":[{"value":"x"}]}],"_embedded":{"tags":[{"name":"Tag"}]}}],
		"contacts":[{"name":234,"first_name":"123213","last_name":234,"custom_fields_values":[{"field_code":"PHONE","values":[{"value":"+7999321323"}]}]}],
		"companies":[{"name":"Co"}]},"metadata":{"ip":"192.0.2.1","form_id":"f","form_sent_at":1590830520,"form_name":"n","form_page":"https://example.com","referer":""}}]`
	made := b.do("POST", "/leads/unsorted/forms", body).want(200)
	made.keysLike("unsorted-forms-create-response")
	uid := made.get("_embedded.unsorted.0.uid").(string)
	lead := made.id("_embedded.unsorted.0._embedded.leads.0.id")
	b.do("GET", fmt.Sprintf("/leads/%d", lead), "").is("status_id", stAfterIncoming).is("pipeline_id", pAfter).is("price", 5000).is("_embedded.tags.0.name", "Tag")
	b.do("GET", "/leads/unsorted/"+uid, "").want(200).is("metadata.form_sent_at", 1590830520).is("source_uid", "u")
	b.do("POST", "/leads/unsorted/"+uid+"/accept", `{"user_id":101,"status_id":602}`).refused("0", edit.CodeChoice, "status_id")
	b.do("POST", "/leads/unsorted/"+uid+"/accept", `{"user_id":102,"status_id":621}`).want(200).keysLike("unsorted-accept-response")
	b.do("GET", fmt.Sprintf("/leads/%d", lead), "").is("status_id", stAfterFirst).is("responsible_user_id", uPlain)
	b.do("GET", "/leads/unsorted/"+uid, "").want(404)
	b.do("POST", "/leads/unsorted/"+uid+"/accept", "").want(404)
	rest := b.do("GET", "/leads/unsorted", "").get("_embedded.unsorted.0.uid").(string)
	b.do("DELETE", "/leads/unsorted/"+rest+"/decline", "").want(200).keysLike("unsorted-decline-response")
	b.do("GET", "/leads/unsorted", "").want(204)
	b.do("POST", "/leads/unsorted/sip", `[{"source_name":"x"}]`).refused("0", edit.CodeMissing, "source_uid")
}

func TestAPI_unsortedEndsWhenTheLeadIsMoved(t *testing.T) {
	b := startAPI(t, false)
	b.do("PATCH", fmt.Sprintf("/leads/%d", lBin), `{"status_id":601,"pipeline_id":501}`).want(200)
	b.do("GET", "/leads/unsorted", "").want(204)
}

func TestAPI_webhooksAreUpsertedByDestination(t *testing.T) {
	b := startAPI(t, false)
	b.do("POST", "/webhooks", `{"destination":"nowhere","settings":["add_lead"]}`).want(400).keysLike("error-400-webhook-invalid-url")
	b.do("POST", "/webhooks", `{"destination":"https://example.com/a","settings":["sing"]}`).refused("0", edit.CodeChoice, "settings.0")
	id := b.do("POST", "/webhooks", `{"destination":"https://example.com/a","settings":["add_lead","status_lead"],"sort":10}`).want(201).id("id")
	b.do("POST", "/webhooks", `{"destination":"https://example.com/a","settings":["add_contact"]}`).want(201).is("id", float64(id)).is("settings", []any{"add_contact"}).is("disabled", false)
	b.do("POST", "/webhooks", `{"destination":"https://example.com/b","settings":["add_lead"]}`).want(201)
	b.do("GET", "/webhooks?filter[destination]=https://example.com/b", "").want(200).is("_total_items", 1)
	b.do("DELETE", "/webhooks", `{"destination":"https://example.com/a"}`).want(204)
	b.do("GET", "/webhooks", "").want(200).is("_total_items", 1)
}

func TestAPI_webhooksInCyrillicDomainsAreRefused(t *testing.T) {
	b := startAPI(t, false)
	for _, host := range []string{"пример.рф", "хуки.example.com", "%D0%BF.example.com", "пример.рф:8443"} {
		b.do("POST", "/webhooks", `{"destination":"https://`+host+`/a","settings":["add_lead"]}`).want(400).
			keysLike("error-400-webhook-invalid-url")
	}
	b.do("POST", "/webhooks", `{"destination":"https://xn--e1afmkfd.xn--p1ai/путь?текст=1","settings":["add_lead"]}`).want(201)
}

func TestAPI_callsFindTheirOwner(t *testing.T) {
	b := startAPI(t, false)
	// Anna has two open leads, so the call stays with her; Ivan's one open lead takes his.
	b.do("POST", "/calls", `[{"duration":10,"source":"s","phone":"89997654321","direction":"inbound"}]`).want(200).is("_embedded.calls.0.entity_id", kAnna).is("_embedded.calls.0.entity_type", "contact")
	b.do("POST", "/calls", `[{"duration":10,"source":"s","phone":"79991234567","direction":"outbound"},{"duration":1,"source":"s","phone":"1","direction":"inbound"}]`).want(200).
		is("_embedded.calls.0.entity_id", lFence).is("_total_items", 1).is("errors.0.request_id", "1")
	if types := b.feed("lead", lFence); types[0] != "outgoing_call" {
		t.Errorf("feed is %v", types)
	}
	b.do("POST", "/calls", `[{"phone":"1","direction":"up"}]`).refused("0", edit.CodeChoice, "direction").refused("0", edit.CodeMissing, "duration")
}

func TestAPI_fieldDefinitionsAreMadeChangedAndDeleted(t *testing.T) {
	b := startAPI(t, false)
	b.do("POST", "/leads/custom_fields", `[{"name":"p","type":"multitext"}]`).refused("0", edit.CodeChoice, "type")
	b.do("POST", "/leads/custom_fields", `[{"name":"p","type":"monetary"}]`).refused("0", edit.CodeMissing, "currency")
	b.do("POST", "/leads/custom_fields", `[{"type":"text"}]`).refused("0", edit.CodeMissing, "name")
	b.do("POST", "/leads/custom_fields", `[{"name":"s","type":"text","required_statuses":[{"pipeline_id":501,"status_id":621}]}]`).refused("0", edit.CodeChoice, "required_statuses.0.status_id")
	b.do("GET", fmt.Sprintf("/leads/custom_fields/%d", fSelect), "").want(200).is("required_statuses", []any{obj{"status_id": stTalks, "pipeline_id": pSales}})
	b.do("PATCH", fmt.Sprintf("/leads/custom_fields/%d", fSelect), fmt.Sprintf(`{"name":"Channel","enums":[{"id":%d,"value":"Web"},{"value":"Fair"}]}`, enumWeb)).want(200).
		is("name", "Channel").is("enums.0.id", enumWeb).is("enums.1.value", "Fair").is("enums.2", nil)
	b.do("POST", "/leads", fmt.Sprintf(`[{"custom_fields_values":[{"field_id":%d,"values":[{"value":"Shop"}]}]}]`, fSelect)).refused("0", edit.CodeChoice, "custom_fields_values.0.values.0.value")
	b.do("DELETE", fmt.Sprintf("/leads/custom_fields/%d", fSelect), "").want(204)
	b.do("GET", fmt.Sprintf("/leads/custom_fields/%d", fSelect), "").want(404)
	b.do("GET", fmt.Sprintf("/leads/%d", lFence), "").want(200).is("custom_fields_values", nil)
	phone := b.do("GET", "/contacts/custom_fields?filter[type]=multitext", "").id("_embedded.custom_fields.0.id")
	b.do("DELETE", fmt.Sprintf("/contacts/custom_fields/%d", phone), "").want(400)
}

func TestAPI_stagesAreMadeChangedAndDeleted(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/leads/pipelines/%d", pSales)
	b.do("POST", path+"/statuses", `[{"name":"x","sort":30,"color":"#123456"}]`).refused("0", edit.CodeChoice, "color")
	id := b.do("POST", path+"/statuses", `[{"name":"Mid","sort":25}]`).want(200).id("_embedded.statuses.0.id")
	b.do("GET", path, "").is("_embedded.statuses.2.id", float64(id)).is("_embedded.statuses.5.id", 143)
	b.do("PATCH", fmt.Sprintf("%s/statuses/%d", path, id), `{"name":"Middle"}`).want(200).is("name", "Middle")
	b.do("DELETE", fmt.Sprintf("%s/statuses/%d", path, stTalks), "").want(204)
	b.do("GET", fmt.Sprintf("/leads/%d", lFence), "").is("status_id", stFirst)
	b.do("DELETE", path+"/statuses/142", "").want(400)
	b.do("PATCH", path, `{"name":"Main"}`).want(200).is("name", "Main").is("is_main", true)
	b.do("DELETE", path, "").want(400)
	fresh := b.do("POST", "/leads/pipelines", `[{"name":"P","is_main":true,"is_unsorted_on":true,"sort":20}]`).want(200).id("_embedded.pipelines.0.id")
	b.do("GET", path, "").is("is_main", false)
	b.do("PATCH", path, `{"is_main":true}`).want(200)
	b.do("DELETE", fmt.Sprintf("/leads/pipelines/%d", fresh), "").want(204)
	b.do("GET", fmt.Sprintf("/leads/pipelines/%d", fresh), "").want(404)
}
