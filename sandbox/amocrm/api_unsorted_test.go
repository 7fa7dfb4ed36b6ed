package amocrm

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func TestAPI_unsortedComesWithAContactThatIsThere(t *testing.T) {
	b := startAPI(t, false)
	body := func(contact int) string {
		return fmt.Sprintf(`[{"source_name":"s","source_uid":"u","metadata":{"form_id":"f"},"_embedded":{"contacts":[{"id":%d}],"companies":[{"id":%d}]}}]`, contact, coWorks)
	}
	made := b.do("POST", "/leads/unsorted/forms", body(kLone)).want(200).is("_embedded.unsorted.0._embedded.contacts.0.id", kLone).
		is("_embedded.unsorted.0._embedded.companies.0.id", coWorks)
	b.do("GET", fmt.Sprintf("/leads/%d?with=contacts", made.id("_embedded.unsorted.0._embedded.leads.0.id")), "").is("_embedded.contacts.0.id", kLone)
	b.do("POST", "/leads/unsorted/forms", body(9)).refused("0", edit.CodeChoice, "_embedded.contacts.0.id")
}

func TestAPI_unsortedTakesTheLeadUnderTheOfficialLibrarysName(t *testing.T) {
	b := startAPI(t, false)
	made := b.do("POST", "/leads/unsorted/sip", `[{"source_name":"s","source_uid":"u","request_id":"r","metadata":{"phone":"+79990001122","duration":54,"uniq":"q","link":"https://example.com/r","service_code":"pbx","called_at":1510261200,"from":7,"is_call_event_needed":true},"_embedded":{"lead":{"name":"Call","price":700}}}]`).
		want(200).is("_embedded.unsorted.0.request_id", "r")
	lead := made.id("_embedded.unsorted.0._embedded.leads.0.id")
	b.do("GET", fmt.Sprintf("/leads/%d", lead), "").want(200).is("name", "Call").is("price", 700).is("status_id", stIncoming)
	b.do("POST", "/leads/unsorted/sip", `[{"source_name":"s","source_uid":"u","metadata":{},"_embedded":{"lead":{"price":"x"}}}]`).refused("0", edit.CodeType, "_embedded.lead.price")

	uid := made.get("_embedded.unsorted.0.uid").(string)
	b.do("GET", "/leads/unsorted/"+uid, "").want(200).is("category", "sip").is("metadata", obj{
		"phone": "+79990001122", "duration": 54, "uniq": "q", "link": "https://example.com/r", "service_code": "pbx", "called_at": 1510261200, "from": 7})
	b.do("GET", fmt.Sprintf("/leads/%d/notes", lead), "").want(200).is("_embedded.notes.0.note_type", "call_in").is("_embedded.notes.0.params.duration", 54)
}

// incoming makes an incoming lead by the control route.
func (b *bench) incoming(body string) (uid string, lead, contact int64) {
	b.t.Helper()
	r := b.do("POST", firstHost, "/_sandbox/unsorted", body)
	wantStatus(b.t, r, http.StatusOK)
	m := r.json(b.t)
	return m["uid"].(string), int64(m["lead_id"].(float64)), int64(m["contact_id"].(float64))
}

func TestControl_unsortedOfEveryCategory(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	for category, keys := range edit.UnsortedMetadata {
		uid, lead, contact := b.incoming(`{"category":"` + category + `","name":"Asked","contact_name":"Vera","phone":"+79990001122","email":"v@example.com","text":"Hi"}`)
		got := b.api("GET", "/api/v4/leads/unsorted/"+uid, access, nil).json(t)
		if got["category"] != category || dig(got, "_embedded.leads.0.id") != float64(lead) || dig(got, "_embedded.contacts.0.id") != float64(contact) {
			t.Errorf("%s: %v", category, got)
		}
		meta := got["metadata"].(map[string]any)
		for _, key := range keys {
			if _, there := meta[key]; !there {
				t.Errorf("%s: metadata lack %s: %v", category, key, meta)
			}
		}
		b.clk.add(time.Second)
		if found := b.api("GET", "/api/v4/leads/unsorted?filter[category][]="+category, access, nil).json(t); dig(found, "_embedded.unsorted.0.uid") != uid {
			t.Errorf("%s is not found by its category: %v", category, found)
		}
		b.clk.add(time.Second)
	}
	for body, want := range map[string]string{
		`{}`: "category: accepted is sip, mail, forms, chats", `{"category":"chats","contact_id":9}`: "_embedded.contacts.0.id",
		`{"category":"chats","pipeline_id":9}`: "pipeline_id", `{"category":"chats","who":1}`: "accepted is a JSON object with account, category",
	} {
		if r := b.do("POST", firstHost, "/_sandbox/unsorted", body); r.status != http.StatusBadRequest || !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %d %s, want 400 with %q", body, r.status, r.body, want)
		}
	}
}

func TestAPI_unsortedOfChatsAndMailAreLinkedToALead(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	for _, category := range []string{"chats", "mail"} {
		b.clk.add(time.Minute)
		uid, lead, contact := b.incoming(`{"category":"` + category + `"}`)
		path := "/api/v4/leads/unsorted/" + uid
		r := b.api("POST", path+"/link", access, `{"user_id":102,"link":{"entity_id":301,"entity_type":"leads"}}`)
		wantStatus(t, r, http.StatusOK)
		if got := r.json(t); got["uid"] != uid || dig(got, "_embedded.leads.0.id") != 301.0 {
			t.Errorf("%s: %v", category, got)
		}
		if got := b.api("GET", "/api/v4/leads/301?with=contacts", access, nil).json(t); !strings.Contains(fmt.Sprint(dig(got, "_embedded.contacts")), fmt.Sprint(float64(contact))) {
			t.Errorf("%s: contact %d is not on the lead: %v", category, contact, got)
		}
		wantStatus(t, b.api("GET", path, access, nil), http.StatusNotFound)
		wantStatus(t, b.api("GET", fmt.Sprintf("/api/v4/leads/%d", lead), access, nil), http.StatusNoContent)
	}
	b.clk.add(time.Minute)
	uid, _, contact := b.incoming(`{"category":"chats"}`)
	wantStatus(t, b.api("POST", "/api/v4/leads/unsorted/"+uid+"/link", access, `{"link":{"entity_id":301,"entity_type":"leads","metadata":{"contact_id":201}}}`), http.StatusOK)
	if got := b.api("GET", fmt.Sprintf("/api/v4/contacts/%d?with=leads", contact), access, nil).json(t); len(dig(got, "_embedded.leads").([]any)) != 0 {
		t.Errorf("the named contact stands for the incoming one, which has leads: %v", got)
	}
}

func TestAPI_unsortedIsLinkedOnlyWhenAllIsRight(t *testing.T) {
	b := startAPI(t, false)
	form := b.do("GET", "/leads/unsorted", "").want(200).get("_embedded.unsorted.0.uid").(string)
	good := fmt.Sprintf(`{"link":{"entity_id":%d,"entity_type":"leads"}}`, lFence)
	b.do("POST", "/leads/unsorted/"+form+"/link", good).refused("0", edit.CodeChoice, "category")
	b.do("POST", "/leads/unsorted/none/link", good).want(404)

	var chat *world.Unsorted
	b.s.state.Write(func(w *world.World) {
		made, _ := b.s.editor.Writer(w, w.Accounts[0], uAdmin).AddUnsorted("chats", []obj{{"source_uid": "s", "source_name": "n", "metadata": obj{"from": "x"}, "_embedded": obj{"contacts": []any{obj{"name": "x"}}}}})
		chat = made[0]
	})
	path := "/leads/unsorted/" + chat.UID + "/link"
	for body, want := range map[string][2]string{
		`{"x":1}`:                          {edit.CodeMissing, "link"},
		`{"link":{"entity_type":"leads"}}`: {edit.CodeMissing, "link.entity_id"},
		`{"link":{"entity_id":9,"entity_type":"leads"}}`:                                                   {edit.CodeChoice, "link.entity_id"},
		fmt.Sprintf(`{"link":{"entity_id":%d,"entity_type":"leads"}}`, chat.LeadID):                        {edit.CodeChoice, "link.entity_id"},
		fmt.Sprintf(`{"link":{"entity_id":%d,"entity_type":"customers"}}`, lFence):                         {edit.CodeChoice, "link.entity_type"},
		fmt.Sprintf(`{"link":{"entity_id":%d}}`, lFence):                                                   {edit.CodeMissing, "link.entity_type"},
		fmt.Sprintf(`{"link":{"entity_id":%d,"entity_type":"leads","metadata":{"contact_id":9}}}`, lFence): {edit.CodeChoice, "link.metadata.contact_id"},
		fmt.Sprintf(`{"user_id":%d,"link":{"entity_id":%d,"entity_type":"leads"}}`, uGone, lFence):         {edit.CodeChoice, "user_id"},
	} {
		b.do("POST", path, body).refused("0", want[0], want[1])
	}
	b.do("GET", "/leads/unsorted/"+chat.UID, "").want(200)
}

func TestAPI_summaryCountsWhatBecameOfUnsorted(t *testing.T) {
	b := startAPI(t, false)
	form := func(pipeline int) (uid string, lead int64) {
		made := b.do("POST", "/leads/unsorted/forms", fmt.Sprintf(`[{"source_name":"s","source_uid":"u","pipeline_id":%d,"metadata":{"form_id":"f"}}]`, pipeline)).want(200)
		return made.get("_embedded.unsorted.0.uid").(string), made.id("_embedded.unsorted.0._embedded.leads.0.id")
	}
	accepted, _ := form(pSales)
	declined, _ := form(pSales)
	_, moved := form(pSales)
	_, waiting := form(pAfter)
	b.wait(10 * time.Second)
	b.do("POST", "/leads/unsorted/"+accepted+"/accept", "").want(200)
	b.wait(10 * time.Second)
	b.do("DELETE", "/leads/unsorted/"+declined+"/decline", fmt.Sprintf(`{"user_id":%d}`, uPlain)).want(200)
	b.wait(10 * time.Second)
	b.do("PATCH", fmt.Sprintf("/leads/%d", moved), fmt.Sprintf(`{"status_id":%d,"pipeline_id":%d}`, stFirst, pSales)).want(200)

	b.do("GET", "/leads/unsorted/summary", "").want(200).is("total", 2).is("accepted", 2).is("declined", 1).is("average_sort_time", 20).is("categories.forms.total", 2).is("categories.chats.total", 0)
	b.do("GET", "/leads/unsorted/summary?filter[pipeline_id]=502", "").want(200).is("total", 1).is("accepted", 0).is("declined", 0).is("average_sort_time", 0)
	b.do("GET", "/leads/unsorted/summary?filter[uid]="+declined, "").want(200).is("total", 0).is("accepted", 0).is("declined", 1)
	b.do("GET", "/leads/unsorted/summary?filter[created_at][to]=1", "").want(200).is("total", 0).is("accepted", 0)
	b.do("GET", "/events?filter[type]=lead_deleted", "").want(200).is("_embedded.events.0.created_by", uPlain)
	b.do("GET", fmt.Sprintf("/leads/%d", waiting), "").is("status_id", stAfterIncoming)
	b.do("DELETE", "/leads/unsorted/"+accepted+"/decline", "").want(404)
}
