package amocrm

import (
	"context"
	"errors"
	"time"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/money"
)

// fakeDealCard is what the fake knows of changing a deal. Written changes show in the next read.
type fakeDealCard struct {
	changes   []deals.Change
	onChange  func(deals.Change) error
	tasks     []tasks.Task
	tasksErr  error
	onTask    func(tasks.Draft) error
	drafts    []tasks.Draft
	results   map[int64]string
	older     map[string]feed.Feed // by place
	feedPlace string               // where the first page ends
}

func sampleTasks() []tasks.Task {
	return []tasks.Task{
		{ID: 61, Text: "Send the offer", TypeID: tasks.FollowUp, Responsible: "Ivan Smirnov", Due: now.Add(-2 * day)},
		{ID: 62, Text: "Call back", TypeID: tasks.Meeting, Due: now.Add(2 * time.Hour)},
		{ID: 63, Text: "Measure the room", TypeID: 77, Type: "Visit", Responsible: "Maria Kuznetsova", Due: now.Add(5 * day)},
	}
}

func sampleLossReasons() []amoapi.LossReason {
	return []amoapi.LossReason{{ID: 901, Name: "Too expensive"}, {ID: 902, Name: "Bought elsewhere"}}
}

func (f *fakeCRM) DealEdit(_ context.Context, id int64) (deals.Edit, error) {
	if id != f.card.ID {
		return deals.Edit{}, crm.ErrGone
	}
	return deals.Edit{
		Name: f.card.Name, Price: f.card.Price, Currency: "RUB", PipelineID: 1, StatusID: 11, ResponsibleID: 1,
		Pipelines: f.openPipelines(), Users: f.form.Users, LossReasons: sampleLossReasons(),
		Fields: []amoapi.Field{
			{ID: 1, Name: "Delivery date", Type: "date"},
			{ID: 2, Name: "Source", Type: "select", Enums: []amoapi.Enum{{ID: 1, Value: "Website"}, {ID: 2, Value: "Call"}}},
			{ID: 5, Name: "Contract signed", Type: "checkbox"},
			{ID: 35, Name: "Wishes", Type: "textarea", RequiredStatuses: []amoapi.PipelineStatus{{PipelineID: 1, StatusID: 12}}},
		},
		Outside: []amoapi.Field{{ID: 40, Name: "Delivery address", Type: "smart_address"}},
		Values:  f.card.Inputs,
	}, nil
}

// openPipelines leaves out Unsorted, as the account does.
func (f *fakeCRM) openPipelines() []amoapi.Pipeline {
	m := crm.Meta{Pipelines: f.form.Pipelines}
	return m.Open()
}

func (f *fakeCRM) ChangeDeal(_ context.Context, _ int64, c deals.Change) error {
	f.called("change deal")
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.Price != nil {
		price, err := fakePrice(*c.Price, c.Lang)
		if err != nil && f.onChange == nil {
			return err
		}
		f.card.Price = price
	}
	f.changes = append(f.changes, c)
	if f.onChange != nil {
		return f.onChange(c)
	}
	if c.Name != nil {
		f.card.Name = *c.Name
	}
	return nil
}

// fakePrice refuses what is no amount, as the account does.
func fakePrice(typed, lang string) (money.Amount, error) {
	price, err := money.Parse(typed, money.In(lang, "RUB"))
	if err != nil && !errors.Is(err, money.ErrEmpty) {
		return 0, &crm.FieldErrors{Fields: []crm.FieldError{{Path: "price", Key: crm.KeyBadAmount}}}
	}
	return price, nil
}

func (f *fakeCRM) Tasks(context.Context, int64) (tasks.List, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return tasks.List{Items: f.tasks, Users: f.form.Users, At: now, Types: []amoapi.TaskType{{ID: 1}, {ID: 2}, {ID: 77, Name: "Visit"}}}, f.tasksErr
}

func (f *fakeCRM) AddTask(_ context.Context, _ int64, d tasks.Draft) (int64, error) {
	f.called("add task")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.onTask != nil {
		if err := f.onTask(d); err != nil {
			return 0, err
		}
	}
	f.drafts = append(f.drafts, d)
	f.tasks = append(f.tasks, tasks.Task{ID: 70, Text: d.Text, TypeID: d.TypeID, Due: now.Add(day)})
	return 70, nil
}

func (f *fakeCRM) CompleteTask(_ context.Context, _, taskID int64, result string) error {
	f.called("complete task")
	f.mu.Lock()
	defer f.mu.Unlock()
	var left []tasks.Task
	for _, t := range f.tasks {
		if t.ID != taskID {
			left = append(left, t)
		}
	}
	if len(left) == len(f.tasks) {
		return crm.ErrGone
	}
	f.results[taskID], f.tasks = result, left
	return nil
}

func (f *fakeCRM) FeedOlder(_ context.Context, _ int64, place string, comments bool) (feed.Feed, error) {
	f.called("feed older")
	got, ok := f.older[place]
	if !ok {
		return feed.Feed{}, crm.ErrGone
	}
	return got, nil
}
