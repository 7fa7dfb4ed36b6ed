package people

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// companyCalls counts the reads of companies since the last reset.
func companyCalls(f *fixture) []string {
	var out []string
	for _, c := range f.CRM.Calls() {
		if strings.HasPrefix(c, "GET /companies") {
			out = append(out, c)
		}
	}
	return out
}

func companyOf(p Found) map[int64]string {
	out := map[int64]string{}
	for _, c := range p.Contacts {
		out[c.ID] = c.Company
	}
	return out
}

// office is a client whose phone is that of n contacts 11, 12, … of companies 41, 42, …
func office(f *fixture, n int64) {
	for i := range n {
		f.CRM.AddContact(11+i, "Anna", "+79995550123", "")
		f.CRM.AddCompany(41+i, " Firm "+crm.Decimal(41+i)+" ", 11+i)
	}
}

func TestPeople_companiesOfAllInOneCallAndCached(t *testing.T) {
	f := setup(t)
	office(f, 3)
	want := map[int64]string{11: "Firm 41", 12: "Firm 42", 13: "Firm 43"}
	if d := cmp.Diff(want, companyOf(f.people(t, crmtest.Anna))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"GET /companies?ids=3"}, companyCalls(f)); d != "" {
		t.Error(d)
	}
	f.CRM.Reset()
	other := helpdesk.Client{ID: 60, Phones: crmtest.Anna.Phones}
	if d := cmp.Diff(want, companyOf(f.people(t, other))); d != "" {
		t.Error(d)
	}
	if got := companyCalls(f); len(got) != 0 {
		t.Errorf("known names were asked for: %v", got)
	}
}

func TestPeople_renamedCompanyShowsAfterForgetting(t *testing.T) {
	f := setup(t)
	office(f, 1)
	f.people(t, crmtest.Anna)
	f.CRM.AddCompany(41, "New name", 11)
	if err := f.ForgetData(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[int64]string{11: "New name"}, companyOf(f.people(t, crmtest.Anna))); d != "" {
		t.Error(d)
	}
}

func TestPeople_withoutFilterTheNewestFiveCompanies(t *testing.T) {
	for name, claims := range map[string]bool{"the account says so": false, "the account says otherwise": true} {
		t.Run(name, func(t *testing.T) {
			f := setup(t)
			office(f, 7)
			f.CRM.AddCompany(50, "Nobody's")
			f.CRM.Set(func(c *fake.CRM) { c.Filter, c.Claims = false, claims })
			got := companyOf(f.people(t, crmtest.Anna))
			want := map[int64]string{11: "", 12: "", 13: "Firm 43", 14: "Firm 44", 15: "Firm 45", 16: "Firm 46", 17: "Firm 47"}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if err := f.ForgetData(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.CRM.Reset()
			f.people(t, crmtest.Anna)
			single := []string{"GET /companies/43", "GET /companies/44", "GET /companies/45", "GET /companies/46", "GET /companies/47"}
			if d := cmp.Diff(single, companyCalls(f)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPeople_namesThatCannotBeReadAreNoMisfortune(t *testing.T) {
	for name, n := range map[string]int64{"one company": 1, "three companies": 3} {
		t.Run(name, func(t *testing.T) {
			f := setup(t)
			office(f, n)
			f.CRM.AddContact(30, "Anna", "+79995550123", "", 21)
			refuse := fake.Failing("GET /companies", 403, "application/problem+json", `{"title":"Forbidden","status":403}`)
			f.CRM.Set(func(c *fake.CRM) { c.Answer = refuse })
			p := f.people(t, crmtest.Anna)
			if p.Stale || len(p.Contacts) != int(n)+1 || p.Contacts[0].DealsErr != nil || len(p.Contacts[0].Deals) != 1 {
				t.Fatalf("%+v", p)
			}
			if got := companyOf(p)[11]; got != "" {
				t.Errorf("company %q", got)
			}
			again := func(answer func(http.ResponseWriter, *http.Request) bool) string {
				t.Helper()
				f.CRM.Set(func(c *fake.CRM) { c.Answer = answer })
				if err := f.ForgetData(t.Context()); err != nil {
					t.Fatal(err)
				}
				return companyOf(f.people(t, crmtest.Anna))[11]
			}
			if got := again(nil); got != "Firm 41" {
				t.Errorf("after the failure: %q", got)
			}
			if got := again(refuse); got != "Firm 41" {
				t.Errorf("the old name is lost: %q", got)
			}
		})
	}
}

func TestPeople_slowNamesDoNotHoldThePage(t *testing.T) {
	f := setup(t)
	office(f, 1)
	release := make(chan struct{})
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/api/v4/companies") {
				<-release
			}
			return false
		}
	})
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	p, err := f.People(ctx, crmtest.Anna)
	if d := cmp.Diff(map[int64]string{11: ""}, companyOf(p)); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}

func TestPeople_deletedCompanyHasNoName(t *testing.T) {
	f := setup(t)
	office(f, 1)
	f.CRM.Set(func(c *fake.CRM) { delete(c.Companies, 41) })
	p := f.people(t, crmtest.Anna)
	if got := p.Contacts[0]; got.Company != "" || got.CompanyID != 41 {
		t.Errorf("%+v", got)
	}
}

func TestSearch_namesCompanies(t *testing.T) {
	f := setup(t)
	office(f, 2)
	got, err := f.Search(t.Context(), "anna")
	if err != nil || len(got) != 2 || got[0].Company != "Firm 41" || got[1].Company != "Firm 42" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = f.Duplicates(t.Context(), Draft{Phones: crmtest.Anna.Phones})
	if err != nil || len(got) != 2 || got[0].Company != "Firm 42" || got[1].Company != "Firm 41" {
		t.Errorf("%+v, %v", got, err)
	}
}
