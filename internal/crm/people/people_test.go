package people

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/oauth"
)

func TestPeople_mergesHitsAndDropsNearMisses(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+7 (999) 555-01-23", "", 21)
	f.CRM.AddContact(12, "Anna again", "", "ANNA@example.com", 22, 21)
	f.CRM.AddContact(13, "Call 9995550123 back", "", "")
	p := f.people(t, crmtest.Anna)
	if d := cmp.Diff([]int64{12, 11}, ids(p.Contacts)); d != "" {
		t.Fatal(d)
	}
	if d := cmp.Diff([]Match{{MatchPhone, "+7 (999) 555-01-23"}}, p.Contacts[1].Matched); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int64{22, 21}, dealIDs(p.Contacts[0].Deals)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int64{21}, dealIDs(p.Contacts[1].Deals)); d != "" {
		t.Error(d)
	}
	if got := p.Contacts[0].Deals[0]; got.Status != "First contact" || got.Responsible != "Irina Agent" || got.Currency != "RUB" {
		t.Errorf("deal without names: %+v", got)
	}
	if p.Keyless || p.Linked != 0 || p.Stale || p.At.IsZero() {
		t.Errorf("%+v", p)
	}
}

func TestPeople_coldIsTwoRoundTripsDeep(t *testing.T) {
	for name, c := range map[string]struct {
		filter bool
		deals  []int64
		firm   string
		most   int
	}{
		"filter on":                 {true, []int64{21, 22, 23, 24, 25, 26}, "", 6},
		"filter on, a company":      {true, []int64{21, 22, 23, 24, 25, 26}, "Example Ltd", 7},
		"filter off, few deals":     {false, []int64{21, 22}, "", 7},
		"filter off, deal and firm": {false, []int64{21}, "Example Ltd", 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.CRM.AddContact(11, "Anna", "+79995550123", "anna@example.com", c.deals...)
			if c.firm != "" {
				f.CRM.AddCompany(44, c.firm, 11)
			}
			// Long beside what a busy machine takes to begin requests that are meant to go together.
			f.CRM.Set(func(s *fake.CRM) { s.Latency, s.Filter, s.Claims = 400*time.Millisecond, c.filter, c.filter })
			p := f.people(t, crmtest.Anna)
			if got := len(p.Contacts[0].Deals); got != len(c.deals) {
				t.Errorf("%d deals, want %d", got, len(c.deals))
			}
			if got := p.Contacts[0].Company; got != c.firm {
				t.Errorf("company %q", got)
			}
			if d := f.CRM.Depth(); d > 2 {
				t.Errorf("%d round trips deep: %v", d, f.CRM.Calls())
			}
			if got := f.CRM.Calls(); len(got) > c.most {
				t.Errorf("%d calls, want at most %d (the account takes 7 a second): %v", len(got), c.most, got)
			}
		})
	}
}

func TestPeople_warmAsksNothing(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	first := f.people(t, crmtest.Anna)
	f.CRM.Reset()
	again := f.people(t, crmtest.Anna)
	if got := f.CRM.Calls(); len(got) != 0 {
		t.Errorf("warm page asked %v", got)
	}
	if d := cmp.Diff(ids(first.Contacts), ids(again.Contacts)); d != "" {
		t.Error(d)
	}
}

func TestPeople_keylessClientIsNotSearched(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "")
	p := f.people(t, helpdesk.Client{ID: 56, Name: "Anna", Phones: []string{" "}, Emails: []string{"0"}, Messengers: []helpdesk.Messenger{{Type: "telegram", ID: "@anna"}}})
	if !p.Keyless || len(p.Contacts) != 0 {
		t.Errorf("%+v", p)
	}
	for _, c := range f.CRM.Calls() {
		if strings.HasPrefix(c, "GET /contacts") {
			t.Errorf("asked %s", c)
		}
	}
}

func TestPeople_oldDataWhenTheCRMFails(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	f.people(t, crmtest.Anna)
	if err := f.ForgetData(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("GET", 500, "application/problem+json", `{"title":"ErrInternalServer","status":500}`)
	})
	p := f.people(t, crmtest.Anna)
	if !p.Stale || !errors.Is(p.Err, amocrm.ErrUpstream) || !cmp.Equal(ids(p.Contacts), []int64{11}) {
		t.Errorf("stale %v, %v, %v", p.Stale, p.Err, ids(p.Contacts))
	}
	f.Auth.Err = oauth.ErrNoGrant
	if p := f.people(t, crmtest.Anna); !p.Stale || !errors.Is(p.Err, oauth.ErrNeedsLogin) {
		t.Errorf("dead grant: stale %v, %v", p.Stale, p.Err)
	}
	if _, err := f.People(t.Context(), helpdesk.Client{ID: 99, Phones: []string{"+79995550777"}}); !errors.Is(err, oauth.ErrNeedsLogin) {
		t.Errorf("nothing known: %v", err)
	}
}

func TestPeople_contactsWithoutTheirDeals(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21, 22)
	f.CRM.AddContact(12, "Anna without deals", "+79995550123", "")
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/api/v4/leads" {
				return false
			}
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
	})
	p := f.people(t, crmtest.Anna)
	if len(p.Contacts) != 2 || p.At.IsZero() {
		t.Fatalf("%+v", p)
	}
	for _, c := range p.Contacts {
		if want := c.ID == 11; (c.DealsErr != nil) != want {
			t.Errorf("contact %d: %v", c.ID, c.DealsErr)
		}
	}
	f.CRM.Set(func(c *fake.CRM) { c.Answer = nil })
	if p := f.people(t, crmtest.Anna); p.Contacts[0].DealsErr != nil || len(p.Contacts[0].Deals) != 2 {
		t.Errorf("half an answer was kept: %+v", p.Contacts[0])
	}
}

func TestPeople_firstSearchAbroadUsesTheAccountsCountry(t *testing.T) {
	f := setup(t)
	f.CRM.Set(func(c *fake.CRM) { c.Country = "DE" })
	f.CRM.AddContact(11, "Anna", "+49 30 901820", "")
	berlin := helpdesk.Client{ID: 57, Phones: []string{"030 901820"}}
	if got := ids(f.people(t, berlin).Contacts); !cmp.Equal(got, []int64{11}) {
		t.Errorf("found %v", got)
	}
}
