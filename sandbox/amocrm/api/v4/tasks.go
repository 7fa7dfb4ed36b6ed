package v4

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func (s tasks) routes() []route {
	return []route{
		{"GET", "/tasks", s.list},
		{"POST", "/tasks", s.create},
		{"PATCH", "/tasks", s.updateAll},
		{"GET", "/tasks/{id}", s.get},
		{"PATCH", "/tasks/{id}", s.update},
	}
}

// list answers GET /tasks (amocrm.md §6.3).
func (s tasks) list(w http.ResponseWriter, r *http.Request, c api.Caller) {
	q := r.URL.Query()
	f := filters{q}
	answerList(s.State, w, r, "tasks", func(*world.World) []*world.Task {
		var all []*world.Task
		for _, t := range c.Account.Tasks {
			if takesTask(f, c.Account, t) {
				all = append(all, t)
			}
		}
		key, desc := ordering(q, "created_at", "complete_till", "id")
		sortBy(all, desc, func(t *world.Task) (int64, int64) {
			switch key {
			case "created_at":
				return t.CreatedAt, t.ID
			case "complete_till":
				return t.CompleteTill, t.ID
			}
			return t.ID, t.ID
		})
		return all
	}, func(t *world.Task) obj { return renderTask(r, c.Account, t) })
}

// takesTask reports whether the filter of a list lets a task through. The official library says task_type_id, created_by
// and lead_statuses too, which the documentation does not.
func takesTask(f filters, a *world.Account, t *world.Task) bool {
	if !f.id("id", t.ID) || !f.id("responsible_user_id", t.Responsible) || !f.id("created_by", t.CreatedBy) ||
		!f.id("task_type", t.Type) || !f.id("task_type_id", t.Type) || !f.oneOf("entity_type", t.Entity) ||
		!f.id("entity_id", t.EntityID) || !f.between("updated_at", t.UpdatedAt) || !f.flag("is_completed", t.Completed) {
		return false
	}
	if !f.has("lead_statuses") {
		return true
	}
	l := a.Leads[t.EntityID]
	return t.Entity == "leads" && l != nil &&
		slices.Contains(f.pairs("filter[lead_statuses]"), world.RequiredStatus{StatusID: l.StatusID, PipelineID: l.PipelineID})
}

// get answers GET /tasks/{id}.
func (s tasks) get(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerOne(s.State, w, "Task", func() obj {
		if t := c.Account.Tasks[api.PathID(r, "id")]; t != nil {
			return renderTask(r, c.Account, t)
		}
		return nil
	})
}

// create answers POST /tasks.
func (s tasks) create(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerCreated(Deps(s), w, r, c, api.MaxWrite, func(x edit.Writer, v edit.Check, m obj, _ int) *world.Task {
		v.Required(m, "text")
		if m["complete_till"] == nil {
			v.Missing("complete_till")
		}
		t := editTask(v, world.Task{
			Type: world.TaskFollowUp, Responsible: x.Responsible(), CreatedBy: c.User, CreatedAt: x.Now, UpdatedAt: x.Now,
		}, m)
		return &t
	}, func(x edit.Writer, t *world.Task) obj {
		t.ID = x.W.TakeID()
		t.UpdatedBy = t.CreatedBy
		c.Account.Tasks[t.ID] = t
		taskEvent(x, "task_added", t, t.CreatedBy, nil, nil)
		x.Changed(world.Change{Entity: "tasks", Action: "add", ID: t.ID, By: t.CreatedBy})
		return obj{"id": t.ID, "_links": taskLink(r, t)}
	}, func(out []obj) { api.AnswerWritten(w, r, "tasks", "tasks", out) })
}

// updateAll answers PATCH /tasks.
func (s tasks) updateAll(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerPatched(w, r, c, "tasks", "tasks", s.patch)
}

// update answers PATCH /tasks/{id} with a bare object (EX task-complete-response-single.json).
func (s tasks) update(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerPatchedOne(w, r, c, api.PathID(r, "id"), s.patch)
}

func (s tasks) patch(r *http.Request, c api.Caller, items []obj) (out []obj, bad edit.Refusal) {
	s.State.Write(func(state *world.World) {
		var next []world.Task
		if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
			if id := v.OwnID(m); id != nil {
				if t := c.Account.Tasks[*id]; t == nil {
					v.Choice("id")
				} else {
					next = append(next, editTask(v, *t, m))
				}
			}
		}) {
			return
		}
		x := s.Editor.Writer(state, c.Account, c.User)
		for i, t := range next {
			changeTask(x, c.Account.Tasks[t.ID], t, items[i]["updated_by"] != nil)
			rid, _ := api.RequestID(items[i], i)
			out = append(out, obj{"id": t.ID, "updated_at": c.Account.Tasks[t.ID].UpdatedAt, "request_id": rid, "_links": taskLink(r, &t)})
		}
	})
	return out, bad
}

// editTask is t with what the item says.
func editTask(v edit.Check, t world.Task, m obj) world.Task {
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
		return t
	}
	if edit.Set(&t.EntityID, id) || kind != nil {
		edit.Set(&t.Entity, kind)
		if t.EntityID != 0 && world.BaseByID(v.A, t.Entity, t.EntityID) == nil {
			v.Choice("entity_id")
		}
	}
	return t
}

// changeTask stores the task's next state and records what became of it.
func changeTask(x edit.Writer, t *world.Task, next world.Task, saidAuthor bool) {
	old := *t
	*t = next
	t.UpdatedAt = x.Now
	if !saidAuthor {
		t.UpdatedBy = x.By
	}
	by := t.UpdatedBy
	if old.Text != t.Text {
		taskEvent(x, "task_text_changed", t, by, world.One("task", obj{"text": t.Text}), world.One("task", obj{"text": old.Text}))
	}
	if old.Type != t.Type {
		taskEvent(x, "task_type_changed", t, by, world.One("task_type", obj{"id": t.Type}), world.One("task_type", obj{"id": old.Type}))
	}
	if old.CompleteTill != t.CompleteTill {
		at := func(n int64) []obj { return world.One("task_deadline", obj{"timestamp": n}) }
		taskEvent(x, "task_deadline_changed", t, by, at(t.CompleteTill), at(old.CompleteTill))
	}
	if !old.Completed && t.Completed {
		taskEvent(x, "task_completed", t, by, nil, nil)
	}
	if old.Result != t.Result && t.Result != "" {
		taskEvent(x, "task_result_added", t, by, world.One("note", obj{"id": x.W.TakeID()}), nil)
	}
	if old.Responsible != t.Responsible {
		user := func(id int64) []obj { return world.One("responsible_user", obj{"id": id}) }
		x.Journal(by).Add("entity_responsible_changed", "task", t.ID, user(t.Responsible), user(old.Responsible))
		x.Changed(world.Change{Entity: "tasks", Action: "responsible", ID: t.ID, OldResponsible: old.Responsible, By: by})
	}
	x.Changed(world.Change{Entity: "tasks", Action: "update", ID: t.ID, By: by})
}

// taskEvent records a task's event where people look for it: on the entity that it hangs on.
func taskEvent(x edit.Writer, typ string, t *world.Task, by int64, after, before []obj) {
	entity, id := "task", t.ID
	if t.EntityID != 0 {
		entity, id = world.Singular(t.Entity), t.EntityID
	}
	x.Journal(by).Add(typ, entity, id, after, before)
}

func taskLink(r *http.Request, t *world.Task) obj {
	return api.SelfLink(api.URL(r, "/tasks/"+strconv.FormatInt(t.ID, 10)))
}

// renderTask is a task as GET answers it: result is an empty list until there is one.
func renderTask(r *http.Request, a *world.Account, t *world.Task) obj {
	o := obj{
		"id": t.ID, "created_by": t.CreatedBy, "updated_by": t.UpdatedBy, "created_at": t.CreatedAt,
		"updated_at": t.UpdatedAt, "responsible_user_id": t.Responsible, "group_id": 0, "entity_id": orNull(t.EntityID),
		"entity_type": nullable(t.Entity), "duration": t.Duration, "is_completed": t.Completed, "task_type_id": t.Type,
		"text": t.Text, "result": []any{}, "complete_till": t.CompleteTill, "account_id": a.ID, "_links": taskLink(r, t),
	}
	if t.Result != "" {
		o["result"] = obj{"text": t.Result}
	}
	return o
}
