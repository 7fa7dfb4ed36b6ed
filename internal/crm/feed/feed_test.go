package feed

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func notesJSON(t *testing.T, body string) []amocrm.Note {
	t.Helper()
	var out []amocrm.Note
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func eventsJSON(t *testing.T, body string) []amocrm.Event {
	t.Helper()
	var out []amocrm.Event
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMergeFeed_newestFirstWithoutAnnouncements(t *testing.T) {
	notes := notesJSON(t, `[{"id":1,"created_by":501,"created_at":200,"note_type":"common","params":{"text":"hello"}},
		{"id":2,"created_by":0,"created_at":100,"note_type":"call_in","params":{"phone":"+79995550123","duration":"61","link":"https://example.com/rec"}}]`)
	events := eventsJSON(t, `[
		{"id":"e1","type":"common_note_added","created_by":501,"created_at":200,"value_after":[{"note":{"id":1}}],"value_before":[]},
		{"id":"e2","type":"incoming_call","created_by":0,"created_at":100,"value_after":[{"note":{"id":2}}],"value_before":[]},
		{"id":"e3","type":"common_note_added","created_by":599,"created_at":50,"value_after":[{"note":{"id":77}}],"value_before":[]},
		{"id":"e4","type":"lead_added","created_by":501,"created_at":300,"value_after":[{"note":{"id":1}}],"value_before":[]}]`)
	got := mergeItems(feedItems(crmtest.Base, crmtest.Meta(t), notes, events))
	want := []Item{
		{ID: "event-e4", Kind: KindCreated, Key: "feed.created", Author: "Irina Agent", At: time.Unix(300, 0).UTC()},
		{ID: "note-1", Kind: KindComment, Text: "hello", Author: "Irina Agent", At: time.Unix(200, 0).UTC()},
		{ID: "note-2", Kind: KindCall, Key: "feed.call_in", At: time.Unix(100, 0).UTC(), Duration: 61, Link: "https://example.com/rec",
			Args: map[string]any{"phone": "+79995550123", "source": "", "duration": 61.0}},
		{ID: "event-e3", Kind: KindComment, Key: "feed.note_added", Author: "#599", At: time.Unix(50, 0).UTC()},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestNoteItem_everyType(t *testing.T) {
	for _, c := range []struct {
		name, note string
		want       Item
	}{
		{"sms", `{"note_type":"sms_out","params":{"text":"hi","phone":"+79995550123"}}`,
			Item{Kind: KindSMS, Key: "feed.sms_out", Text: "hi", Args: map[string]any{"phone": "+79995550123"}}},
		{"incoming mail", `{"note_type":"amomail_message","params":{"income":true,"subject":"Order","from":{"email":"a@example.com","name":"Anna"},"to":[{"email":"b@example.com"}],"content_summary":"When?"}}`,
			Item{Kind: KindMail, Key: "feed.mail_in", Text: "When?", Args: map[string]any{"subject": "Order", "from": "Anna", "to": "b@example.com"}}},
		{"outgoing mail with plain addresses", `{"note_type":"amomail_message","params":{"income":"0","subject":"Re","from":"b@example.com"}}`,
			Item{Kind: KindMail, Key: "feed.mail_out", Args: map[string]any{"subject": "Re", "from": "b@example.com", "to": ""}}},
		{"service", `{"note_type":"extended_service_message","params":{"service":"Helpdesk","text":"log"}}`,
			Item{Kind: KindService, Key: "feed.service", Text: "log", Args: map[string]any{"service": "Helpdesk"}}},
		{"cashier", `{"note_type":"message_cashier","params":{"status":"created","text":"pay"}}`,
			Item{Kind: KindService, Key: "feed.cashier", Text: "pay", Args: map[string]any{"status": "created"}}},
		{"place", `{"note_type":"geolocation","params":{"text":"here","address":"Example street 1"}}`,
			Item{Kind: KindOther, Key: "feed.geolocation", Text: "here", Args: map[string]any{"address": "Example street 1"}}},
		{"file", `{"note_type":"attachment","params":{"file_name":"lamp.png"}}`,
			Item{Kind: KindOther, Key: "feed.attachment", Args: map[string]any{"name": "lamp.png"}}},
		{"a recording at a bad address is no link", `{"note_type":"call_out","params":{"link":"javascript:alert(1)","call_result":"busy"}}`,
			Item{Kind: KindCall, Key: "feed.call_out", Text: "busy", Args: map[string]any{"phone": "", "source": "", "duration": 0.0}}},
		{"unknown type", `{"note_type":"ai_result","params":{"text":"summary"}}`,
			Item{Kind: KindOther, Key: "feed.note", Text: "summary", Args: map[string]any{"type": "ai result"}}},
		{"params are a list", `{"note_type":"common","params":[]}`, Item{Kind: KindComment}},
		{"no params", `{"note_type":"common","params":null}`, Item{Kind: KindComment}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := noteItem(crmtest.Meta(t), notesJSON(t, "["+c.note+"]")[0])
			got.ID = ""
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEventItem_sentences(t *testing.T) {
	for _, c := range []struct {
		name, event string
		want        Item
	}{
		{"stage", `{"type":"lead_status_changed","value_before":[{"lead_status":{"id":311,"pipeline_id":31}}],"value_after":[{"lead_status":{"id":312,"pipeline_id":31}}]}`,
			Item{Kind: KindStatus, Key: "feed.status_changed", Args: map[string]any{"from": "First contact", "to": "Talks"}}},
		{"stage that is gone, object instead of list", `{"type":"lead_status_changed","value_before":{"lead_status":{"id":"399","pipeline_id":"31"}},"value_after":[{"lead_status":{"id":142,"pipeline_id":31}}]}`,
			Item{Kind: KindStatus, Key: "feed.status_changed", Args: map[string]any{"from": "#399", "to": "Won"}}},
		{"pipeline", `{"type":"lead_status_changed","value_before":[{"lead_status":{"id":311,"pipeline_id":31}}],"value_after":[{"lead_status":{"id":321,"pipeline_id":32}}]}`,
			Item{Kind: KindStatus, Key: "feed.pipeline_changed", Args: map[string]any{"from": "First contact", "to": "In the workshop", "from_pipeline": "Sales", "to_pipeline": "Repairs"}}},
		{"stage without before", `{"type":"lead_status_changed","value_before":null,"value_after":[{"lead_status":{"id":311,"pipeline_id":31}}]}`,
			Item{Kind: KindStatus, Key: "feed.status_changed", Args: map[string]any{"from": "", "to": "First contact"}}},
		{"responsible", `{"type":"entity_responsible_changed","value_before":[{"responsible_user":{"id":501}}],"value_after":[{"responsible_user":{"id":599}}]}`,
			Item{Kind: KindResponsible, Key: "feed.responsible_changed", Args: map[string]any{"from": "Irina Agent", "to": "#599"}}},
		{"price", `{"type":"sale_field_changed","value_before":[{"sale_field_value":{"sale":0}}],"value_after":{"sale_field_value":{"sale":"1500"}}}`,
			Item{Kind: KindPrice, Key: "feed.price_changed", Args: map[string]any{"from": 0.0, "to": 1500.0, "currency": "RUB"}}},
		{"name", `{"type":"name_field_changed","value_before":[{"name_field_value":{"name":"A"}}],"value_after":[{"name_field_value":{"name":"B"}}]}`,
			Item{Kind: KindName, Key: "feed.name_changed", Args: map[string]any{"from": "A", "to": "B"}}},
		{"field changed", `{"type":"custom_field_value_changed","value_before":[{"custom_field_value":{"field_id":901,"text":"Lamp"}}],"value_after":[{"custom_field_value":{"field_id":901,"text":"Chair"}}]}`,
			Item{Kind: KindField, Key: "feed.field_changed", Args: map[string]any{"field": "Product", "from": "Lamp", "to": "Chair"}}},
		{"field set", `{"type":"custom_field_901_value_changed","value_before":[],"value_after":[{"custom_field_value":{"text":"Lamp"}},{"custom_field_value":{"text":"Chair"}}]}`,
			Item{Kind: KindField, Key: "feed.field_set", Args: map[string]any{"field": "Product", "from": "", "to": "Lamp, Chair"}}},
		{"field that is gone cleared", `{"type":"custom_field_999_value_changed","value_before":[{"custom_field_value":{"field_id":999,"text":"x"}}],"value_after":[]}`,
			Item{Kind: KindField, Key: "feed.field_cleared", Args: map[string]any{"field": "#999", "from": "x", "to": ""}}},
		{"tags", `{"type":"entity_tag_added","value_before":[],"value_after":[{"tag":{"name":"a"}},{"tag":{"name":"b"}}]}`,
			Item{Kind: KindTag, Key: "feed.tag_added", Args: map[string]any{"tags": "a, b"}}},
		{"tag removed", `{"type":"entity_tag_deleted","value_before":[{"tag":{"name":"a"}}],"value_after":[]}`,
			Item{Kind: KindTag, Key: "feed.tag_deleted", Args: map[string]any{"tags": "a"}}},
		{"task", `{"type":"task_completed","value_before":[],"value_after":[]}`, Item{Kind: KindTask, Key: "feed.task_completed"}},
		{"task due", `{"type":"task_deadline_changed","value_before":[{"task_deadline":{"timestamp":100}}],"value_after":[{"task_deadline":{"timestamp":200}}]}`,
			Item{Kind: KindTask, Key: "feed.task_deadline_changed", Args: map[string]any{"from_at": 100.0, "to_at": 200.0}}},
		{"contact linked", `{"type":"entity_linked","value_before":[],"value_after":[{"link":{"entity":{"type":"contact","id":11}}}]}`,
			Item{Kind: KindLink, Key: "feed.linked", Args: map[string]any{"entity": "contact", "id": "11"}, Link: crmtest.Base + "/contacts/detail/11"}},
		{"company unlinked", `{"type":"company_unlinked","value_before":[{"link":{"entity":{"type":"company","id":44}}}],"value_after":[]}`,
			Item{Kind: KindLink, Key: "feed.unlinked", Args: map[string]any{"entity": "company", "id": "44"}, Link: crmtest.Base + "/companies/detail/44"}},
		{"rating", `{"type":"nps_rate_added","value_after":[{"nps":{"rate":7}}]}`,
			Item{Kind: KindOther, Key: "feed.nps_rate_added", Args: map[string]any{"rate": 7.0}}},
		{"chat", `{"type":"incoming_chat_message","value_after":[{"message":{"id":"uuid"}}]}`,
			Item{Kind: KindOther, Key: "feed.incoming_chat_message"}},
		{"unknown", `{"type":"moon_phase_changed","value_after":"full","value_before":7}`,
			Item{Kind: KindOther, Key: "feed.other", Args: map[string]any{"type": "moon phase changed"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := eventItem(crmtest.Base, crmtest.Meta(t), eventsJSON(t, "["+c.event+"]")[0], nil)
			got.ID = ""
			if d := cmp.Diff(c.want, got); d != "" || !ok {
				t.Errorf("shown %v\n%s", ok, d)
			}
		})
	}
}

func TestEventItem_announcementsOfNotesThatAreNotShown(t *testing.T) {
	for kind, want := range map[string]Item{
		"incoming_call":         {Kind: KindCall, Key: "feed.call_in"},
		"outgoing_call":         {Kind: KindCall, Key: "feed.call_out"},
		"incoming_sms":          {Kind: KindSMS, Key: "feed.sms_in"},
		"outgoing_sms":          {Kind: KindSMS, Key: "feed.sms_out"},
		"task_result_added":     {Kind: KindTask, Key: "feed.task_result_added"},
		"link_followed":         {Kind: KindOther, Key: "feed.link_followed"},
		"service_note_added":    {Kind: KindService, Key: "feed.note_added"},
		"site_visit_note_added": {Kind: KindOther, Key: "feed.note_added"},
	} {
		e := eventsJSON(t, `[{"type":"`+kind+`","value_after":[{"note":{"id":77}}]}]`)[0]
		got, ok := eventItem(crmtest.Base, crmtest.Meta(t), e, map[int64]bool{1: true})
		got.ID = ""
		if d := cmp.Diff(want, got); d != "" || !ok {
			t.Errorf("%s: shown %v\n%s", kind, ok, d)
		}
		if _, ok := eventItem(crmtest.Base, crmtest.Meta(t), e, map[int64]bool{77: true}); ok {
			t.Errorf("%s is shown beside its note", kind)
		}
	}
}

func TestFeedItem_survivesTheCache(t *testing.T) {
	items := mergeItems(feedItems(crmtest.Base, crmtest.Meta(t), nil, eventsJSON(t, `[
		{"id":"e1","type":"sale_field_changed","created_at":9,"value_before":[],"value_after":[{"sale_field_value":{"sale":5}}]},
		{"id":"e2","type":"task_deadline_changed","created_at":8,"value_before":[],"value_after":[{"task_deadline":{"timestamp":200}}]}]`)))
	body, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	var back []Item
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(items, back); d != "" {
		t.Error(d)
	}
}
