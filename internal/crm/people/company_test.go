package people

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

func annaOf(company string) Draft {
	return Draft{Name: "Anna", Phones: crmtest.Anna.Phones, Company: company}
}

func TestCreateContact_joinsTheCompanyOfExactlyThatName(t *testing.T) {
	f := setup(t)
	f.CRM.AddCompany(43, "ПАРУС")
	f.CRM.AddCompany(44, " Парус ")
	f.CRM.AddCompany(45, "Парус Плюс")
	f.CRM.AddCompany(46, "парус")
	f.CRM.Set(func(c *fake.CRM) { c.Companies[46]["is_deleted"] = true })
	id, err := f.CreateContact(t.Context(), crmtest.Anna.ID, annaOf(" парус"))
	if err != nil {
		t.Fatal(err)
	}
	if got := firmOf(f, id); got != 44 {
		t.Errorf("stands in company %d, want the one updated last", got)
	}
	want := []string{"POST /contacts", fmt.Sprintf("POST /contacts/%d/link", id)}
	if d := cmp.Diff(want, fake.Posts(f.CRM.Calls())); d != "" {
		t.Error(d)
	}
	if got := f.people(t, crmtest.Anna).Contacts[0]; got.Company != "Парус" || got.CompanyID != 44 {
		t.Errorf("%+v", got)
	}
}

func TestCreateContact_makesAMissingCompanyOnce(t *testing.T) {
	f := setup(t)
	f.CRM.AddCompany(45, "Example Ltd Berlin")
	first, err := f.CreateContact(t.Context(), crmtest.Anna.ID, annaOf("Example Ltd"))
	if err != nil {
		t.Fatal(err)
	}
	firm := firmOf(f, first)
	if firm == 0 || f.CRM.Companies[firm]["name"] != "Example Ltd" || len(f.CRM.Notes[first]) != 0 {
		t.Fatalf("company %d of %v, notes %v", firm, f.CRM.Companies, f.CRM.Notes)
	}
	if got := f.people(t, crmtest.Anna).Contacts[0].Company; got != "Example Ltd" {
		t.Errorf("shown as %q", got)
	}
	// The CRM's search does not show the new company yet.
	second, err := f.CreateContact(t.Context(), 56, Draft{Name: "Oleg", Company: "EXAMPLE LTD"})
	if err != nil || firmOf(f, second) != firm {
		t.Errorf("second contact stands in %d, want %d, %v", firmOf(f, second), firm, err)
	}
	// It is renamed: what was made under that name is no longer it.
	f.CRM.Set(func(c *fake.CRM) { c.Companies[firm]["name"] = "Other Ltd" })
	third, err := f.CreateContact(t.Context(), 57, Draft{Name: "Ivan", Company: "Example Ltd"})
	if err != nil || firmOf(f, third) == firm || firmOf(f, third) == 0 {
		t.Errorf("third contact stands in %d, %v", firmOf(f, third), err)
	}
}

func TestCreateContact_twoAtOnceMakeOneCompany(t *testing.T) {
	f := setup(t)
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() {
			_, errs[i] = f.CreateContact(t.Context(), int64(70+i), Draft{Name: "Anna", Company: "Example Ltd"})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := len(f.CRM.Companies); got != 1 {
		t.Errorf("%d companies", got)
	}
}

func TestCreateContact_withoutCompanyAsksForNone(t *testing.T) {
	f := setup(t)
	if _, err := f.CreateContact(t.Context(), crmtest.Anna.ID, annaOf("  ")); err != nil {
		t.Fatal(err)
	}
	if got := f.CRM.Calls(); slices.ContainsFunc(got, func(c string) bool { return strings.Contains(c, "compan") || strings.Contains(c, "link") }) {
		t.Errorf("asked %v", got)
	}
}

func TestCreateContact_lostCompanyIsAdopted(t *testing.T) {
	f := setup(t)
	f.CRM.Lose("POST /companies", 1, true)
	f.CRM.Set(func(c *fake.CRM) {
		inner := c.Answer
		c.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			if inner(w, r) {
				c.Set(func(c *fake.CRM) { c.Hidden = map[int64]bool{} }) // the index has caught up
				return true
			}
			return false
		}
	})
	id, err := f.CreateContact(t.Context(), crmtest.Anna.ID, annaOf("Example Ltd"))
	if err != nil || firmOf(f, id) == 0 || len(f.CRM.Companies) != 1 {
		t.Errorf("%d in company %d of %d, %v", id, firmOf(f, id), len(f.CRM.Companies), err)
	}
}

func TestCreateContact_companyOfUnknownOutcomeIsLookedForNextTime(t *testing.T) {
	f := setup(t)
	f.CRM.Lose("POST /companies", 1, true)
	id, err := f.CreateContact(t.Context(), crmtest.Anna.ID, annaOf("Example Ltd"))
	after, ok := errors.AsType[*crm.AfterCreate](err)
	if id == 0 || !ok || after.Step != "company" || !errors.Is(err, crm.ErrUnknownOutcome) {
		t.Fatalf("%d, %v", id, err)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Hidden = map[int64]bool{} })
	second, err := f.CreateContact(t.Context(), 56, Draft{Name: "Oleg", Company: "Example Ltd"})
	if err != nil || firmOf(f, second) == 0 || len(f.CRM.Companies) != 1 {
		t.Errorf("%d companies, %v", len(f.CRM.Companies), err)
	}
}

func TestCreateContact_lostLinkIsLookedAt(t *testing.T) {
	for name, c := range map[string]struct {
		done bool
		want error
	}{"it had come through": {true, nil}, "it had not": {false, crm.ErrUnknownOutcome}} {
		t.Run(name, func(t *testing.T) {
			f := setup(t)
			f.CRM.AddCompany(44, "Example Ltd")
			f.CRM.Lose("POST /contacts/1001/link", 1, c.done)
			id, err := f.CreateContact(t.Context(), crmtest.Anna.ID, annaOf("Example Ltd"))
			if id != 1001 || !errors.Is(err, c.want) || (firmOf(f, id) == 44) != c.done {
				t.Errorf("%d, %v, in company %d", id, err, firmOf(f, id))
			}
		})
	}
}

func TestCreateContact_failedCompanyDoesNotHideTheContact(t *testing.T) {
	for _, what := range []string{"GET /companies", "POST /companies", "POST /contacts/1001/link"} {
		t.Run(what, func(t *testing.T) {
			f := setup(t)
			f.CRM.Set(func(c *fake.CRM) { c.Answer = fake.Failing(what, 403, "application/problem+json", `{"status":403}`) })
			id, err := f.CreateContact(t.Context(), crmtest.Anna.ID, annaOf("Example Ltd"))
			after, ok := errors.AsType[*crm.AfterCreate](err)
			if id != 1001 || !ok || after.Step != "company" || !errors.Is(err, amocrm.ErrForbidden) {
				t.Errorf("%d, %v", id, err)
			}
			if got := ids(f.people(t, crmtest.Anna).Contacts); !cmp.Equal(got, []int64{id}) {
				t.Errorf("the contact is not shown: %v", got)
			}
		})
	}
}
