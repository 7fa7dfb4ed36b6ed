package people

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/deals"
)

func sixty() []int64 {
	var out []int64
	for i := range int64(60) {
		out = append(out, 2000+i)
	}
	return out
}

func TestPeople_sixtyDealsInOneCall(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", sixty()...)
	f.CRM.Set(func(c *fake.CRM) { c.Leads[2000]["status_id"] = 142; c.Leads[2000]["updated_at"] = 1900000000 })
	f.Warm(t)
	p := f.people(t, crmtest.Anna)
	shown := p.Contacts[0].Deals
	if len(shown) != 60 || p.Contacts[0].MoreDeals != 0 {
		t.Fatalf("%d deals, %d more", len(shown), p.Contacts[0].MoreDeals)
	}
	if shown[0].ID != 2059 || shown[59].ID != 2000 || shown[59].State != deals.Won {
		t.Errorf("first %d, last %d: open ones, newest update first, then closed ones", shown[0].ID, shown[59].ID)
	}
	want := []string{"GET /contacts?query=9995550123", "GET /contacts?query=anna@example.com", "GET /leads?ids=60"}
	if d := cmp.Diff(want, f.CRM.Calls()); d != "" {
		t.Error(d)
	}
}

func TestPeople_withoutFilterTheNewestTwentyAndACount(t *testing.T) {
	for name, claims := range map[string]bool{"the account says so": false, "the account says otherwise": true} {
		t.Run(name, func(t *testing.T) {
			f := setup(t)
			f.CRM.AddContact(11, "Anna", "+79995550123", "", sixty()...)
			f.CRM.AddContact(12, "Other", "+79995550999", "", 7)
			f.CRM.Set(func(c *fake.CRM) { c.Filter, c.Claims = false, claims })
			f.Warm(t)
			p := f.people(t, crmtest.Anna)
			if got := p.Contacts[0]; len(got.Deals) != 20 || got.MoreDeals != 40 || got.Deals[0].ID != 2059 {
				t.Fatalf("%d deals, %d more", len(got.Deals), got.MoreDeals)
			}
			if err := f.ForgetData(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.CRM.Reset()
			f.people(t, crmtest.Anna)
			for _, c := range f.CRM.Calls() {
				if c == "GET /leads?ids=60" {
					t.Error("tried the filter again although it is known not to work")
				}
			}
		})
	}
}

func TestPeople_unexpectedlyWorkingFilterIsUsed(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", sixty()...)
	f.CRM.Set(func(c *fake.CRM) { c.Filter, c.Claims = true, false })
	f.Warm(t)
	if p := f.people(t, crmtest.Anna); len(p.Contacts[0].Deals) != 60 {
		t.Errorf("%d deals", len(p.Contacts[0].Deals))
	}
}
