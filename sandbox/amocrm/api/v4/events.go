package v4

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// maxEventFilter is how many ids and authors one request for events may name (amocrm.md §6.2).
const maxEventFilter = 10

var eventRoutes = []route{
	{"GET", "/events", nil, listEvents},
	{"GET", "/events/types", nil, listEventTypes},
	{"GET", "/events/{id}", nil, one("Event", eventAt, renderEvent)},
}

// listEvents answers GET /events, newest first, 100 a page at most.
func listEvents(q *call) answer {
	p, over := q.page(maxEventsLimit)
	if over != nil {
		return over
	}
	ids, types, entities := q.f.list("id"), q.f.list("type"), q.f.list("entity")
	owners, authors := q.f.ints("entity_id"), q.f.ints("created_by")
	if len(owners) > 0 && len(entities) != 1 || len(owners) > maxEventFilter || len(authors) > maxEventFilter {
		return badRequest("Invalid filter")
	}
	anyField := slices.Contains(types, "custom_field_value_changed")
	timed := q.f.has("created_at")
	after, before := q.f.change("value_after"), q.f.change("value_before")
	all := kept(q.A.Events, func(e *world.Event) bool {
		return (among(types, e.Type) || anyField && strings.HasPrefix(e.Type, "custom_field_")) && among(ids, e.ID) &&
			among(entities, e.Entity) && among(owners, e.EntityID) && among(authors, e.CreatedBy) &&
			(!timed || q.f.between("created_at", e.CreatedAt)) && after(e.After) && before(e.Before)
	})
	slices.Reverse(all)
	return answerPage(q, p, "events", false, all, renderEvent)
}

// among reports whether the value is a wanted one, or none are named.
func among[T comparable](wanted []T, x T) bool { return len(wanted) == 0 || slices.Contains(wanted, x) }

// change reads filter[value_after] or [value_before]: leads_statuses, responsible_user_id,
// custom_field_values (enum ids) and value.
func (f filters) change(side string) func(raw json.RawMessage) bool {
	root := "filter[" + side + "]"
	stages := f.pairs(root + "[leads_statuses]")
	users := f.words(root + "[responsible_user_id]")
	enums := f.words(root + "[custom_field_values]")
	values := f.words(root + "[value]")
	if stages == nil && users == nil && enums == nil && values == nil {
		return func(json.RawMessage) bool { return true }
	}
	return func(raw json.RawMessage) bool {
		var list []map[string]map[string]any
		if err := json.Unmarshal(raw, &list); err != nil {
			return false // a change of another shape can't be the wanted one
		}
		for _, el := range list {
			st := el["lead_status"]
			status, _ := world.ToInt(st["id"])
			pipeline, _ := world.ToInt(st["pipeline_id"])
			switch {
			case st != nil && slices.Contains(stages, world.RequiredStatus{StatusID: status, PipelineID: pipeline}),
				wants(users, el["responsible_user"]["id"]), wants(enums, el["custom_field_value"]["enum_id"]),
				wants(values, el["custom_field_value"]["text"]), wants(values, el["sale_field_value"]["sale"]),
				wants(values, el["name_field_value"]["name"]):
				return true
			}
		}
		return false
	}
}

// wants reports whether the value is there and among the wanted texts.
func wants(list []string, value any) bool {
	return slices.ContainsFunc(world.ValueStrings(value), func(s string) bool { return slices.Contains(list, s) })
}

// eventAt is the event that the path names.
func eventAt(q *call) *world.Event {
	return kit.First(q.A.Events, func(e *world.Event) bool { return e.ID == q.r.PathValue("id") })
}

// renderEvent is an event as GET answers it (EX event-by-id.json); with=lead_name and the like add the name.
func renderEvent(q *call, e *world.Event) obj {
	kind := world.Plural(e.Entity)
	about := q.ref(kind, e.EntityID)
	if b := world.BaseByID(q.A, kind, e.EntityID); b != nil && q.with[e.Entity+"_name"] {
		about["name"] = b.Name
	}
	return obj{
		"id": e.ID, "type": e.Type, "entity_id": e.EntityID, "entity_type": e.Entity, "created_by": e.CreatedBy,
		"created_at": e.CreatedAt, "value_after": e.After, "value_before": e.Before, "account_id": q.A.ID,
		"_links": q.self("events", e.ID), "_embedded": obj{"entity": about},
	}
}

// eventTypes are the kinds of events that this server records, with amoCRM's number where it is known.
var eventTypes = []struct {
	key    string
	number int
	lang   string
}{
	{"lead_added", 1, "Новая сделка"},
	{"lead_deleted", 7, "Сделка удалена"},
	{"contact_deleted", 0, "Контакт удалён"},
	{"lead_status_changed", 0, "Изменение этапа продажи"},
	{"contact_added", 0, "Новый контакт"},
	{"company_added", 0, "Новая компания"},
	{"entity_responsible_changed", 0, "Ответственный изменён"},
	{"sale_field_changed", 0, "Изменение поля «Бюджет»"},
	{"name_field_changed", 0, "Изменение поля «Название»"},
	{"custom_field_value_changed", 0, "Изменение поля"},
	{"entity_linked", 0, "Прикрепление"},
	{"entity_unlinked", 0, "Открепление"},
	{"entity_tag_added", 0, "Теги добавлены"},
	{"entity_tag_deleted", 0, "Теги убраны"},
	{"task_added", 0, "Новая задача"},
	{"task_completed", 0, "Завершение задачи"},
	{"task_result_added", 0, "Результат по задаче"},
	{"task_text_changed", 0, "Изменение текста задачи"},
	{"task_type_changed", 0, "Изменение типа задачи"},
	{"task_deadline_changed", 0, "Изменение даты исполнения задачи"},
	{"common_note_added", 0, "Новое примечание"},
	{"service_note_added", 0, "Новое системное примечание"},
	{"attachment_note_added", 0, "Добавлен новый файл"},
	{"geo_note_added", 0, "Новое примечание с гео-меткой"},
	{"message_to_cashier_note_added", 0, "Новое сообщение кассиру"},
	{"incoming_call", 0, "Входящий звонок"},
	{"outgoing_call", 0, "Исходящий звонок"},
	{"incoming_sms", 0, "Входящее SMS"},
	{"outgoing_sms", 0, "Исходящее SMS"},
}

// listEventTypes answers GET /events/types.
func listEventTypes(q *call) answer {
	var items []obj
	for _, t := range eventTypes {
		items = append(items, obj{"key": t.key, "type": t.number, "lang": t.lang})
	}
	o := totalled("events_types", items)
	o["_links"] = selfLink(api.BaseURL(q.r) + q.r.URL.RequestURI())
	return ok(o)
}
