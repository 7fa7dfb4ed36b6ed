package crm

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

const testBase = "https://example.amocrm.ru"

// testMeta is a small account: two pipelines, three users, fields of several types.
func testMeta(t *testing.T) Meta {
	t.Helper()
	var m Meta
	parse := func(body string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(body), into); err != nil {
			t.Fatal(err)
		}
	}
	parse(`{"id":7,"country":"RU","currency":"RUB","current_user_id":501}`, &m.Account)
	m.Account.Timezone = "Europe/Moscow"
	m.Users = []amocrm.User{
		{ID: 501, Name: "Irina Agent", IsActive: true}, {ID: 502, Name: "Oleg Gone"},
		{ID: 503, Name: "Free Rider", IsActive: true, IsFree: true},
	}
	parse(fake.Pipelines, &m.Pipelines)
	parse(fake.LeadFields, &m.LeadFields)
	parse(fake.ContactFields, &m.ContactFields)
	return m
}

func leadJSON(t *testing.T, body string) amocrm.Lead {
	t.Helper()
	var l amocrm.Lead
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestDealOf_everythingKnown(t *testing.T) {
	l := leadJSON(t, `{"id":21,"name":" Lamp ","price":1500.5,"responsible_user_id":501,"status_id":311,"pipeline_id":31,
		"created_at":1700000000,"updated_at":1700000100,"closed_at":null,"closest_task_at":1700009999,
		"_embedded":{"contacts":[{"id":12,"is_main":false},{"id":11,"is_main":true}]}}`)
	task := time.Unix(1700009999, 0).UTC()
	want := Deal{
		ID: 21, Name: "Lamp", URL: testBase + "/leads/detail/21", Price: 150050, Currency: "RUB",
		Pipeline: "Sales", Status: "First contact", Color: "#99ccff", PipelineID: 31, StatusID: 311, State: DealOpen,
		Responsible: "Irina Agent", CreatedAt: time.Unix(1700000000, 0).UTC(), UpdatedAt: time.Unix(1700000100, 0).UTC(),
		TaskAt: &task, ContactIDs: []int64{11, 12},
	}
	if d := cmp.Diff(want, dealOf(testBase, testMeta(t), l)); d != "" {
		t.Error(d)
	}
}

func TestDealOf_statesAndDeletedNames(t *testing.T) {
	for _, c := range []struct{ name, body, state, pipeline, status, color, responsible string }{
		{"won", `{"pipeline_id":31,"status_id":142,"responsible_user_id":502}`, DealWon, "Sales", "Won", "#ccff66", "Oleg Gone"},
		{"lost", `{"pipeline_id":31,"status_id":143}`, DealLost, "Sales", "Lost", "#d5d8db", ""},
		{"stage is gone", `{"pipeline_id":31,"status_id":399}`, DealOpen, "Sales", "#399", "", ""},
		{"pipeline is gone", `{"pipeline_id":39,"status_id":311}`, DealOpen, "#39", "#311", "", ""},
		{"user is gone", `{"pipeline_id":31,"status_id":311,"responsible_user_id":599}`, DealOpen, "Sales", "First contact", "#99ccff", "#599"},
		{"a colour that is none never reaches a style", `{"pipeline_id":31,"status_id":312}`, DealOpen, "Sales", "Talks", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dealOf(testBase, testMeta(t), leadJSON(t, c.body))
			got := []string{d.State, d.Pipeline, d.Status, d.Color, d.Responsible}
			if diff := cmp.Diff([]string{c.state, c.pipeline, c.status, c.color, c.responsible}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPersonOf(t *testing.T) {
	c := contactJSON(t, `{"id":11,"name":"","first_name":"Anna","last_name":"Example","responsible_user_id":501,"updated_at":1700000000,
		"custom_fields_values":[
			{"field_code":"POSITION","field_type":"text","values":[{"value":"Buyer"}]},
			{"field_code":"PHONE","field_type":"multitext","values":[{"value":"+79995550123","enum":"WORK"}]},
			{"field_code":"EMAIL","field_type":"multitext","values":[{"value":"a@example.com"}]}],
		"_embedded":{"tags":[{"id":1,"name":"vip"}],"companies":[{"id":44}]}}`)
	want := Person{
		ID: 11, Name: "Anna Example", URL: testBase + "/contacts/detail/11", Position: "Buyer", CompanyID: 44,
		CompanyURL: testBase + "/companies/detail/44", Responsible: "Irina Agent", Phones: []string{"+79995550123"},
		Emails: []string{"a@example.com"}, Tags: []string{"vip"}, Matched: []Match{{Kind: MatchLink}},
		UpdatedAt: time.Unix(1700000000, 0).UTC(),
	}
	if d := cmp.Diff(want, personOf(testBase, testMeta(t), c, []Match{{Kind: MatchLink}})); d != "" {
		t.Error(d)
	}
}

func TestMeta_lookups(t *testing.T) {
	m := testMeta(t)
	if got := m.Assignable(); len(got) != 1 || got[0].ID != 501 {
		t.Errorf("assignable: %+v; want only the active, paying user", got)
	}
	open := m.Open()
	if len(open) != 2 || open[0].ID != 31 || open[0].Statuses[0].ID != 311 || len(m.Pipelines[0].Statuses) != 5 {
		t.Errorf("open pipelines: %+v; want no archive, no Unsorted, and the vocabulary untouched", open)
	}
	if got := m.Location().String(); got != "Europe/Moscow" {
		t.Errorf("location %q", got)
	}
	for _, zone := range []string{"", "Mars/Base"} {
		m.Account.Timezone = zone
		if m.Location() != time.UTC {
			t.Errorf("zone %q is not UTC", zone)
		}
	}
	m.UsersHidden, m.Users = true, nil
	if got := m.UserName(501); got != "" {
		t.Errorf("hidden user is called %q", got)
	}
}

func TestShownFields_inTheAccountsOrderAndZone(t *testing.T) {
	l := leadJSON(t, `{"custom_fields_values":[
		{"field_id":999,"field_name":"Deleted field","field_type":"text","values":[{"value":"kept"}]},
		{"field_id":905,"field_name":"Budget","field_type":"monetary","values":[{"value":"1200"}]},
		{"field_id":904,"field_name":"Site","field_type":"url","values":[{"value":"javascript:alert(1)"}]},
		{"field_id":902,"field_name":"Old name","field_type":"date_time","values":[{"value":1700000000}]},
		{"field_id":901,"field_name":"Product","field_type":"select","values":[{"value":"Lamp","enum_id":71}]},
		{"field_id":906,"field_name":"Address","field_type":"text","values":[]}]}`)
	want := []Shown{
		{ID: 901, Name: "Product", Type: "select", Text: []string{"Lamp"}},
		{ID: 902, Name: "Deadline", Type: "date_time", Text: []string{"2023-11-15 01:13:20"}},
		{ID: 904, Name: "Site", Type: "url", Text: []string{"javascript:alert(1)"}},
		{ID: 905, Name: "Budget", Type: "monetary", Text: []string{"1200"}, Currency: "EUR"},
		{ID: 999, Name: "Deleted field", Type: "text", Text: []string{"kept"}},
	}
	if d := cmp.Diff(want, shownFields(l.Fields, testMeta(t))); d != "" {
		t.Error(d)
	}
	l = leadJSON(t, `{"custom_fields_values":[{"field_id":904,"field_type":"url","values":[{"value":"https://example.com/a"}]}]}`)
	if got := shownFields(l.Fields, testMeta(t))[0].URL; got != "https://example.com/a" {
		t.Errorf("URL %q", got)
	}
}

func TestSortDeals_openFirstThenNewestUpdate(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	deals := []Deal{
		{ID: 1, State: DealWon, UpdatedAt: day(9)}, {ID: 2, State: DealOpen, UpdatedAt: day(1)},
		{ID: 3, State: DealLost, UpdatedAt: day(10)}, {ID: 4, State: DealOpen, UpdatedAt: day(5)},
		{ID: 5, State: DealOpen, UpdatedAt: day(5)},
	}
	sortDeals(deals)
	var got []int64
	for _, d := range deals {
		got = append(got, d.ID)
	}
	if d := cmp.Diff([]int64{5, 4, 2, 3, 1}, got); d != "" {
		t.Error(d)
	}
}

func TestSortPeople_linkedThenOpenDealsThenUpdate(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	people := []Person{
		{ID: 1, UpdatedAt: day(9)}, {ID: 2, UpdatedAt: day(1), Deals: []Deal{{State: DealOpen}}},
		{ID: 3, UpdatedAt: day(2)}, {ID: 4, UpdatedAt: day(8), Deals: []Deal{{State: DealLost}}},
	}
	sortPeople(people, 3)
	var got []int64
	for _, p := range people {
		got = append(got, p.ID)
	}
	if d := cmp.Diff([]int64{3, 2, 1, 4}, got); d != "" {
		t.Error(d)
	}
}

func TestNewestIDs_cutsRepeatsAndTheOldest(t *testing.T) {
	kept, rest := newestIDs([]int64{5, 9, 5, 1, 7}, 3)
	if d := cmp.Diff([]int64{9, 7, 5}, kept); d != "" || rest != 1 {
		t.Errorf("rest %d\n%s", rest, d)
	}
}
