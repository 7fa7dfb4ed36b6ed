package amocrm

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// feed lists the types of an entity's events, newest first.
func (b *apiBench) feed(entity string, id int64) []string {
	b.t.Helper()
	a := b.do("GET", fmt.Sprintf("/events?limit=100&filter[entity]=%s&filter[entity_id]=%d", entity, id), "")
	var out []string
	if a.status == 204 {
		return nil
	}
	for _, e := range a.get("_embedded.events").([]any) {
		out = append(out, dig(e, "type").(string))
	}
	return out
}

func TestAPI_newLeadsHaveDefaults(t *testing.T) {
	b := startAPI(t, false)
	id := b.do("POST", "/leads", `[{"request_id":7}]`).want(200).is("_embedded.leads.0.request_id", "7").id("_embedded.leads.0.id")
	b.do("GET", fmt.Sprintf("/leads/%d", id), "").is("name", fmt.Sprintf("Сделка #%d", id)).is("pipeline_id", pSales).is("status_id", stFirst).
		is("responsible_user_id", uAdmin).is("created_by", uAdmin).is("price", 0).is("loss_reason_id", nil).is("is_deleted", false)
	name := `<script>alert("1")</script> 🐉 & Ко`
	id = b.do("POST", "/leads", `[{"name":"<script>alert(\"1\")</script> 🐉 & Ко","pipeline_id":502,"_embedded":{"contacts":[{"id":2001},{"id":2002,"is_main":true}],"companies":[{"id":2101}]}}]`).want(200).id("_embedded.leads.0.id")
	b.do("GET", fmt.Sprintf("/leads/%d?with=contacts", id), "").is("name", name).is("status_id", stAfterFirst).
		is("_embedded.contacts.0.is_main", false).is("_embedded.contacts.1.is_main", true).is("_embedded.companies.0.id", coWorks)
	b.user = uFree
	id = b.do("POST", "/leads", `[{}]`).want(200).id("_embedded.leads.0.id")
	b.do("GET", fmt.Sprintf("/leads/%d", id), "").is("responsible_user_id", uAdmin).is("created_by", uFree)
}

func TestAPI_leadsMoveCloseAndReopen(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/leads/%d", lFence)
	b.do("PATCH", path, fmt.Sprintf(`{"loss_reason_id":%d}`, lossPrice)).want(400).keysLike("error-400-loss-reason-map", "errors")
	b.do("PATCH", path, fmt.Sprintf(`{"loss_reason_id":%d}`, lossPrice)).is("errors.3001", "Loss reason can be specified only for lost lead")
	b.do("PATCH", path, fmt.Sprintf(`{"status_id":143,"loss_reason_id":%d}`, lossPrice)).want(200)
	b.do("GET", path, "").is("status_id", 143).is("loss_reason_id", lossPrice).is("closed_at", float64(b.clock().Unix())).is("pipeline_id", pSales)
	b.do("PATCH", path, `{"pipeline_id":502}`).want(200)
	b.do("GET", path, "").is("status_id", 143).is("pipeline_id", pAfter)
	b.do("PATCH", path, `{"pipeline_id":501,"status_id":601}`).want(200)
	b.do("GET", path, "").is("closed_at", nil).is("loss_reason_id", nil).is("status_id", stFirst)
	b.do("PATCH", path, `{"pipeline_id":502}`).want(200)
	b.do("GET", path, "").is("status_id", stAfterFirst)
	b.do("PATCH", path, `{"status_id":602}`).refused("0", edit.CodeChoice, "status_id")
	b.do("PATCH", path, `{"status_id":142,"closed_at":1589297221,"updated_at":1589297222}`).want(200).is("updated_at", 1589297222)
	b.do("GET", path, "").is("closed_at", 1589297221)
}

func TestAPI_changesAreWrittenIntoTheFeed(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/leads/%d", lFence)
	b.do("PATCH", path, fmt.Sprintf(`{"status_id":601,"price":5,"name":"New","responsible_user_id":%d,"updated_by":%d,"tags_to_add":[{"name":"t"}],
		"custom_fields_values":[{"field_id":%d,"values":[{"enum_id":%d}]},{"field_id":%d,"values":[{"value":"a"}]}]}`, uPlain, uPlain, fSelect, enumShop, fText)).want(200)
	last := func(typ string) answer {
		return b.do("GET", fmt.Sprintf("/events?filter[type]=%s&filter[entity]=lead&filter[entity_id]=%d&limit=1", typ, lFence), "").want(200)
	}
	last("lead_status_changed").is("_embedded.events.0.value_after", []any{obj{"lead_status": obj{"id": stFirst, "pipeline_id": pSales}}}).
		is("_embedded.events.0.value_before", []any{obj{"lead_status": obj{"id": stTalks, "pipeline_id": pSales}}}).is("_embedded.events.0.created_by", uPlain)
	last("sale_field_changed").is("_embedded.events.0.value_after.0.sale_field_value.sale", 5).is("_embedded.events.0.value_before.0.sale_field_value.sale", 1000)
	last("name_field_changed").is("_embedded.events.0.value_after.0.name_field_value.name", "New")
	last("entity_responsible_changed").is("_embedded.events.0.value_after.0.responsible_user.id", uPlain).is("_embedded.events.0.value_before.0.responsible_user.id", uAdmin)
	last("entity_tag_added").is("_embedded.events.0.value_after.0.tag.name", "t")
	last(fmt.Sprintf("custom_field_%d_value_changed", fSelect)).is("_embedded.events.0.value_after.0.custom_field_value", obj{
		"field_id": fSelect, "field_type": 4, "enum_id": enumShop, "text": "Shop"}).is("_embedded.events.0.value_before.0.custom_field_value.text", "Web")
	last(fmt.Sprintf("custom_field_%d_value_changed", fText)).is("_embedded.events.0.value_after.0.custom_field_value.enum_id", nil).is("_embedded.events.0.value_before", []any{})
	if n := len(b.feed("lead", lFence)); n < 9 {
		t.Errorf("only %d events", n)
	}
	before := len(b.feed("lead", lFence))
	b.do("PATCH", path, `{"price":5,"name":"New","status_id":601}`).want(200)
	if n := len(b.feed("lead", lFence)); n != before {
		t.Errorf("a change of nothing made %d events", n-before)
	}
	b.do("POST", path+"/notes", `[{"note_type":"common","params":{"text":"x"},"created_by":0}]`).want(200)
	last("common_note_added").is("_embedded.events.0.created_by", 0)
	b.do("GET", "/events?filter[type]=common_note_added&with=lead_name&limit=1", "").is("_embedded.events.0._embedded.entity.name", "New")
}

func TestAPI_complexMakesContactsAndCompanies(t *testing.T) {
	b := startAPI(t, false)
	a := b.do("POST", "/leads/complex", fmt.Sprintf(`[
		{"name":"One","price":3422,"request_id":"r1","_embedded":{"contacts":[{"first_name":"Ека","request_id":"c1","custom_fields_values":[{"field_code":"PHONE","values":[{"enum_code":"WORK","value":"+79993456789"}]}]}],"companies":[{"name":"Co","request_id":"k1"}]}},
		{"name":"Two","_embedded":{"contacts":[{"id":%d}]}},
		{"name":"Three"},
		{"name":"Four","status_id":601,"pipeline_id":501,"_embedded":{"metadata":{"category":"forms","form_id":123,"form_name":"f","form_page":"https://example.com"},"contacts":[{"first_name":"Евг"}]}}]`, kIvan)).want(200)
	a.is("0.request_id", []any{"r1", "c1", "k1"}).is("0.merged", false).is("1.contact_id", kIvan).is("1.company_id", nil).is("2.contact_id", nil).
		is("1.request_id", []any{"1"})
	lead := a.id("0.id")
	b.do("GET", fmt.Sprintf("/leads/%d?with=contacts", lead), "").is("_embedded.contacts.0.id", float64(a.id("0.contact_id"))).
		is("_embedded.contacts.0.is_main", true).is("_embedded.companies.0.id", float64(a.id("0.company_id"))).is("price", 3422)
	b.do("GET", fmt.Sprintf("/contacts/%d?with=leads", a.id("0.contact_id")), "").is("name", "Ека").is("_embedded.leads.0.id", float64(lead)).
		is("_embedded.companies.0.id", float64(a.id("0.company_id")))
	b.do("GET", fmt.Sprintf("/leads/%d", a.id("3.id")), "").is("status_id", stIncoming)
	b.do("GET", "/leads/unsorted?filter[category][]=forms&order[created_at]=desc", "").want(200).is("_embedded.unsorted.0._embedded.leads.0.id", float64(a.id("3.id")))
	b.do("POST", "/leads/complex", `[{"_embedded":{"contacts":[{"name":"a"},{"name":"b"}]}}]`).want(400)
	b.do("POST", "/leads/complex", fmt.Sprintf(`[{"loss_reason_id":%d}]`, lossPrice)).want(400).is("errors.0", "Loss reason can be specified only for lost lead")
}

func TestAPI_tagsAreAddedReplacedAndRemoved(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/leads/%d", lRoof)
	b.do("PATCH", path, `{"tags_to_add":[{"name":"cold"},{"name":"hot"}],"tags_to_delete":[{"name":"none"}]}`).want(200)
	b.do("GET", path, "").is("_embedded.tags.0.name", "hot").is("_embedded.tags.1.name", "cold").is("_embedded.tags.2", nil)
	b.do("PATCH", path, `{"tags_to_delete":[{"name":"hot"}]}`).want(200)
	b.do("GET", path, "").is("_embedded.tags.0.name", "cold").is("_embedded.tags.1", nil)
	b.do("PATCH", path, `{"_embedded":{"tags":[{"name":"only"}]}}`).want(200)
	b.do("GET", path, "").is("_embedded.tags.0.name", "only").is("_embedded.tags.1", nil)
	b.do("PATCH", path, `{"_embedded":{"tags":null}}`).want(200)
	b.do("GET", path, "").is("_embedded.tags", []any{})
	first := b.do("POST", "/leads/tags", `[{"name":"same","color":"DDEBB5"}]`).want(200).id("_embedded.tags.0.id")
	if again := b.do("POST", "/leads/tags", `[{"name":"same"}]`).want(200).id("_embedded.tags.0.id"); again != first {
		t.Errorf("a second tag %d for the name of %d", again, first)
	}
	b.do("GET", "/leads/tags?filter[name]=none", "").want(204)
	b.do("GET", "/contacts/tags", "").want(200).is("_embedded.tags.0.name", "vip").is("_embedded.tags.0.color", nil)
}

func TestAPI_seededPeopleHaveAFeed(t *testing.T) {
	b := startAPI(t, false)
	for id, want := range map[int64]string{lFence: "common_note_added", lRoof: "lead_status_changed", lBin: "lead_added"} {
		found := false
		for _, typ := range b.feed("lead", id) {
			found = found || typ == want
		}
		if !found {
			t.Errorf("lead %d has no %s: %v", id, want, b.feed("lead", id))
		}
	}
	b.do("GET", fmt.Sprintf("/leads/%d", lFence), "").is("created_at", float64(b.clock().Unix()-5*3600))
	if types := b.feed("contact", kIvan); len(types) == 0 {
		t.Error("a seeded contact has no events")
	}
}

func TestAPI_centsAreKeptOnlyWhereTheAccountHasThem(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/leads/%d", lFence)
	b.do("PATCH", path, `{"price":1500.75}`).want(200)
	b.do("GET", path, "").is("price", 1500).is("price_with_minor_units", nil)
	b.s.state.Write(func(w *world.World) { w.Accounts[0].Cents = true })
	b.do("PATCH", path, `{"price":1500.75}`).want(200)
	b.do("GET", path, "").is("price", 1500).is("price_with_minor_units", 1500.75)
	b.do("PATCH", path, `{"price":2}`).want(200)
	b.do("GET", path, "").is("price", 2).is("price_with_minor_units", 2)
	e := b.do("GET", fmt.Sprintf("/events?filter[entity]=lead&filter[entity_id]=%d&filter[type]=sale_field_changed", lFence), "").want(200)
	e.is("_embedded.events.0.value_before.0.sale_field_value.sale", 1500.75).is("_embedded.events.0.value_after.0.sale_field_value.sale", 2)
	id := b.do("POST", "/leads", `[{"price":0.1}]`).want(200).id("_embedded.leads.0.id")
	b.do("GET", fmt.Sprintf("/leads/%d", id), "").is("price", 0).is("price_with_minor_units", 0.1)
}
