package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
)

// tasks are the tasks that rules ask for.
type tasks struct{ *batch }

func (tasks) name() string { return "task" }
func (tasks) step() string { return "tasks" }
func (tasks) path() string { return "task" }

func (tasks) wanted(it *item) bool { return it.plan.Task != nil }

func (tasks) state(st *jobs.Steps) (int64, *jobs.Intent) { return st.TaskID, st.TaskIntent }

func (tasks) put(st *jobs.Steps, id int64, i *jobs.Intent) { st.TaskID, st.TaskIntent = id, i }

func (t tasks) mark(it *item) string { return t.fingerprint(bulk.PlainLines(it.plan.Task.Text)) }

func (t tasks) send(ctx context.Context, items []*item) ([]bulk.Made, error) {
	body := make([]bulk.Task, len(items))
	for i, it := range items {
		body[i] = bulk.Task{Key: it.job.ID, DealID: it.job.Steps.LeadID, Text: it.plan.Task.Text, Due: it.plan.Task.Due, ResponsibleID: it.taskUser()}
	}
	return t.account.MakeTasks(ctx, body)
}

func (t tasks) find(ctx context.Context, it *item) ([]int64, error) {
	intent := it.job.Steps.TaskIntent
	found, err := t.account.TasksOf(ctx, it.job.Steps.LeadID)
	return lostWrite{it, intent}.matching(found, func(text string) bool { return t.hasMark(text, intent.Mark) }), err
}

// leaveOut makes a task of the CRM's own choice of user, else none.
func (tasks) leaveOut(it *item, refused crm.Answer) {
	user := slices.ContainsFunc(refused.Mistakes, func(m crm.Mistake) bool { return strings.HasSuffix(m.Path, "responsible_user_id") })
	if user && it.taskUser() != 0 {
		it.leftOut(plan.OmitTaskUser, "fields.responsible_user_id", fmt.Sprint(it.taskUser()), refused)
		return
	}
	it.leftOut(plan.OmitTask, "task", it.plan.Task.Text, refused)
}

func (it *item) taskUser() int64 {
	if it.job.Steps.Omitted.Has(plan.OmitTaskUser) {
		return 0
	}
	return it.plan.Deal.ResponsibleID
}
