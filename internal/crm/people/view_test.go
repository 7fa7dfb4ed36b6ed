package people

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/deals"
)

func TestPersonOf(t *testing.T) {
	c := contactJSON(t, `{"id":11,"name":"","first_name":"Anna","last_name":"Example","responsible_user_id":501,"updated_at":1700000000,
		"custom_fields_values":[
			{"field_code":"POSITION","field_type":"text","values":[{"value":"Buyer"}]},
			{"field_code":"PHONE","field_type":"multitext","values":[{"value":"+79995550123","enum":"WORK"}]},
			{"field_code":"EMAIL","field_type":"multitext","values":[{"value":"a@example.com"}]}],
		"_embedded":{"tags":[{"id":1,"name":"vip"}],"companies":[{"id":44}]}}`)
	want := Person{
		ID: 11, Name: "Anna Example", URL: crmtest.Base + "/contacts/detail/11", Position: "Buyer", CompanyID: 44,
		CompanyURL: crmtest.Base + "/companies/detail/44", Responsible: "Irina Agent", Phones: []string{"+79995550123"},
		Emails: []string{"a@example.com"}, Tags: []string{"vip"}, Matched: []Match{{Kind: MatchLink}},
		UpdatedAt: time.Unix(1700000000, 0).UTC(),
	}
	if d := cmp.Diff(want, personOf(crmtest.Base, crmtest.Meta(t), c, []Match{{Kind: MatchLink}})); d != "" {
		t.Error(d)
	}
}

func TestSortPeople_linkedThenOpenDealsThenUpdate(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	people := []Person{
		{ID: 1, UpdatedAt: day(9)}, {ID: 2, UpdatedAt: day(1), Deals: []deals.Deal{{State: deals.Open}}},
		{ID: 3, UpdatedAt: day(2)}, {ID: 4, UpdatedAt: day(8), Deals: []deals.Deal{{State: deals.Lost}}},
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
