package amocrm

import (
	"errors"
	"strings"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/i18n"
)

// tasksOrProblem are the tasks, or why there are none.
func (v *visit) tasksOrProblem(f i18n.Format, id int64, tasks crm.Tasks, err error) tasksView {
	if err != nil {
		_, _, _, known := problemCode(err)
		v.h.note(v.ctx, err, known, v.session.TenantID)
		p := v.problem(err, v.dealURL(id))
		p.Action, p.URL = v.t("retry"), ui.Plain(v.dealURL(id))
		return tasksView{Problem: &p}
	}
	return taskList(f, v.dealURL(id), tasks, nil)
}

// addTask makes a task: POST …/deals/:id/tasks.
func (h *Handlers) addTask(v *visit) error {
	id := number(v.Param("id"))
	typed := typedTask{draft: crm.TaskDraft{
		Text: strings.TrimSpace(v.FormValue("task_text")), Due: strings.TrimSpace(v.FormValue("due")),
		TypeID: number(v.FormValue("type_id")), ResponsibleID: number(v.FormValue("task_responsible")),
	}}
	once, _, err := v.begin()
	if err != nil {
		return v.taskFailed(id, typed, err)
	}
	if once != nil {
		ctx, cancel := v.writing()
		defer cancel()
		_, err := v.crm.AddTask(ctx, id, typed.draft)
		if err = v.written(err); err != nil {
			return v.taskFailed(id, typed, errors.Join(err, once.Release(v.ctx)))
		}
		if err := once.Done(v.ctx, "task"); err != nil {
			h.note(v.ctx, err, false, v.session.TenantID)
		}
	}
	return v.dealWritten(id, "tasks_written", func(view *cardView) { view.tasksDone(v.t("tasks.added")) })
}

// completeTask closes a task with what came of it: POST …/deals/:id/tasks/:task/done.
func (h *Handlers) completeTask(v *visit) error {
	id := number(v.Param("id"))
	typed := typedTask{id: number(v.Param("task"))}
	typed.result = strings.TrimSpace(v.FormValue(resultName(typed.id)))
	once, _, err := v.begin()
	if err != nil {
		return v.taskFailed(id, typed, err)
	}
	if once != nil {
		ctx, cancel := v.writing()
		defer cancel()
		if err := v.written(v.crm.CompleteTask(ctx, id, typed.id, typed.result)); err != nil {
			return v.taskFailed(id, typed, errors.Join(err, once.Release(v.ctx)))
		}
		if err := once.Done(v.ctx, "done"); err != nil {
			h.note(v.ctx, err, false, v.session.TenantID)
		}
	}
	return v.dealWritten(id, "tasks_written", func(view *cardView) { view.tasksDone(v.t("tasks.completed")) })
}

// tasksDone says what was done and leads the focus on; the card goes along.
func (c *cardView) tasksDone(said string) {
	c.OOB, c.Tasks.Said = true, said
	if c.Tasks.New != nil {
		c.Tasks.New.Return = true
	}
}

// taskFailed shows the tasks again with what was typed.
func (v *visit) taskFailed(id int64, typed typedTask, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) || errors.Is(err, crm.ErrGone) {
		v.wholePanel()
		return v.fail(err, "")
	}
	typed.token = ui.Plain(session.NewID())
	var refused *crm.FieldErrors
	if errors.As(err, &refused) {
		typed.errs = v.fieldTexts(refused)
		if typed.id != 0 {
			typed.problem = leftOver(typed.errs, "result")
		}
	} else {
		_, _, _, known := problemCode(err)
		v.h.note(v.ctx, err, known, v.session.TenantID)
		p := v.problem(err, "")
		typed.problem, typed.token = v.problemLine(p), ui.Plain(v.nextToken(err))
	}
	ctx, cancel := v.owned(v.h.Budget / 2)
	defer cancel()
	if !isHTMX(v.Context) {
		view, err := v.card(ctx, id, feedAsk{})
		if err != nil {
			return v.fail(err, v.dealURL(id))
		}
		if tasks, err := v.crm.Tasks(ctx, id); err == nil {
			view.Tasks = taskList(v.formatIn(ctx), v.dealURL(id), tasks, &typed)
		}
		return v.show(200, "deal", view)
	}
	tasks, err := v.crm.Tasks(ctx, id)
	if err != nil {
		v.wholePanel()
		return v.fail(err, v.dealURL(id))
	}
	return v.show(200, "tasks", taskList(v.formatIn(ctx), v.dealURL(id), tasks, &typed))
}
