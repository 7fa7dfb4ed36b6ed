package crm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
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
	f.crm.AddContact(11, "Anna", "+79995550123", "", sixty()...)
	f.crm.Set(func(c *fake.CRM) { c.Leads[2000]["status_id"] = 142; c.Leads[2000]["updated_at"] = 1900000000 })
	f.warm(t)
	p := f.people(t, anna)
	shown := p.Contacts[0].Deals
	if len(shown) != 60 || p.Contacts[0].MoreDeals != 0 {
		t.Fatalf("%d deals, %d more", len(shown), p.Contacts[0].MoreDeals)
	}
	if shown[0].ID != 2059 || shown[59].ID != 2000 || shown[59].State != DealWon {
		t.Errorf("first %d, last %d: open ones, newest update first, then closed ones", shown[0].ID, shown[59].ID)
	}
	want := []string{"GET /contacts?query=9995550123", "GET /contacts?query=anna@example.com", "GET /leads?ids=60"}
	if d := cmp.Diff(want, f.crm.Calls()); d != "" {
		t.Error(d)
	}
}

func TestPeople_withoutFilterTheNewestTwentyAndACount(t *testing.T) {
	for name, claims := range map[string]bool{"the account says so": false, "the account says otherwise": true} {
		t.Run(name, func(t *testing.T) {
			f := setup(t)
			f.crm.AddContact(11, "Anna", "+79995550123", "", sixty()...)
			f.crm.AddContact(12, "Other", "+79995550999", "", 7)
			f.crm.Set(func(c *fake.CRM) { c.Filter, c.Claims = false, claims })
			f.warm(t)
			p := f.people(t, anna)
			if got := p.Contacts[0]; len(got.Deals) != 20 || got.MoreDeals != 40 || got.Deals[0].ID != 2059 {
				t.Fatalf("%d deals, %d more", len(got.Deals), got.MoreDeals)
			}
			if err := f.ForgetData(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.crm.Reset()
			f.people(t, anna)
			for _, c := range f.crm.Calls() {
				if c == "GET /leads?ids=60" {
					t.Error("tried the filter again although it is known not to work")
				}
			}
		})
	}
}

func TestPeople_unexpectedlyWorkingFilterIsUsed(t *testing.T) {
	f := setup(t)
	f.crm.AddContact(11, "Anna", "+79995550123", "", sixty()...)
	f.crm.Set(func(c *fake.CRM) { c.Filter, c.Claims = true, false })
	f.warm(t)
	if p := f.people(t, anna); len(p.Contacts[0].Deals) != 60 {
		t.Errorf("%d deals", len(p.Contacts[0].Deals))
	}
}
