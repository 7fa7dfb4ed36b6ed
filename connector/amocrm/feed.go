package amocrm

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// maxEvents is the longest page of events (amocrm.md §6.2).
const maxEvents = 100

// NotesPage returns one page of the notes of a plural entity ("leads"), counted from 1, newest first, at most 250 long; more
// says that another one follows (amocrm.md §6.1).
func (c FeedAPI) NotesPage(ctx context.Context, entity string, id ID, number, limit int) (found []Note, more bool, err error) {
	k := call{route: "/" + entity + "/{id}/notes", ids: []ID{id}}
	if id <= 0 || number < 1 {
		return nil, false, refuse("GET "+k.route, "page %d of an entity with id %d has no notes", number, id)
	}
	k.query = url.Values{"order[id]": {"desc"}, "limit": {limited(limit, maxPerPage)}, "page": {strconv.Itoa(number)}}
	found, next, err := page[Note](ctx, c.core, k, "notes")
	slices.SortStableFunc(found, func(a, b Note) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
	return found, next != nil, err
}

// CreateNotes writes notes to leads. At most 250, 50 recommended.
func (c FeedAPI) CreateNotes(ctx context.Context, in []NoteInput) ([]Created, error) {
	return create(ctx, c.core, call{route: "/leads/notes", body: in}, "notes", len(in), maxPerPage)
}

// EventsPage returns one page of what happened to a lead, counted from 1, newest first, at most 100 long; more says that
// another one follows (amocrm.md §6.2).
func (c FeedAPI) EventsPage(ctx context.Context, lead ID, number, limit int) (found []Event, more bool, err error) {
	if lead <= 0 || number < 1 {
		return nil, false, refuse("GET /events", "page %d of a lead with id %d has no events", number, lead)
	}
	q := idFilter(url.Values{"filter[entity][]": {"lead"}}, "entity_id", []ID{lead}) // singular, unlike everywhere else
	q.Set("limit", limited(limit, maxEvents))
	q.Set("page", strconv.Itoa(number))
	found, next, err := page[Event](ctx, c.core, call{route: "/events", query: q}, "events")
	slices.SortStableFunc(found, func(a, b Event) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
	return found, next != nil, err
}

// ContactsGone returns one page of the deletions and merges of contacts since a time, counted from 1, newest first; more says that
// another one follows (amocrm.md §6.2).
func (c FeedAPI) ContactsGone(ctx context.Context, since Unix, number int) (found []Event, more bool, err error) {
	q := url.Values{"filter[entity][]": {"contact"}, "filter[type][]": {"contact_deleted", "entity_merged"},
		"filter[created_at][from]": {strconv.FormatInt(int64(since), 10)}, "limit": {strconv.Itoa(maxEvents)}, "page": {strconv.Itoa(number)}}
	found, next, err := page[Event](ctx, c.core, call{route: "/events", query: q}, "events")
	return found, next != nil, err
}

// Tasks returns the open tasks of a lead, the earliest first (amocrm.md §6.3).
func (c FeedAPI) Tasks(ctx context.Context, lead ID) ([]Task, error) {
	q := idFilter(url.Values{
		"filter[is_completed]": {"0"}, "filter[entity_type]": {"leads"},
		"order[complete_till]": {"asc"}, "limit": {strconv.Itoa(maxPerPage)},
	}, "entity_id", []ID{lead})
	out, err := all[Task](ctx, c.core, call{route: "/tasks", query: q}, "tasks")
	out = slices.DeleteFunc(out, func(t Task) bool { return t.IsCompleted || t.EntityType != "leads" || t.EntityID != lead })
	slices.SortStableFunc(out, func(a, b Task) int { return cmp.Compare(a.CompleteTill, b.CompleteTill) })
	return out, err
}

// Kinds of a task that every account has (amocrm.md §6.3).
const (
	TaskFollowUp ID = 1
	TaskMeeting  ID = 2
)

// TaskInput is a task to make. Text and CompleteTill (Unix seconds) are needed; EntityType is plural ("leads").
type TaskInput struct {
	EntityID      ID     `json:"entity_id,omitempty"`
	EntityType    string `json:"entity_type,omitempty"`
	Text          string `json:"text"`
	CompleteTill  int64  `json:"complete_till"`
	TypeID        ID     `json:"task_type_id,omitempty"`
	ResponsibleID ID     `json:"responsible_user_id,omitempty"`
	RequestID     string `json:"request_id,omitempty"`
}

// Task returns one task, open or completed; ErrNotFound when there is none (amocrm.md §6.3).
func (c FeedAPI) Task(ctx context.Context, id ID) (Task, error) {
	return single[Task](ctx, c.core, call{route: "/tasks/{id}", ids: []ID{id}})
}

// CreateTasks makes tasks (amocrm.md §6.3). At most 250, 50 recommended.
func (c FeedAPI) CreateTasks(ctx context.Context, in []TaskInput) ([]Created, error) {
	return create(ctx, c.core, call{route: "/tasks", body: in}, "tasks", len(in), maxPerPage)
}

// CompleteTask closes a task with a result, which may be empty. Doing it again changes nothing but the result.
func (c FeedAPI) CompleteTask(ctx context.Context, id ID, result string) error {
	k := call{method: http.MethodPatch, route: "/tasks/{id}", ids: []ID{id}}
	if id <= 0 {
		return refuse(k.op(), "the task's id is missing")
	}
	body := map[string]any{"is_completed": true}
	if result != "" {
		body["result"] = map[string]string{"text": result}
	}
	k.body = body
	return c.write(ctx, k, nil)
}
