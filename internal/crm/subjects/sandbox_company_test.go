package subjects

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

const schoolName = "Школа «Северный ветер»"

func TestSandbox_showsCompanies(t *testing.T) {
	for name, switches := range map[string]string{"filter on": `{"filter_on":true}`, "filter off": `{"filter_on":false}`} {
		t.Run(name, func(t *testing.T) {
			a := sandboxAccount(t)
			resp, err := http.Post(a.API().Base()+"/_sandbox/faults", "application/json", strings.NewReader(switches))
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", resp, err)
			}
			defer resp.Body.Close()
			// Two contacts of one company beside one of another: more than a single read.
			p, err := a.People(t.Context(), helpdesk.Client{Phones: []string{"+79991002020"}, Emails: []string{"office@lighthouse.example.com"}})
			if err != nil || len(p.Contacts) != 3 {
				t.Fatalf("%+v, %v", p, err)
			}
			for _, c := range p.Contacts {
				if c.Company == "" || (c.Company == schoolName) != (c.ID == scenario.ContactCompany) {
					t.Errorf("contact %d stands in %q", c.ID, c.Company)
				}
			}
			card, err := a.Deal(t.Context(), scenario.LeadCompany)
			if err != nil || len(card.Companies) != 1 || card.Companies[0].Name != schoolName {
				t.Errorf("%+v, %v", card.Companies, err)
			}
		})
	}
}

func TestSandbox_joinsAndMakesCompanies(t *testing.T) {
	a := sandboxAccount(t)
	for _, c := range []struct {
		client  helpdesk.Client
		company string
		exists  int64
	}{
		{helpdesk.Client{ID: 71, Name: "Пётр", Company: "ШКОЛА «северный ветер»", Phones: []string{"+79990001171"}}, schoolName, scenario.CompanySchool},
		{helpdesk.Client{ID: 72, Name: "Olivia Park", Company: "Park & Daughters", Emails: []string{"olivia.park@example.com"}}, "Park & Daughters", 0},
	} {
		id, err := a.CreateContact(t.Context(), c.client.ID, a.ContactForm(t.Context(), c.client))
		if err != nil {
			t.Fatal(err)
		}
		p, err := a.People(t.Context(), c.client)
		if err != nil || len(p.Contacts) != 1 || p.Contacts[0].ID != id || p.Contacts[0].Company != c.company {
			t.Fatalf("%+v, %v", p.Contacts, err)
		}
		if got := p.Contacts[0].CompanyID; c.exists != 0 && got != c.exists {
			t.Errorf("stands in %d, want %d", got, c.exists)
		}
		notes, _, err := a.API().NotesPage(t.Context(), "contacts", amocrm.ID(id), 1, 10)
		if err != nil || len(notes) != 0 {
			t.Errorf("notes %v, %v", notes, err)
		}
	}
}

// What a rule does with a client that nobody knows: deal and contact in one call, with a company of a name.
func TestSandbox_companyOfARulesContact(t *testing.T) {
	for name, want := range map[string]int64{schoolName: scenario.CompanySchool, "Unknown Wholesale": 0} {
		t.Run(name, func(t *testing.T) {
			a := sandboxAccount(t)
			client := helpdesk.Client{ID: 73, Name: "Petra Unknown", Company: name, Emails: []string{"petra.unknown@example.com"}}
			_, made, err := a.Resolve(t.Context(), client)
			if err != nil || made == nil {
				t.Fatalf("%v, %v", made, err)
			}
			company, err := a.CompanyNamed(t.Context(), name)
			if err != nil || company == 0 || want != 0 && company != want {
				t.Fatalf("%+v, %v", company, err)
			}
			got, err := a.API().CreateComplex(t.Context(), []amocrm.LeadInput{{Name: "From a rule", Embedded: &amocrm.LeadLinks{
				Contacts: []amocrm.ContactInput{*made}, Companies: []amocrm.CompanyInput{{ID: amocrm.ID(company)}}}}})
			if err != nil || len(got) != 1 || got[0].CompanyID == 0 || want != 0 && int64(got[0].CompanyID) != want {
				t.Fatalf("%+v, %v", got, err)
			}
			p, err := a.People(t.Context(), client)
			if err != nil || len(p.Contacts) != 1 || p.Contacts[0].Company != name || p.Contacts[0].CompanyID != int64(got[0].CompanyID) {
				t.Errorf("%+v, %v", p.Contacts, err)
			}
		})
	}
}
