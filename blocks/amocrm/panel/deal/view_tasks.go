package deal

import (
	"cmp"
	"strconv"
	"time"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/i18n"
)

// tasksView are the open tasks of a deal with the form of a new one.
type tasksView struct {
	Items   []taskView
	New     *newTaskView
	Stale   string
	Problem *ui.ProblemView
	Said    string // for screen readers
	OOB     bool   // goes along with another part of the page
}

// taskView is one open task with the form that completes it.
type taskView struct {
	ID                      int64
	Text, Type, Responsible string
	Due, Urgency            string // late, today, later
	Action, Token           ui.Plain
	Open                    bool // its form
	Result                  forms.Input
	Problem                 string
}

// newTaskView is the form of a new task.
type newTaskView struct {
	Action, Token ui.Plain
	Inputs        []forms.Input
	Open          bool
	Return        bool // takes the focus
	Problem       string
}

// typedTask is a form of the tasks that could not be sent: of task id, or of a new one for 0.
type typedTask struct {
	id     int64
	draft  tasks.Draft
	result string
	forms.Refusal
}

func taskList(f i18n.Format, page string, tasks tasks.List, typed *typedTask) tasksView {
	var v tasksView
	for _, task := range tasks.Items {
		row := taskView{
			ID: task.ID, Text: task.Text, Type: taskType(f, task.TypeID, task.Type), Responsible: task.Responsible,
			Action: ui.Plain(page + "/tasks/" + strconv.FormatInt(task.ID, 10) + "/done"), Token: ui.NewToken(),
			Result: forms.Input{Name: ui.Plain(resultName(task.ID)), Label: f.T("tasks.result"), Widget: "text", Value: ui.Plain("")},
		}
		row.Due, row.Urgency = f.Due(task.Due)
		if typed != nil && typed.id == task.ID {
			row.Open, row.Problem, row.Token = true, typed.Problem, typed.Token
			row.Result.Value, row.Result.Error = ui.Plain(typed.result), typed.Errors["result"]
		}
		v.Items = append(v.Items, row)
	}
	v.New = newTask(f, page, tasks, typed)
	if tasks.Stale {
		v.Stale = f.T("stale.slow", "Age", f.Age(tasks.At))
	}
	return v
}

// resultName returns the name of a task's input: names are ids of the page as well, so several tasks need several.
func resultName(taskID int64) string { return "result." + strconv.FormatInt(taskID, 10) }

// newTask returns the form of a new task, due tomorrow at noon unless something else was typed.
func newTask(f i18n.Format, page string, list tasks.List, typed *typedTask) *newTaskView {
	v := &newTaskView{Action: ui.Plain(page + "/tasks"), Token: ui.NewToken()}
	draft, errs := tasks.Draft{Due: tomorrowNoon(f), TypeID: tasks.FollowUp}, map[string]string(nil)
	if typed != nil && typed.id == 0 {
		draft, errs, v.Problem, v.Token, v.Open = typed.draft, typed.Errors, typed.Problem, typed.Token, true
	}
	kinds := forms.Input{Name: "type_id", Label: f.T("tasks.type"), Widget: "select", Must: true, Error: errs["type_id"]}
	for _, id := range []int64{tasks.FollowUp, tasks.Meeting} {
		kinds.Options = append(kinds.Options, forms.Choice(strconv.FormatInt(id, 10), taskType(f, id, ""), id == draft.TypeID))
	}
	for _, own := range list.Types {
		if id := int64(own.ID); id != tasks.FollowUp && id != tasks.Meeting {
			kinds.Options = append(kinds.Options, forms.Choice(strconv.FormatInt(id, 10), own.Name, id == draft.TypeID))
		}
	}
	v.Inputs = []forms.Input{
		{Name: "task_text", Label: f.T("tasks.text"), Widget: "text", Value: ui.Plain(draft.Text), Must: true, Error: errs["text"]},
		{Name: "due", Label: f.T("tasks.due"), Widget: "datetime", Value: ui.Plain(draft.Due), Must: true, Error: errs["due"]},
		kinds,
	}
	if len(list.Users) > 0 {
		v.Inputs = append(v.Inputs, forms.Input{
			Name: "task_responsible", Label: f.T("field.responsible"), Widget: "select", Options: forms.Users(list.Users, draft.ResponsibleID),
			Error: errs["responsible_id"],
		})
	}
	v.Problem = cmp.Or(v.Problem, forms.LeftOver(errs, "text", "due", "type_id", "responsible_id"))
	return v
}

// taskType names a type in the reader's language where amoCRM gives it to every account.
func taskType(f i18n.Format, id int64, name string) string {
	switch id {
	case tasks.FollowUp:
		return f.T("tasks.follow_up")
	case tasks.Meeting:
		return f.T("tasks.meeting")
	}
	return name
}

func tomorrowNoon(f i18n.Format) string {
	return f.In(f.Now).AddDate(0, 0, 1).Format(time.DateOnly) + "T12:00"
}
