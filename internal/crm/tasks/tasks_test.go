package tasks

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestTaskInput_dueIsInTheAccountsZone(t *testing.T) {
	m := crmtest.Meta(t)
	for typed, want := range map[string]string{"2026-12-24T15:30": "2026-12-24T12:30:00Z", " 2026-12-24": "2026-12-24T20:59:00Z"} {
		in, err := taskInput(Draft{Text: " Call ", Due: typed}, m)
		if got := time.Unix(in.CompleteTill, 0).UTC().Format(time.RFC3339); err != nil || got != want || in.Text != "Call" || in.TypeID != 1 {
			t.Errorf("%q: %s, %+v, %v", typed, got, in, err)
		}
	}
	_, err := taskInput(Draft{Text: " ", Due: "tomorrow", TypeID: 9, ResponsibleID: 502}, m)
	want := map[string]string{"text": crm.KeyRequired, "due": crm.KeyBadValue, "type_id": crm.KeyBadChoice, "responsible_id": crm.KeyBadChoice}
	if d := cmp.Diff(want, crmtest.ProblemMap(t, err)); d != "" {
		t.Error(d)
	}
	for _, due := range []string{"0026-12-24T15:30", "1969-12-24"} {
		if _, err = taskInput(Draft{Text: "x", Due: due}, m); crmtest.ProblemMap(t, err)["due"] != crm.KeyBadValue {
			t.Errorf("due %s: %v", due, err)
		}
	}
	if _, err = taskInput(Draft{Text: "x"}, m); crmtest.ProblemMap(t, err)["due"] != crm.KeyRequired {
		t.Errorf("without a date: %v", err)
	}
}

func TestSandbox_tasksOfADeal(t *testing.T) {
	a := sandboxAccount(t)
	ctx := t.Context()
	before, err := a.Tasks(ctx, scenario.LeadPipesOpen)
	if err != nil {
		t.Fatal(err)
	}
	id, err := New(a.WrittenBy("me")).AddTask(ctx, scenario.LeadPipesOpen, Draft{Text: "Send the offer", Due: "2031-01-02T10:00", TypeID: Meeting, ResponsibleID: int64(before.Users[0].ID)})
	if err != nil {
		t.Fatal(err)
	}
	if writer, err := a.Writer(ctx, "leads", scenario.LeadPipesOpen, crm.AspectData); err != nil || writer != "me" {
		t.Errorf("the report of our own task is taken for %q's, %v", writer, err)
	}
	after, err := a.Tasks(ctx, scenario.LeadPipesOpen)
	if err != nil || len(after.Items) != len(before.Items)+1 {
		t.Fatalf("%d tasks after %d, %v", len(after.Items), len(before.Items), err)
	}
	last := after.Items[len(after.Items)-1]
	if last.ID != id || last.Text != "Send the offer" || last.Responsible != before.Users[0].Name || last.Type == "" || last.Due.Year() != 2031 {
		t.Errorf("%+v", last)
	}
	if err := a.CompleteTask(ctx, scenario.LeadOneDeal, id, "sent"); !errors.Is(err, crm.ErrGone) {
		t.Errorf("a task of another deal: %v", err)
	}
	for range 2 { // the second time it is done already
		if err := a.CompleteTask(ctx, scenario.LeadPipesOpen, id, "sent"); err != nil {
			t.Fatal(err)
		}
	}
	if after, err = a.Tasks(ctx, scenario.LeadPipesOpen); err != nil || len(after.Items) != len(before.Items) {
		t.Errorf("%d tasks, %v", len(after.Items), err)
	}
	shown, err := feed.New(a.Account).Feed(ctx, scenario.LeadPipesOpen)
	if err != nil || shown.Items[0].Kind != feed.KindTask {
		t.Errorf("%+v, %v", shown.Items, err)
	}
	if _, err := a.AddTask(ctx, 4, Draft{Text: "x", Due: "2031-01-02"}); !errors.Is(err, crm.ErrGone) {
		t.Errorf("a deal that is not there: %v", err)
	}
}
