package v4

import (
	"maps"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

var taskRoutes = []route{
	{"GET", "/tasks", nil, list("tasks", selectTasks, renderTask)},
	{"POST", "/tasks", batch, createTasks},
	{"PATCH", "/tasks", batch, patchTasks},
	{"GET", "/tasks/{id}", nil, one("Task", func(q *call) *world.Task { return q.A.Tasks[q.id("id")] }, renderTask)},
	{"PATCH", "/tasks/{id}", object("id"), patchTasks},
}

// selectTasks applies filter and order (amocrm.md §6.3).
func selectTasks(q *call) []*world.Task {
	all := kept(slices.Collect(maps.Values(q.A.Tasks)), q.takesTask)
	id := func(t *world.Task) int64 { return t.ID }
	return order(q.f, all, id, id,
		by[*world.Task]{"created_at", func(t *world.Task) int64 { return t.CreatedAt }},
		by[*world.Task]{"complete_till", func(t *world.Task) int64 { return t.CompleteTill }},
		by[*world.Task]{"id", id})
}

// takesTask reports whether the filter of a list lets a task through. The official library says task_type_id, created_by
// and lead_statuses too, which the documentation does not.
func (q *call) takesTask(t *world.Task) bool {
	f := q.f
	if !f.id("id", t.ID) || !f.id("responsible_user_id", t.Responsible) || !f.id("created_by", t.CreatedBy) ||
		!f.id("task_type", t.Type) || !f.id("task_type_id", t.Type) || !f.oneOf("entity_type", t.Entity) ||
		!f.id("entity_id", t.EntityID) || !f.between("updated_at", t.UpdatedAt) || !f.flag("is_completed", t.Completed) {
		return false
	}
	l := q.A.Leads[t.EntityID]
	return !f.has("lead_statuses") || t.Entity == "leads" && l != nil && f.stands("filter[lead_statuses]", l)
}

var createTasks = each(always, func(q *call, v edit.Check, m obj, _ int) *world.Task {
	v.Required(m, "text")
	if m["complete_till"] == nil {
		v.Missing("complete_till")
	}
	return editTask(v, world.Task{
		Type: world.TaskFollowUp, Responsible: q.Responsible(), CreatedBy: q.By, CreatedAt: q.Now, UpdatedAt: q.Now,
	}, m)
}, func(q *call, t *world.Task) obj {
	t.ID = q.W.TakeID()
	t.UpdatedBy = t.CreatedBy
	q.A.Tasks[t.ID] = t
	taskEvent(q, "task_added", t, t.CreatedBy, nil, nil)
	q.Changed(world.Change{Entity: "tasks", Action: "add", ID: t.ID, By: t.CreatedBy})
	return obj{"id": t.ID, "_links": q.self("tasks", t.ID)}
}, written(""))

// patchTasks answers PATCH /tasks and that of one (EX task-complete-response-single.json).
var patchTasks = each(always, func(q *call, v edit.Check, m obj, _ int) *world.Task {
	known := edit.Known(v, m, "id", func(id int64) *world.Task { return q.A.Tasks[id] })
	if known == nil {
		return nil
	}
	t := *known
	t.UpdatedBy, t.UpdatedAt = q.By, q.Now
	return editTask(v, t, m)
}, func(q *call, next *world.Task) obj {
	changeTask(q, q.A.Tasks[next.ID], *next)
	return obj{"id": next.ID, "updated_at": next.UpdatedAt, "_links": q.self("tasks", next.ID)}
}, written(""))

// editTask is t with what the item says.
func editTask(v edit.Check, t world.Task, m obj) *world.Task {
	edit.Set(&t.Text, v.Text(m, "text"))
	edit.Set(&t.CompleteTill, v.Integer(m, "complete_till"))
	edit.Set(&t.Duration, v.Integer(m, "duration"))
	edit.Set(&t.Completed, v.Boolean(m, "is_completed"))
	edit.Set(&t.Responsible, v.User(m, "responsible_user_id"))
	edit.Set(&t.CreatedBy, v.User(m, "created_by"))
	edit.Set(&t.UpdatedBy, v.User(m, "updated_by"))
	edit.Set(&t.CreatedAt, v.Integer(m, "created_at"))
	if typ := v.Integer(m, "task_type_id"); typ != nil {
		if *typ != world.TaskFollowUp && *typ != world.TaskMeeting {
			v.Choice("task_type_id")
		}
		t.Type = *typ
	}
	if result := v.Object(m, "result"); result != nil {
		edit.Set(&t.Result, v.Under("result").Text(result, "text"))
	}
	id, kind := v.Integer(m, "entity_id"), v.Text(m, "entity_type")
	if kind != nil && !world.IsEntity(*kind) {
		v.Choice("entity_type")
		return &t
	}
	if edit.Set(&t.EntityID, id) || kind != nil {
		edit.Set(&t.Entity, kind)
		if t.EntityID != 0 && world.BaseByID(v.A, t.Entity, t.EntityID) == nil {
			v.Choice("entity_id")
		}
	}
	return &t
}

// changeTask stores the task's next state and records what became of it.
func changeTask(q *call, t *world.Task, next world.Task) {
	old, by := *t, next.UpdatedBy
	*t = next
	if old.Text != t.Text {
		taskEvent(q, "task_text_changed", t, by, world.One("task", obj{"text": t.Text}), world.One("task", obj{"text": old.Text}))
	}
	if old.Type != t.Type {
		taskEvent(q, "task_type_changed", t, by, world.One("task_type", obj{"id": t.Type}), world.One("task_type", obj{"id": old.Type}))
	}
	if old.CompleteTill != t.CompleteTill {
		at := func(n int64) []obj { return world.One("task_deadline", obj{"timestamp": n}) }
		taskEvent(q, "task_deadline_changed", t, by, at(t.CompleteTill), at(old.CompleteTill))
	}
	if !old.Completed && t.Completed {
		taskEvent(q, "task_completed", t, by, nil, nil)
	}
	if old.Result != t.Result && t.Result != "" {
		taskEvent(q, "task_result_added", t, by, world.One("note", obj{"id": q.W.TakeID()}), nil)
	}
	if old.Responsible != t.Responsible {
		q.ResponsibleChanged("tasks", t.ID, t.Responsible, old.Responsible, by)
	}
	q.Changed(world.Change{Entity: "tasks", Action: "update", ID: t.ID, By: by})
}

// taskEvent records a task's event where people look for it: on the entity that it hangs on.
func taskEvent(q *call, typ string, t *world.Task, by int64, after, before []obj) {
	entity, id := "task", t.ID
	if t.EntityID != 0 {
		entity, id = world.Singular(t.Entity), t.EntityID
	}
	q.Journal(by).Add(typ, entity, id, after, before)
}

// renderTask is a task as GET answers it: result is an empty list until there is one.
func renderTask(q *call, t *world.Task) obj {
	o := obj{
		"id": t.ID, "created_by": t.CreatedBy, "updated_by": t.UpdatedBy, "created_at": t.CreatedAt,
		"updated_at": t.UpdatedAt, "responsible_user_id": t.Responsible, "group_id": 0, "entity_id": kit.OrNull(t.EntityID),
		"entity_type": kit.OrNull(t.Entity), "duration": t.Duration, "is_completed": t.Completed, "task_type_id": t.Type,
		"text": t.Text, "result": []any{}, "complete_till": t.CompleteTill, "account_id": q.A.ID, "_links": q.self("tasks", t.ID),
	}
	if t.Result != "" {
		o["result"] = obj{"text": t.Result}
	}
	return o
}
