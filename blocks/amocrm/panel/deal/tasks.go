package deal

import (
	"context"
	"errors"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
)

// tasksOrProblem returns the tasks, or why there are none.
func (r *request) tasksOrProblem(f i18n.Format, tasks tasks.List, err error) tasksView {
	if err != nil {
		r.LogProblem(err)
		p := r.Problem(err, r.dealURL())
		p.Action, p.URL = r.T("retry"), ui.Plain(r.dealURL())
		return tasksView{Problem: &p}
	}
	return taskList(f, r.dealURL(), tasks, nil)
}

// addTask makes a task: POST …/deals/:id/tasks.
func (h *Handlers) addTask(r *request) error {
	typed := typedTask{draft: tasks.Draft{
		Text: strings.TrimSpace(r.FormValue("task_text")), Due: strings.TrimSpace(r.FormValue("due")),
		TypeID: ui.Number(r.FormValue("type_id")), ResponsibleID: ui.Number(r.FormValue("task_responsible")),
	}}
	_, err := r.Once(func(ctx context.Context) (string, error) {
		_, err := r.crm.AddTask(ctx, r.id, typed.draft)
		_, err = forms.Written(r.PageRequest, err)
		return "task", err
	})
	if err != nil {
		return r.taskFailed(typed, err)
	}
	return r.dealWritten("tasks_written", func(view *cardView) { view.tasksDone(r.T("tasks.added")) })
}

// completeTask closes a task with what came of it: POST …/deals/:id/tasks/:task/done.
func (h *Handlers) completeTask(r *request) error {
	typed := typedTask{id: ui.Number(r.Param("task"))}
	typed.result = strings.TrimSpace(r.FormValue(resultName(typed.id)))
	_, err := r.Once(func(ctx context.Context) (string, error) {
		_, err := forms.Written(r.PageRequest, r.crm.CompleteTask(ctx, r.id, typed.id, typed.result))
		return "done", err
	})
	if err != nil {
		return r.taskFailed(typed, err)
	}
	return r.dealWritten("tasks_written", func(view *cardView) { view.tasksDone(r.T("tasks.completed")) })
}

// tasksDone notes what was done and leads the focus on; the card goes along.
func (c *cardView) tasksDone(said string) {
	c.OOB, c.Tasks.Said = true, said
	if c.Tasks.New != nil {
		c.Tasks.New.Return = true
	}
}

// taskFailed shows the tasks again with what was typed.
func (r *request) taskFailed(typed typedTask, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) || errors.Is(err, crm.ErrGone) {
		return r.failWhole(err, "")
	}
	typed.Refusal = forms.Refused(r.PageRequest, err)
	if typed.Problem == "" {
		typed.Token = ui.NewToken()
		if typed.id != 0 {
			typed.Problem = forms.LeftOver(typed.Errors, "result")
		}
	}
	ctx, cancel := r.Background(r.h.Budget / 2)
	defer cancel()
	if !r.HTMX() {
		view, err := r.card(ctx, feed.Ask{})
		if err != nil {
			return r.Fail(err, r.dealURL())
		}
		if tasks, err := r.crm.Tasks(ctx, r.id); err == nil {
			view.Tasks = taskList(r.FormatIn(ctx), r.dealURL(), tasks, &typed)
		}
		return r.Show(200, "deal", view)
	}
	tasks, err := r.crm.Tasks(ctx, r.id)
	if err != nil {
		return r.failWhole(err, r.dealURL())
	}
	return r.Show(200, "tasks", taskList(r.FormatIn(ctx), r.dealURL(), tasks, &typed))
}
