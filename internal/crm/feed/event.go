package feed

import (
	"cmp"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

// eventItem shows an event (amocrm.md §6.2). false: it only announces a note that is shown already.
func eventItem(base string, m crm.Meta, e amocrm.Event, shown map[int64]bool) (Item, bool) {
	from, to := sideOf(e.Before), sideOf(e.After)
	it := authored(m, "event-"+string(e.ID), e.CreatedBy, e.CreatedAt)
	if note, ok := announces[e.Type]; ok || strings.HasSuffix(e.Type, "_note_added") {
		it.Kind, it.Key = cmp.Or(note.kind, KindOther), cmp.Or(note.key, "feed.note_added")
		return it, !shown[int64(to.first("note").number("id"))]
	}
	switch e.Type {
	case "lead_added":
		it.Kind, it.Key = KindCreated, "feed.created"
	case "lead_status_changed":
		statusChanged(&it, m, from.first("lead_status"), to.first("lead_status"))
	case "entity_responsible_changed":
		it.Kind, it.Key = KindResponsible, "feed.responsible_changed"
		it.Args = both(from, to, func(s side) any { return m.UserName(int64(s.first("responsible_user").number("id"))) })
	case "sale_field_changed":
		it.Kind, it.Key = KindPrice, "feed.price_changed"
		it.Args = both(from, to, func(s side) any { return s.first("sale_field_value").number("sale") })
		it.Args["currency"] = m.Account.Currency
	case "name_field_changed":
		it.Kind, it.Key = KindName, "feed.name_changed"
		it.Args = both(from, to, func(s side) any { return s.first("name_field_value").text("name") })
	case "entity_tag_added", "entity_tag_deleted":
		it.Kind, it.Key = KindTag, "feed.tag_added"
		tags := to
		if e.Type == "entity_tag_deleted" {
			it.Key = "feed.tag_deleted"
			if len(tags) == 0 {
				tags = from
			}
		}
		it.Args = map[string]any{"tags": strings.Join(tags.texts("tag", "name"), ", ")}
	default:
		otherEvent(&it, base, m, e.Type, from, to)
	}
	return it, true
}

// both returns what a sentence says of a value before and after.
func both(from, to side, value func(side) any) map[string]any {
	return map[string]any{"from": value(from), "to": value(to)}
}

// announces are the events that stand for a note, beside all "…_note_added".
var announces = map[string]struct{ kind, key string }{
	"incoming_call": {KindCall, "feed.call_in"}, "outgoing_call": {KindCall, "feed.call_out"},
	"incoming_sms": {KindSMS, "feed.sms_in"}, "outgoing_sms": {KindSMS, "feed.sms_out"},
	"common_note_added": {kind: KindComment}, "service_note_added": {kind: KindService}, "message_to_cashier_note_added": {kind: KindService},
	"task_result_added": {KindTask, "feed.task_result_added"}, "link_followed": {KindOther, "feed.link_followed"},
}

// statusChanged names both stages; a move to another pipeline names the pipelines as well.
func statusChanged(it *Item, m crm.Meta, from, to params) {
	fromPipe, toPipe := int64(from.number("pipeline_id")), int64(to.number("pipeline_id"))
	it.Kind, it.Key = KindStatus, "feed.status_changed"
	it.Args = map[string]any{
		"from": m.StatusName(fromPipe, int64(from.number("id"))),
		"to":   m.StatusName(toPipe, int64(to.number("id"))),
	}
	if from == nil {
		it.Args["from"] = ""
	}
	if fromPipe != toPipe && from != nil {
		it.Key = "feed.pipeline_changed"
		it.Args["from_pipeline"], it.Args["to_pipeline"] = m.PipelineName(fromPipe), m.PipelineName(toPipe)
	}
}

// simpleEvents are told by their key alone.
var simpleEvents = map[string]string{
	"lead_deleted": KindOther, "lead_restored": KindOther, "entity_merged": KindOther, "task_added": KindTask,
	"task_completed": KindTask, "task_deleted": KindTask, "task_type_changed": KindTask, "robot_replied": KindOther,
	"intent_identified": KindOther, "transaction_added": KindOther, "key_action_completed": KindOther,
	"incoming_chat_message": KindOther, "outgoing_chat_message": KindOther, "entity_direct_message": KindOther,
	"common_note_deleted": KindComment,
}

func otherEvent(it *Item, base string, m crm.Meta, kind string, from, to side) {
	field := strings.HasPrefix(kind, "custom_field_") && strings.HasSuffix(kind, "_changed")
	linked, unlinked := strings.HasSuffix(kind, "_linked"), strings.HasSuffix(kind, "_unlinked")
	if simple, ok := simpleEvents[kind]; ok {
		it.Kind, it.Key = simple, "feed."+kind
		return
	}
	switch {
	case field:
		fieldChanged(it, m, kind, from, to)
	case linked || unlinked:
		linkChanged(it, base, unlinked, from, to)
	case kind == "task_text_changed":
		it.Kind, it.Key = KindTask, "feed.task_text_changed"
		it.Args = both(from, to, func(s side) any { return s.first("task").text("text") })
	case kind == "task_deadline_changed":
		it.Kind, it.Key = KindTask, "feed.task_deadline_changed"
		it.Args = map[string]any{
			"from_at": from.first("task_deadline").number("timestamp"),
			"to_at":   to.first("task_deadline").number("timestamp"),
		}
	case kind == "nps_rate_added":
		it.Kind, it.Key = KindOther, "feed.nps_rate_added"
		it.Args = map[string]any{"rate": to.first("nps").number("rate")}
	default:
		it.Kind, it.Key = KindOther, "feed.other"
		it.Args = map[string]any{"type": strings.ReplaceAll(kind, "_", " ")}
	}
}

// fieldChanged tells set, cleared and changed apart. The id stands in the value, or in the event's name.
func fieldChanged(it *Item, m crm.Meta, kind string, from, to side) {
	id := cmp.Or(int64(to.first("custom_field_value").number("field_id")), int64(from.first("custom_field_value").number("field_id")),
		crm.ParseID(strings.TrimSuffix(strings.TrimPrefix(kind, "custom_field_"), "_value_changed")))
	old := strings.Join(from.texts("custom_field_value", "text"), ", ")
	now := strings.Join(to.texts("custom_field_value", "text"), ", ")
	it.Kind, it.Key = KindField, "feed.field_changed"
	it.Args = map[string]any{"field": m.LeadFieldName(id), "from": old, "to": now}
	switch {
	case old == "" && now != "":
		it.Key = "feed.field_set"
	case now == "" && old != "":
		it.Key = "feed.field_cleared"
	}
}

// cardPaths are the card addresses of what an event can link to, by its singular name.
var cardPaths = map[string]string{"lead": "leads", "contact": "contacts", "company": "companies"}

func linkChanged(it *Item, base string, unlinked bool, from, to side) {
	it.Kind, it.Key = KindLink, "feed.linked"
	entity := to.first("link").child("entity")
	if unlinked {
		it.Key = "feed.unlinked"
	}
	if entity == nil {
		entity = from.first("link").child("entity")
	}
	id, what := int64(entity.number("id")), entity.text("type")
	it.Args = map[string]any{"entity": what, "id": crm.Decimal(id)}
	if path, ok := cardPaths[what]; ok && id != 0 {
		it.Link = crm.CardURL(base, path, id)
	}
}
