package amocrm

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTask_oneOrNone(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/tasks/5", 200, `{"id":5,"entity_id":7,"entity_type":"leads","text":"call","complete_till":"30","created_at":"20",
		"task_type_id":2,"responsible_user_id":9,"is_completed":true,"result":{"text":"x"}}`)
	on(mock, "GET", "/tasks/6", 204, "")
	got, err := c.Task(t.Context(), 5)
	want := Task{ID: 5, EntityID: 7, EntityType: "leads", Text: "call", CompleteTill: 30, CreatedAt: 20, TypeID: TaskMeeting,
		ResponsibleID: 9, IsCompleted: true}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := c.Task(t.Context(), 6); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
}

func TestCreateTasks_sendsOnlyWhatIsSet(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/tasks", 200, example(t, "tasks-create-response"))
	made, err := c.CreateTasks(t.Context(), []TaskInput{{EntityID: 7, EntityType: "leads", Text: "call", CompleteTill: 1588885140}})
	if err != nil || len(made) != 1 || made[0].ID == 0 {
		t.Errorf("%v, %v", made, err)
	}
	s.body(t, `[{"entity_id":7,"entity_type":"leads","text":"call","complete_till":1588885140}]`)
	if made, err := c.CreateTasks(t.Context(), nil); made != nil || err != nil {
		t.Errorf("none: %v, %v", made, err)
	}
}

func TestCompleteTask_withAndWithoutResult(t *testing.T) {
	for result, body := range map[string]string{
		"called": `{"is_completed":true,"result":{"text":"called"}}`, "": `{"is_completed":true}`,
	} {
		c, mock := setup(t)
		s := on(mock, "PATCH", "/tasks/4745251", 200, example(t, "task-complete-response-single"))
		if err := c.CompleteTask(t.Context(), 4745251, result); err != nil {
			t.Error(err)
		}
		s.body(t, body)
	}
	c, mock := setup(t)
	on(mock, "PATCH", "/tasks/9", 404, `{"title":"Not Found","status":404}`)
	if err := c.CompleteTask(t.Context(), 9, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
	if err := c.CompleteTask(t.Context(), 0, ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("without id: %v", err)
	}
}
