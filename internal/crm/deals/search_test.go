package deals

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestSearchDeals_byNameAndById(t *testing.T) {
	a := sandboxAccount(t)
	lead, err := a.Lead(t.Context(), scenario.LeadPipesOpen)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{lead.Name, crm.Decimal(int64(lead.ID)), "#" + crm.Decimal(int64(lead.ID)), " № " + crm.Decimal(int64(lead.ID))} {
		got, err := a.SearchDeals(t.Context(), typed)
		if err != nil || !slices.ContainsFunc(got, func(d Deal) bool { return d.ID == int64(lead.ID) && d.Status != "" && d.Pipeline != "" }) {
			t.Errorf("%q: %+v, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"nobody has such a deal", "999999999"} {
		if got, err := a.SearchDeals(t.Context(), typed); err != nil || len(got) != 0 {
			t.Errorf("%q: %+v, %v", typed, got, err)
		}
	}
	if _, err := a.SearchDeals(t.Context(), "  "); !errors.Is(err, crm.ErrEmptyQuery) {
		t.Errorf("an empty search: %v", err)
	}
}

// Whoever has a whole phone or address is found as a contact, with the deals: one call less.
func TestSearchDeals_notByPhoneOrAddress(t *testing.T) {
	f := setup(t)
	for _, typed := range []string{"+7 916 000-00-01", "8 (916) 000-00-01", "anna@example.com"} {
		f.CRM.Reset()
		got, err := f.SearchDeals(t.Context(), typed)
		if err != nil || got != nil || slices.ContainsFunc(f.CRM.Calls(), func(call string) bool { return strings.HasPrefix(call, "GET /leads?") }) {
			t.Errorf("%q: %+v, %v, asked %v", typed, got, err, f.CRM.Calls())
		}
	}
}
