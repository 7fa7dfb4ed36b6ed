// Package tasks lists, makes and completes the open tasks of a deal. It refuses to know other kinds of tasks and whom they remind.
package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/store"
)

const maxTaskRunes = 5000 // amoCRM documents no limit; this keeps a request small

// Kinds of a task that every account has and the catalogue names; others carry the account's own name.
const (
	FollowUp = int64(amocrm.TaskFollowUp)
	Meeting  = int64(amocrm.TaskMeeting)
)

// Task is an open task of a deal.
type Task struct {
	ID          int64
	Text        string
	TypeID      int64
	Type        string // the account's name of the type, empty when it does not say
	Responsible string
	Due         time.Time
}

// List are the open tasks of a deal, the earliest first.
type List struct {
	Items []Task
	Users []amocrm.User     // who may be responsible for a new one; empty when the connection may not read users
	Types []amocrm.TaskType // that a new one may have
	At    time.Time
	Stale bool
	Err   error `json:"-"`
}

// Draft is the form of a new task. Due is "2006-01-02T15:04" or a day alone ("2006-01-02", due at its end), in the
// account's time zone. ResponsibleID 0 leaves it to the CRM, TypeID 0 is a follow-up.
type Draft struct {
	Text          string
	Due           string
	TypeID        int64
	ResponsibleID int64
}

// Tasks lists the open tasks of a deal.
func (ts *Tasks) Tasks(ctx context.Context, leadID int64) (List, error) {
	var meta crm.Meta
	var got store.Cached[[]amocrm.Task]
	var g errgroup.Group
	g.Go(func() (err error) {
		meta, err = ts.account.Vocabulary(ctx, crm.PartAccount|crm.PartUsers)
		return err
	})
	g.Go(func() (err error) {
		got, err = store.Fetch(ctx, ts.account.Cache(), ts.account.Keys().Tasks(leadID), ts.account.AgeOf("leads", leadID), func(ctx context.Context) ([]amocrm.Task, error) {
			return ts.account.API().Tasks(ctx, amocrm.ID(leadID))
		})
		return err
	})
	if err := g.Wait(); err != nil {
		return List{}, fmt.Errorf("read tasks of deal %d: %w", leadID, err)
	}
	out := List{Users: meta.Assignable(), Types: meta.Account.TaskTypes, At: got.At, Stale: got.Stale, Err: got.Err}
	for _, t := range got.Value {
		kind, _ := crm.Find(out.Types, func(kind amocrm.TaskType) bool { return kind.ID == t.TypeID })
		out.Items = append(out.Items, Task{ID: int64(t.ID), Text: strings.TrimSpace(t.Text), TypeID: int64(t.TypeID), Type: kind.Name,
			Responsible: meta.UserName(int64(t.ResponsibleID)), Due: crm.At(t.CompleteTill)})
	}
	return out, nil
}

// AddTask makes a task for a deal. A refused draft is *FieldErrors at text, due, type_id or responsible_id; ErrGone when
// there is no such deal; ErrUnknownOutcome as in CreateDeal.
func (ts *Tasks) AddTask(ctx context.Context, leadID int64, d Draft) (int64, error) {
	meta, err := ts.account.Vocabulary(ctx, crm.PartAccount|crm.PartUsers)
	if err != nil {
		return 0, fmt.Errorf("add task to deal %d: %w", leadID, err)
	}
	in, err := taskInput(d, meta)
	if err != nil {
		return 0, err
	}
	if _, err := ts.account.Lead(ctx, leadID); err != nil { // amoCRM would hang the task on nothing
		return 0, fmt.Errorf("add task to deal %d: %w", leadID, err)
	}
	in.EntityID, in.EntityType = amocrm.ID(leadID), "leads"
	ts.account.Writes().Own(ctx, "leads", leadID, crm.AspectData)
	id, err := ts.account.Writes().Once(ctx, crm.Write{
		Mark: []string{"task", crm.Decimal(leadID), in.Text, crm.Decimal(in.CompleteTill), crm.Decimal(int64(in.ResponsibleID))},
		Send: func(ctx context.Context) (int64, error) {
			made, err := ts.account.API().CreateTasks(ctx, []amocrm.TaskInput{in})
			return crm.FirstID(made), err
		},
		Look: func(ctx context.Context, since time.Time) (int64, error) { return ts.lostTask(ctx, in, since) },
	})
	if err != nil {
		return 0, crm.Wrap(fmt.Sprintf("add task to deal %d", leadID), crm.Refused(err, func(path string) string { return formPaths[path] }))
	}
	return id, ts.account.DealChanged(context.WithoutCancel(ctx), leadID, ts.account.Keys().Tasks(leadID))
}

func taskInput(d Draft, m crm.Meta) (amocrm.TaskInput, error) {
	e := &crm.FieldErrors{}
	in := amocrm.TaskInput{
		Text: strings.TrimSpace(d.Text), TypeID: amocrm.ID(cmp.Or(d.TypeID, FollowUp)), ResponsibleID: amocrm.ID(d.ResponsibleID),
	}
	e.Text("text", in.Text, maxTaskRunes)
	due, ok := dueIn(d.Due, m.Location())
	switch {
	case strings.TrimSpace(d.Due) == "":
		e.Add("due", crm.KeyRequired, nil)
	case !ok || due.Unix() <= 0: // a year of two digits: amoCRM's times begin in 1970
		e.Add("due", crm.KeyBadValue, nil)
	}
	in.CompleteTill = due.Unix()
	own := slices.ContainsFunc(m.Account.TaskTypes, func(t amocrm.TaskType) bool { return t.ID == in.TypeID })
	if in.TypeID != amocrm.TaskFollowUp && in.TypeID != amocrm.TaskMeeting && !own {
		e.Add("type_id", crm.KeyBadChoice, nil)
	}
	known := slices.ContainsFunc(m.Assignable(), func(u amocrm.User) bool { return u.ID == in.ResponsibleID })
	if in.ResponsibleID != 0 && !m.UsersHidden && !known {
		e.Add("responsible_id", crm.KeyBadChoice, nil)
	}
	return in, e.OrNil()
}

// dueIn reads a moment of a form. A day alone is due at 23:59, as amoCRM's own all-day tasks are.
func dueIn(s string, loc *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if t, err := time.ParseInLocation("2006-01-02T15:04", s, loc); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation(time.DateOnly, s, loc)
	return t.Add(24*time.Hour - time.Minute), err == nil
}

// formPaths are the form's names of amoCRM's fields.
var formPaths = map[string]string{
	"text": "text", "complete_till": "due", "task_type_id": "type_id", "responsible_user_id": "responsible_id",
}

// lostTask looks for a task that was made a moment ago among the deal's open ones; those of other authors are others.
func (ts *Tasks) lostTask(ctx context.Context, in amocrm.TaskInput, since time.Time) (int64, error) {
	tasks, err := ts.account.API().Tasks(ctx, in.EntityID)
	if err != nil {
		return 0, err
	}
	ours := ts.account.Writes().Authors(ctx)
	for _, t := range tasks {
		if ours(t.CreatedBy) && int64(t.CreatedAt) >= since.Unix() && int64(t.CompleteTill) == in.CompleteTill && strings.TrimSpace(t.Text) == in.Text {
			return int64(t.ID), nil
		}
	}
	return 0, nil
}

// CompleteTask closes a task of a deal with a result, which may be empty. One that is closed already stays as it is.
// *FieldErrors at result; ErrGone when the deal has no such task.
func (ts *Tasks) CompleteTask(ctx context.Context, leadID, taskID int64, result string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), crm.WriteTime)
	defer cancel()
	result = strings.TrimSpace(result)
	if e := (&crm.FieldErrors{}); !e.Length("result", result, maxTaskRunes) {
		return e
	}
	done, err := ts.taskDone(ctx, leadID, taskID)
	if err == nil && !done {
		ts.account.Writes().Own(ctx, "leads", leadID, crm.AspectData)
		err = ts.account.API().CompleteTask(ctx, amocrm.ID(taskID), result)
	}
	if errors.Is(err, amocrm.ErrUnknownOutcome) {
		if done, lookErr := ts.taskDone(ctx, leadID, taskID); lookErr == nil && done {
			err = nil
		} else {
			err = fmt.Errorf("%w (%w)", crm.ErrUnknownOutcome, errors.Join(err, lookErr))
		}
	}
	if errors.Is(err, amocrm.ErrNotFound) {
		err = crm.ErrGone
	}
	if err != nil {
		return crm.Wrap(fmt.Sprintf("complete task %d", taskID), crm.Refused(err, func(string) string { return "result" }))
	}
	return ts.account.DealChanged(ctx, leadID, ts.account.Keys().Tasks(leadID))
}

// taskDone reads whether a task of a deal is completed; ErrGone when it is another's.
func (ts *Tasks) taskDone(ctx context.Context, leadID, taskID int64) (bool, error) {
	t, err := ts.account.API().Task(ctx, amocrm.ID(taskID))
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && (t.EntityType != "leads" || int64(t.EntityID) != leadID) {
		return false, crm.ErrGone
	}
	return t.IsCompleted, err
}

// Tasks are those of an account's deals.
type Tasks struct{ account *crm.Account }

// New returns the tasks of an account.
func New(a *crm.Account) *Tasks { return &Tasks{a} }
