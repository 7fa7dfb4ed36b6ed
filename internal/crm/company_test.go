package crm

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
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

func annaOf(company string) ContactDraft {
	return ContactDraft{Name: "Anna", Phones: anna.Phones, Company: company}
}

// firmOf gives the company that a contact of the CRM stands in, 0 for none.
func firmOf(f *fixture, contact int64) (firm int64) {
	f.crm.Set(func(c *fake.CRM) {
		links, _ := c.Contacts[contact]["_embedded"].(map[string]any)["companies"].([]any)
		for _, l := range links {
			firm = l.(map[string]any)["id"].(int64)
		}
	})
	return firm
}

func TestCreateContact_joinsTheCompanyOfExactlyThatName(t *testing.T) {
	f := setup(t)
	f.crm.AddCompany(43, "ПАРУС")
	f.crm.AddCompany(44, " Парус ")
	f.crm.AddCompany(45, "Парус Плюс")
	f.crm.AddCompany(46, "парус")
	f.crm.Set(func(c *fake.CRM) { c.Companies[46]["is_deleted"] = true })
	id, err := f.CreateContact(t.Context(), anna.ID, annaOf(" парус"))
	if err != nil {
		t.Fatal(err)
	}
	if got := firmOf(f, id); got != 44 {
		t.Errorf("stands in company %d, want the one updated last", got)
	}
	want := []string{"POST /contacts", fmt.Sprintf("POST /contacts/%d/link", id)}
	if d := cmp.Diff(want, fake.Posts(f.crm.Calls())); d != "" {
		t.Error(d)
	}
	if got := f.people(t, anna).Contacts[0]; got.Company != "Парус" || got.CompanyID != 44 {
		t.Errorf("%+v", got)
	}
}

func TestCreateContact_makesAMissingCompanyOnce(t *testing.T) {
	f := setup(t)
	f.crm.AddCompany(45, "Example Ltd Berlin")
	first, err := f.CreateContact(t.Context(), anna.ID, annaOf("Example Ltd"))
	if err != nil {
		t.Fatal(err)
	}
	firm := firmOf(f, first)
	if firm == 0 || f.crm.Companies[firm]["name"] != "Example Ltd" || len(f.crm.Notes[first]) != 0 {
		t.Fatalf("company %d of %v, notes %v", firm, f.crm.Companies, f.crm.Notes)
	}
	if got := f.people(t, anna).Contacts[0].Company; got != "Example Ltd" {
		t.Errorf("shown as %q", got)
	}
	// The CRM's search does not show the new company yet.
	second, err := f.CreateContact(t.Context(), 56, ContactDraft{Name: "Oleg", Company: "EXAMPLE LTD"})
	if err != nil || firmOf(f, second) != firm {
		t.Errorf("second contact stands in %d, want %d, %v", firmOf(f, second), firm, err)
	}
	// It is renamed: what was made under that name is no longer it.
	f.crm.Set(func(c *fake.CRM) { c.Companies[firm]["name"] = "Other Ltd" })
	third, err := f.CreateContact(t.Context(), 57, ContactDraft{Name: "Ivan", Company: "Example Ltd"})
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
			_, errs[i] = f.CreateContact(t.Context(), int64(70+i), ContactDraft{Name: "Anna", Company: "Example Ltd"})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := len(f.crm.Companies); got != 1 {
		t.Errorf("%d companies", got)
	}
}

func TestCreateContact_withoutCompanyAsksForNone(t *testing.T) {
	f := setup(t)
	if _, err := f.CreateContact(t.Context(), anna.ID, annaOf("  ")); err != nil {
		t.Fatal(err)
	}
	if got := f.crm.Calls(); slices.ContainsFunc(got, func(c string) bool { return strings.Contains(c, "compan") || strings.Contains(c, "link") }) {
		t.Errorf("asked %v", got)
	}
}

func TestCreateContact_lostCompanyIsAdopted(t *testing.T) {
	f := setup(t)
	f.crm.Lose("POST /companies", 1, true)
	f.crm.Set(func(c *fake.CRM) {
		inner := c.Answer
		c.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			if inner(w, r) {
				c.Set(func(c *fake.CRM) { c.Hidden = map[int64]bool{} }) // the index has caught up
				return true
			}
			return false
		}
	})
	id, err := f.CreateContact(t.Context(), anna.ID, annaOf("Example Ltd"))
	if err != nil || firmOf(f, id) == 0 || len(f.crm.Companies) != 1 {
		t.Errorf("%d in company %d of %d, %v", id, firmOf(f, id), len(f.crm.Companies), err)
	}
}

func TestCreateContact_companyOfUnknownOutcomeIsLookedForNextTime(t *testing.T) {
	f := setup(t)
	f.crm.Lose("POST /companies", 1, true)
	id, err := f.CreateContact(t.Context(), anna.ID, annaOf("Example Ltd"))
	after, ok := errors.AsType[*AfterCreate](err)
	if id == 0 || !ok || after.Step != "company" || !errors.Is(err, ErrUnknownOutcome) {
		t.Fatalf("%d, %v", id, err)
	}
	f.crm.Set(func(c *fake.CRM) { c.Hidden = map[int64]bool{} })
	second, err := f.CreateContact(t.Context(), 56, ContactDraft{Name: "Oleg", Company: "Example Ltd"})
	if err != nil || firmOf(f, second) == 0 || len(f.crm.Companies) != 1 {
		t.Errorf("%d companies, %v", len(f.crm.Companies), err)
	}
}

func TestCreateContact_lostLinkIsLookedAt(t *testing.T) {
	for name, c := range map[string]struct {
		done bool
		want error
	}{"it had come through": {true, nil}, "it had not": {false, ErrUnknownOutcome}} {
		t.Run(name, func(t *testing.T) {
			f := setup(t)
			f.crm.AddCompany(44, "Example Ltd")
			f.crm.Lose("POST /contacts/1001/link", 1, c.done)
			id, err := f.CreateContact(t.Context(), anna.ID, annaOf("Example Ltd"))
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
			f.crm.Set(func(c *fake.CRM) { c.Answer = fake.Failing(what, 403, "application/problem+json", `{"status":403}`) })
			id, err := f.CreateContact(t.Context(), anna.ID, annaOf("Example Ltd"))
			after, ok := errors.AsType[*AfterCreate](err)
			if id != 1001 || !ok || after.Step != "company" || !errors.Is(err, amocrm.ErrForbidden) {
				t.Errorf("%d, %v", id, err)
			}
			if got := ids(f.people(t, anna).Contacts); !cmp.Equal(got, []int64{id}) {
				t.Errorf("the contact is not shown: %v", got)
			}
		})
	}
}

func TestCompanyNamed(t *testing.T) {
	f := setup(t)
	f.crm.AddCompany(44, "Example Ltd")
	f.crm.AddCompany(45, "Example Ltd Berlin")
	made := map[int64]bool{}
	for _, c := range []struct {
		name, company string
		want          int64 // 0: a new one
	}{
		{"one that exists", " EXAMPLE ltd", 44},
		{"a near-miss", "Example", 0},
		{"too long for the CRM", strings.Repeat("я", maxNameRunes+1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, err := f.CompanyNamed(t.Context(), c.company)
			if err != nil || first == 0 || c.want != 0 && first != c.want || made[first] {
				t.Fatalf("%d %v", first, err)
			}
			made[first] = true
			if again, err := f.CompanyNamed(t.Context(), c.company); err != nil || again != first {
				t.Errorf("a second time %d, %v", again, err)
			}
		})
	}
	f.crm.Set(func(c *fake.CRM) { c.Companies[99] = map[string]any{"id": 99, "name": "Fresh"}; c.Hidden[99] = true })
	if err := f.memory().RememberCompany(t.Context(), "Fresh", 99); err != nil {
		t.Fatal(err)
	}
	if got, err := f.CompanyNamed(t.Context(), "fresh"); err != nil || got != 99 {
		t.Errorf("just made: %+v, %v", got, err)
	}
	for status, want := range map[int]error{403: amocrm.ErrForbidden, 402: amocrm.ErrPayment} {
		f.crm.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET /companies", status, "application/problem+json", `{}`) })
		if _, err := f.CompanyNamed(t.Context(), "Example Ltd"); !errors.Is(err, want) {
			t.Errorf("%d: %v", status, err)
		}
	}
}
