package v4

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// maxEventFilter is how many ids and authors one request for events may name (amocrm.md §6.2).
const maxEventFilter = 10

func (s events) routes() []route {
	return []route{
		{"GET", "/events", s.list},
		{"GET", "/events/types", s.listTypes},
		{"GET", "/events/{id}", s.get},
	}
}

// list answers GET /events, newest first, 100 a page at most.
func (s events) list(w http.ResponseWriter, r *http.Request, c api.Caller) {
	p, ok := api.ReadPage(w, r, api.DefaultLimit, api.MaxEventsLimit)
	if !ok {
		return
	}
	f := filters{r.URL.Query()}
	if len(f.list("entity_id")) > 0 && len(f.list("entity")) != 1 ||
		len(f.list("entity_id")) > maxEventFilter || len(f.list("created_by")) > maxEventFilter {
		api.BadRequest(w, "Invalid filter")
		return
	}
	take := newEventFilter(f)
	var items []obj
	var more bool
	s.State.Read(func(*world.World) {
		var all []*world.Event
		for _, e := range slices.Backward(c.Account.Events) {
			if take(e) {
				all = append(all, e)
			}
		}
		var part []*world.Event
		part, more = api.SlicePage(all, p)
		for _, e := range part {
			items = append(items, renderEvent(r, c.Account, e))
		}
	})
	api.AnswerPage(w, r, p, "events", items, more)
}

// newEventFilter reads the filter once, for the whole feed.
func newEventFilter(f filters) func(e *world.Event) bool {
	types := f.list("type")
	anyField := slices.Contains(types, "custom_field_value_changed")
	ids, entities, owners, authors := f.list("id"), f.list("entity"), f.ints("entity_id"), f.ints("created_by")
	timed := f.has("created_at")
	after, before := newValueFilter(f.q, "value_after"), newValueFilter(f.q, "value_before")
	return func(e *world.Event) bool {
		if len(types) > 0 && !slices.Contains(types, e.Type) &&
			!(anyField && strings.HasPrefix(e.Type, "custom_field_")) {
			return false
		}
		return (len(ids) == 0 || slices.Contains(ids, e.ID)) &&
			(len(entities) == 0 || slices.Contains(entities, e.Entity)) &&
			(len(owners) == 0 || slices.Contains(owners, e.EntityID)) &&
			(len(authors) == 0 || slices.Contains(authors, e.CreatedBy)) &&
			(!timed || f.between("created_at", e.CreatedAt)) && after(e.After) && before(e.Before)
	}
}

// newValueFilter reads filter[value_after] or [value_before]: leads_statuses, responsible_user_id,
// custom_field_values (enum ids) and value.
func newValueFilter(q url.Values, side string) func(raw json.RawMessage) bool {
	root := "filter[" + side + "]"
	stages := filters{q}.pairs(root + "[leads_statuses]")
	users := api.QueryList(q, root+"[responsible_user_id]")
	enums := api.QueryList(q, root+"[custom_field_values]")
	values := api.QueryList(q, root+"[value]")
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

// get answers GET /events/{id}.
func (s events) get(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerOne(s.State, w, "Event", func() obj {
		for _, e := range slices.Backward(c.Account.Events) {
			if e.ID == r.PathValue("id") {
				return renderEvent(r, c.Account, e)
			}
		}
		return nil
	})
}

// renderEvent is an event as GET answers it (EX event-by-id.json); with=lead_name and the like add the name.
func renderEvent(r *http.Request, a *world.Account, e *world.Event) obj {
	kind := world.Plural(e.Entity)
	about := obj{"id": e.EntityID, "_links": api.SelfLink(entityURL(r, kind, e.EntityID))}
	if api.WithSet(r)[e.Entity+"_name"] {
		if b := world.BaseByID(a, kind, e.EntityID); b != nil {
			about["name"] = b.Name
		}
	}
	return obj{
		"id": e.ID, "type": e.Type, "entity_id": e.EntityID, "entity_type": e.Entity, "created_by": e.CreatedBy,
		"created_at": e.CreatedAt, "value_after": e.After, "value_before": e.Before, "account_id": a.ID,
		"_links": api.SelfLink(api.URL(r, "/events/"+e.ID)), "_embedded": obj{"entity": about},
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

// listTypes answers GET /events/types.
func (s events) listTypes(w http.ResponseWriter, r *http.Request, c api.Caller) {
	var items []obj
	for _, t := range eventTypes {
		items = append(items, obj{"key": t.key, "type": t.number, "lang": t.lang})
	}
	api.WriteHAL(w, http.StatusOK, obj{
		"_total_items": len(items), "_links": api.SelfLink(api.BaseURL(r) + r.URL.RequestURI()), "_embedded": obj{"events_types": items},
	})
}
