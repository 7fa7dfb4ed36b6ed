package deals

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestDealOf_everythingKnown(t *testing.T) {
	l := crmtest.Lead(t, `{"id":21,"name":" Lamp ","price":1500.5,"responsible_user_id":501,"status_id":311,"pipeline_id":31,
		"created_at":1700000000,"updated_at":1700000100,"closed_at":null,"closest_task_at":1700009999,
		"_embedded":{"contacts":[{"id":12,"is_main":false},{"id":11,"is_main":true}]}}`)
	task := time.Unix(1700009999, 0).UTC()
	want := Deal{
		ID: 21, Name: "Lamp", URL: crmtest.Base + "/leads/detail/21", Price: 150050, Currency: "RUB",
		Pipeline: "Sales", Status: "First contact", Color: "#99ccff", PipelineID: 31, StatusID: 311, State: Open,
		Responsible: "Irina Agent", CreatedAt: time.Unix(1700000000, 0).UTC(), UpdatedAt: time.Unix(1700000100, 0).UTC(),
		TaskAt: &task, ContactIDs: []int64{11, 12},
	}
	if d := cmp.Diff(want, FromLead(crmtest.Base, crmtest.Meta(t), l)); d != "" {
		t.Error(d)
	}
}

func TestDealOf_statesAndDeletedNames(t *testing.T) {
	for _, c := range []struct{ name, body, state, pipeline, status, color, responsible string }{
		{"won", `{"pipeline_id":31,"status_id":142,"responsible_user_id":502}`, Won, "Sales", "Won", "#ccff66", "Oleg Gone"},
		{"lost", `{"pipeline_id":31,"status_id":143}`, Lost, "Sales", "Lost", "#d5d8db", ""},
		{"stage is gone", `{"pipeline_id":31,"status_id":399}`, Open, "Sales", "#399", "", ""},
		{"pipeline is gone", `{"pipeline_id":39,"status_id":311}`, Open, "#39", "#311", "", ""},
		{"user is gone", `{"pipeline_id":31,"status_id":311,"responsible_user_id":599}`, Open, "Sales", "First contact", "#99ccff", "#599"},
		{"a colour that is none never reaches a style", `{"pipeline_id":31,"status_id":312}`, Open, "Sales", "Talks", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := FromLead(crmtest.Base, crmtest.Meta(t), crmtest.Lead(t, c.body))
			got := []string{d.State, d.Pipeline, d.Status, d.Color, d.Responsible}
			if diff := cmp.Diff([]string{c.state, c.pipeline, c.status, c.color, c.responsible}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSortDeals_openFirstThenNewestUpdate(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	deals := []Deal{
		{ID: 1, State: Won, UpdatedAt: day(9)}, {ID: 2, State: Open, UpdatedAt: day(1)},
		{ID: 3, State: Lost, UpdatedAt: day(10)}, {ID: 4, State: Open, UpdatedAt: day(5)},
		{ID: 5, State: Open, UpdatedAt: day(5)},
	}
	Sort(deals)
	var got []int64
	for _, d := range deals {
		got = append(got, d.ID)
	}
	if d := cmp.Diff([]int64{5, 4, 2, 3, 1}, got); d != "" {
		t.Error(d)
	}
}
