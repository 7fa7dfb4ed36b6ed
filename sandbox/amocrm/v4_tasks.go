package amocrm

import (
	"net/http"
	"slices"
	"strconv"
)

func (s tasks) routes() []route {
	return []route{
		{"GET", "/tasks", s.listTasks},
		{"POST", "/tasks", s.createTasks},
		{"PATCH", "/tasks", s.updateTasks},
		{"GET", "/tasks/{id}", s.getTask},
		{"PATCH", "/tasks/{id}", s.updateTask},
	}
}

// listTasks answers GET /tasks (amocrm.md §6.3).
func (s tasks) listTasks(w http.ResponseWriter, r *http.Request, c caller) {
	p, ok := readPage(w, r, defaultLimit, maxLimit)
	if !ok {
		return
	}
	q := r.URL.Query()
	f := filters{q}
	var items []obj
	var more bool
	s.state.Read(func(*World) {
		var all []*Task
		for _, t := range c.account.Tasks {
			if takesTask(f, c.account, t) {
				all = append(all, t)
			}
		}
		key, desc := ordering(q, "created_at", "complete_till", "id")
		sortBy(all, desc, func(t *Task) (int64, int64) {
			switch key {
			case "created_at":
				return t.CreatedAt, t.ID
			case "complete_till":
				return t.CompleteTill, t.ID
			}
			return t.ID, t.ID
		})
		var part []*Task
		part, more = slicePage(all, p)
		for _, t := range part {
			items = append(items, renderTask(r, c.account, t))
		}
	})
	answerPage(w, r, p, "tasks", items, more)
}

// takesTask reports whether the filter of a list lets a task through. The official library says task_type_id, created_by
// and lead_statuses too, which the documentation does not.
func takesTask(f filters, a *Account, t *Task) bool {
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
		slices.Contains(f.pairs("filter[lead_statuses]"), RequiredStatus{StatusID: l.StatusID, PipelineID: l.PipelineID})
}

// getTask answers GET /tasks/{id}.
func (s tasks) getTask(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	s.state.Read(func(*World) {
		if t := c.account.Tasks[pathID(r, "id")]; t != nil {
			o = renderTask(r, c.account, t)
		}
	})
	if o == nil {
		notFound(w, "Task")
		return
	}
	writeHAL(w, http.StatusOK, o)
}

// createTasks answers POST /tasks.
func (s tasks) createTasks(w http.ResponseWriter, r *http.Request, c caller) {
	items, ok := readBatch(w, r, maxWrite)
	if !ok {
		return
	}
	var bad refusal
	var out []obj
	s.state.Write(func(state *World) {
		x := s.editor.writer(state, c.account, c.user)
		var made []Task
		for i, m := range items {
			v := newCheck(c.account)
			v.required(m, "text")
			if m["complete_till"] == nil {
				v.missing("complete_till")
			}
			t := editTask(v, Task{
				Type: taskFollowUp, Responsible: x.responsible(), CreatedBy: c.user, CreatedAt: x.now, UpdatedAt: x.now,
			}, m)
			made = append(made, t)
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
		}
		if bad.any() {
			return
		}
		for i := range made {
			t := &made[i]
			t.ID = state.takeID()
			t.UpdatedBy = t.CreatedBy
			c.account.Tasks[t.ID] = t
			taskEvent(x, "task_added", t, t.CreatedBy, nil, nil)
			x.changed(change{Entity: "tasks", Action: "add", ID: t.ID, By: t.CreatedBy})
			rid, _ := requestID(items[i], i)
			out = append(out, obj{"id": t.ID, "request_id": rid, "_links": taskLink(r, t)})
		}
	})
	if bad.any() {
		bad.write(w)
		return
	}
	answerWritten(w, r, "tasks", "tasks", out)
}

// updateTasks answers PATCH /tasks.
func (s tasks) updateTasks(w http.ResponseWriter, r *http.Request, c caller) {
	items, ok := readBatch(w, r, maxWrite)
	if !ok {
		return
	}
	if out, bad := s.patchTasks(r, c, items); bad.any() {
		bad.write(w)
	} else {
		answerWritten(w, r, "tasks", "tasks", out)
	}
}

// updateTask answers PATCH /tasks/{id} with a bare object (EX task-complete-response-single.json).
func (s tasks) updateTask(w http.ResponseWriter, r *http.Request, c caller) {
	m, ok := readObject(w, r)
	if !ok {
		return
	}
	m["id"] = pathID(r, "id")
	if out, bad := s.patchTasks(r, c, []obj{m}); bad.any() {
		bad.write(w)
	} else {
		writeHAL(w, http.StatusOK, out[0])
	}
}

func (s tasks) patchTasks(r *http.Request, c caller, items []obj) (out []obj, bad refusal) {
	s.state.Write(func(state *World) {
		var next []Task
		for i, m := range items {
			v := newCheck(c.account)
			if id := v.ownID(m); id != nil {
				if t := c.account.Tasks[*id]; t == nil {
					v.choice("id")
				} else {
					next = append(next, editTask(v, *t, m))
				}
			}
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
		}
		if bad.any() {
			return
		}
		x := s.editor.writer(state, c.account, c.user)
		for i, t := range next {
			changeTask(x, c.account.Tasks[t.ID], t, items[i]["updated_by"] != nil)
			rid, _ := requestID(items[i], i)
			out = append(out, obj{"id": t.ID, "updated_at": c.account.Tasks[t.ID].UpdatedAt, "request_id": rid, "_links": taskLink(r, &t)})
		}
	})
	return out, bad
}

// editTask is t with what the item says.
func editTask(v check, t Task, m obj) Task {
	set(&t.Text, v.text(m, "text"))
	set(&t.CompleteTill, v.integer(m, "complete_till"))
	set(&t.Duration, v.integer(m, "duration"))
	set(&t.Completed, v.boolean(m, "is_completed"))
	set(&t.Responsible, v.user(m, "responsible_user_id"))
	set(&t.CreatedBy, v.user(m, "created_by"))
	set(&t.UpdatedBy, v.user(m, "updated_by"))
	set(&t.CreatedAt, v.integer(m, "created_at"))
	if typ := v.integer(m, "task_type_id"); typ != nil {
		if *typ != taskFollowUp && *typ != taskMeeting {
			v.choice("task_type_id")
		}
		t.Type = *typ
	}
	if result := v.object(m, "result"); result != nil {
		set(&t.Result, v.under("result").text(result, "text"))
	}
	id, kind := v.integer(m, "entity_id"), v.text(m, "entity_type")
	if kind != nil && !isEntity(*kind) {
		v.choice("entity_type")
		return t
	}
	if set(&t.EntityID, id) || kind != nil {
		set(&t.Entity, kind)
		if t.EntityID != 0 && baseByID(v.a, t.Entity, t.EntityID) == nil {
			v.choice("entity_id")
		}
	}
	return t
}

// changeTask stores the task's next state and records what became of it.
func changeTask(x writer, t *Task, next Task, saidAuthor bool) {
	old := *t
	*t = next
	t.UpdatedAt = x.now
	if !saidAuthor {
		t.UpdatedBy = x.by
	}
	by := t.UpdatedBy
	if old.Text != t.Text {
		taskEvent(x, "task_text_changed", t, by, one("task", obj{"text": t.Text}), one("task", obj{"text": old.Text}))
	}
	if old.Type != t.Type {
		taskEvent(x, "task_type_changed", t, by, one("task_type", obj{"id": t.Type}), one("task_type", obj{"id": old.Type}))
	}
	if old.CompleteTill != t.CompleteTill {
		at := func(n int64) []obj { return one("task_deadline", obj{"timestamp": n}) }
		taskEvent(x, "task_deadline_changed", t, by, at(t.CompleteTill), at(old.CompleteTill))
	}
	if !old.Completed && t.Completed {
		taskEvent(x, "task_completed", t, by, nil, nil)
	}
	if old.Result != t.Result && t.Result != "" {
		taskEvent(x, "task_result_added", t, by, one("note", obj{"id": x.w.takeID()}), nil)
	}
	if old.Responsible != t.Responsible {
		user := func(id int64) []obj { return one("responsible_user", obj{"id": id}) }
		x.journal(by).add("entity_responsible_changed", "task", t.ID, user(t.Responsible), user(old.Responsible))
		x.changed(change{Entity: "tasks", Action: "responsible", ID: t.ID, OldResponsible: old.Responsible, By: by})
	}
	x.changed(change{Entity: "tasks", Action: "update", ID: t.ID, By: by})
}

// taskEvent records a task's event where people look for it: on the entity that it hangs on.
func taskEvent(x writer, typ string, t *Task, by int64, after, before []obj) {
	entity, id := "task", t.ID
	if t.EntityID != 0 {
		entity, id = singular(t.Entity), t.EntityID
	}
	x.journal(by).add(typ, entity, id, after, before)
}

func taskLink(r *http.Request, t *Task) obj {
	return selfLink(apiURL(r, "/tasks/"+strconv.FormatInt(t.ID, 10)))
}

// renderTask is a task as GET answers it: result is an empty list until there is one.
func renderTask(r *http.Request, a *Account, t *Task) obj {
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
