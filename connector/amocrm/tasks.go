package amocrm

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Tasks returns the open tasks of entities of one plural kind ("leads"), the earliest first (amocrm.md §6.3).
func (c FeedAPI) Tasks(ctx context.Context, entity string, ids []ID) ([]Task, error) {
	if !slices.Contains(noteEntities, entity) {
		return nil, refuse("GET /tasks", "entity %.20q has no tasks", entity)
	}
	ids = unique(ids)
	var out []Task
	for start := 0; start < len(ids); start += maxPerCall {
		chunk := ids[start:min(start+maxPerCall, len(ids))]
		q := url.Values{
			"filter[is_completed]": {"0"}, "filter[entity_type]": {entity},
			"order[complete_till]": {"asc"}, "limit": {strconv.Itoa(maxPerPage)},
		}
		got, err := all[Task](ctx, c.core, call{route: "/tasks", query: idFilter(q, "entity_id", chunk)}, "tasks")
		if err != nil {
			return nil, err
		}
		for _, t := range got {
			if !t.IsCompleted && t.EntityType == entity && slices.Contains(chunk, t.EntityID) {
				out = append(out, t)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Task) int { return int(a.CompleteTill - b.CompleteTill) })
	return out, nil
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
