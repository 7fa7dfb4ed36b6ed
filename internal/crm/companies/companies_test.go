package companies

import (
	"errors"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

func TestCompanyNamed(t *testing.T) {
	f := setup(t)
	f.CRM.AddCompany(44, "Example Ltd")
	f.CRM.AddCompany(45, "Example Ltd Berlin")
	made := map[int64]bool{}
	for _, c := range []struct {
		name, company string
		want          int64 // 0: a new one
	}{
		{"one that exists", " EXAMPLE ltd", 44},
		{"a near-miss", "Example", 0},
		{"too long for the CRM", strings.Repeat("я", crm.MaxNameRunes+1), 0},
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
	f.CRM.Set(func(c *fake.CRM) { c.Companies[99] = map[string]any{"id": 99, "name": "Fresh"}; c.Hidden[99] = true })
	if err := f.Memory().RememberCompany(t.Context(), "Fresh", 99); err != nil {
		t.Fatal(err)
	}
	if got, err := f.CompanyNamed(t.Context(), "fresh"); err != nil || got != 99 {
		t.Errorf("just made: %+v, %v", got, err)
	}
	for status, want := range map[int]error{403: amocrm.ErrForbidden, 402: amocrm.ErrPayment} {
		f.CRM.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET /companies", status, "application/problem+json", `{}`) })
		if _, err := f.CompanyNamed(t.Context(), "Example Ltd"); !errors.Is(err, want) {
			t.Errorf("%d: %v", status, err)
		}
	}
}
