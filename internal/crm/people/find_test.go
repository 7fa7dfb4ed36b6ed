package people

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

func TestSearch_showsWhatAmoFinds(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna Example", "+7 (999) 555-01-23", "")
	for _, text := range []string{"anna", "8 (999) 555-01-23"} {
		got, err := f.Search(t.Context(), text)
		if err != nil || !cmp.Equal(ids(got), []int64{11}) {
			t.Errorf("search %q: %v, %v", text, ids(got), err)
		}
	}
	if _, err := f.Search(t.Context(), " \t"); !errors.Is(err, crm.ErrEmptyQuery) {
		t.Errorf("empty search: %v", err)
	}
}

func TestDuplicates_onlyTrueOnes(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "")
	f.CRM.AddContact(12, "Note 9995550123", "", "")
	got, err := f.Duplicates(t.Context(), Draft{Phones: []string{"89995550123"}, Emails: []string{"new@example.com"}})
	if err != nil || !cmp.Equal(ids(got), []int64{11}) {
		t.Errorf("%v, %v", ids(got), err)
	}
}

func TestResolve(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "")
	f.CRM.AddContact(12, "Anna newer", "", "anna@example.com")
	f.Warm(t)
	id, made, err := f.Resolve(t.Context(), crmtest.Anna)
	if err != nil || id != 12 || made != nil {
		t.Errorf("several hits: %d, %v, %v; want the most recently updated", id, made, err)
	}
	stranger := helpdesk.Client{ID: 60, Phones: []string{"8 999 555-07-77"}, Emails: []string{"not an address", "s@example.com"}}
	id, made, err = f.Resolve(t.Context(), stranger)
	if err != nil || id != 0 || made == nil || made.Name != "s@example.com" || len(made.Fields) != 2 {
		t.Fatalf("stranger: %d, %+v, %v", id, made, err)
	}
	if got := made.Fields[0].Values[0].Value; got != "+79995550777" {
		t.Errorf("phone %v", got)
	}
	if err := f.Remember(t.Context(), helpdesk.Client{ID: 60}, 1001); err != nil {
		t.Fatal(err)
	}
	f.CRM.Reset()
	if id, _, err = f.Resolve(t.Context(), stranger); err != nil || id != 1001 {
		t.Errorf("remembered: %d, %v", id, err)
	}
	if err := f.Memory().Link(t.Context(), 60, 12); err != nil {
		t.Fatal(err)
	}
	if id, _, err = f.Resolve(t.Context(), stranger); err != nil || id != 12 || len(f.CRM.Calls()) != 0 {
		t.Errorf("linked: %d, %v, asked %v", id, err, f.CRM.Calls())
	}
	if id, err = f.Known(t.Context(), stranger.ID); err != nil || id != 12 || len(f.CRM.Calls()) != 0 {
		t.Errorf("known: %d, %v, asked %v", id, err, f.CRM.Calls())
	}
	if id, err = f.Known(t.Context(), crmtest.Anna.ID); err != nil || id != 0 {
		t.Errorf("somebody who was never linked is known as %d, %v", id, err)
	}
}
