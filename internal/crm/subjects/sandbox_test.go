package subjects

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestSandbox_findsWhoIsMeant(t *testing.T) {
	a := sandboxAccount(t)
	for _, c := range []struct {
		name           string
		phones, emails []string
		want           []int64
		deals          int // of all of them
	}{
		{"one deal", []string{"+7 999 100-01-01"}, []string{"irina.sokolova@example.com"}, []int64{scenario.ContactOneDeal}, 1},
		{"two pipelines", []string{"+79991000202"}, nil, []int64{scenario.ContactTwoPipes}, 5},
		{"one phone, three contacts, three ways to write it", []string{"+7 999 111-22-33"}, nil,
			[]int64{scenario.ContactShared1, scenario.ContactShared2, scenario.ContactShared3}, -1},
		{"eight and plus seven", []string{"8 (999) 123-45-67"}, nil, []int64{scenario.ContactEight}, -1},
		{"e-mail only", nil, []string{"grace.miller@example.com"}, []int64{scenario.ContactEmailOnly}, -1},
		{"other capitals", nil, []string{"Mixed.Case@Example.com"}, []int64{scenario.ContactCase}, -1},
		{"digits that are nobody's phone", []string{"+7 999 555-01-34"}, nil, nil, 0},
		{"two addresses", nil, []string{"helen.brooks@example.com", "helen.home@example.com"}, []int64{scenario.ContactTwoA, scenario.ContactTwoB}, -1},
		{"sixty deals", []string{"+7 (999) 100-09-09"}, nil, []int64{scenario.ContactSixty}, 60},
		{"no deals", []string{"89991001414"}, nil, []int64{scenario.ContactNoDeals}, 0},
		{"shared mailbox", nil, []string{"office@lighthouse.example.com"}, []int64{scenario.ContactOffice1, scenario.ContactOffice2}, -1},
		{"national number without prefix", []string{"9991002424"}, nil, []int64{scenario.ContactChat}, -1},
		{"british", []string{"+44 20 7946 0018"}, nil, []int64{scenario.ContactUK}, -1},
		{"no number at all", []string{"ext. 12", ""}, []string{"not-an-address"}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := a.People(t.Context(), helpdesk.Client{Phones: c.phones, Emails: c.emails})
			if err != nil {
				t.Fatal(err)
			}
			got := ids(p.Contacts)
			slices.Sort(got)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			deals := 0
			for _, person := range p.Contacts {
				deals += len(person.Deals)
				if len(person.Matched) == 0 {
					t.Errorf("contact %d does not say why it is here", person.ID)
				}
				for _, d := range person.Deals {
					if strings.HasPrefix(d.Status, "#") || strings.HasPrefix(d.Pipeline, "#") || d.Color == "" {
						t.Errorf("deal %d has no names: %+v", d.ID, d)
					}
				}
			}
			if c.deals >= 0 && deals != c.deals {
				t.Errorf("%d deals, want %d", deals, c.deals)
			}
		})
	}
}

func TestSandbox_createsContactAndDeal(t *testing.T) {
	a := sandboxAccount(t)
	olivia := helpdesk.Client{ID: 70, Name: "Olivia Park", Company: "Park & Daughters", Position: "Owner", Emails: []string{"olivia.park@example.com"},
		Phones: []string{"+1 617 555 0142"}, Messengers: []helpdesk.Messenger{{Type: "telegram", ID: "@olivia"}}, Sites: []string{"https://park.example.com/"}}
	contact, err := a.CreateContact(t.Context(), olivia.ID, a.ContactForm(t.Context(), olivia))
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.People(t.Context(), olivia)
	if err != nil || !cmp.Equal(ids(p.Contacts), []int64{contact}) || p.Contacts[0].Position != "Owner" {
		t.Fatalf("%+v, %v", p.Contacts, err)
	}
	form, err := a.DealForm(t.Context(), helpdesk.Ticket{Subject: "First order", Client: olivia, LastMessage: "20 cauldrons, please"})
	if err != nil || form.Draft.ContactID != contact {
		t.Fatalf("%+v, %v", form.Draft, err)
	}
	deal, err := a.CreateDeal(t.Context(), olivia.ID, form.Draft)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = a.People(t.Context(), olivia); err != nil || p.Linked != contact || !cmp.Equal(dealIDs(p.Contacts[0].Deals), []int64{deal}) {
		t.Errorf("linked %d, %+v, %v", p.Linked, p.Contacts, err)
	}
	// Every stage that asks for fields refuses a draft without them, before the CRM is asked.
	meta, err := a.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, pipe := range form.Pipelines {
		for _, s := range pipe.Statuses {
			need := crm.RequiredFields(meta.LeadFields, int64(pipe.ID), int64(s.ID))
			if len(need) == 0 {
				continue
			}
			asked++
			d := form.Draft
			d.PipelineID, d.StatusID = int64(pipe.ID), int64(s.ID)
			_, err := a.CreateDeal(t.Context(), olivia.ID, d)
			if got := crmtest.Problems(t, err); len(got) != len(need) {
				t.Errorf("stage %s: %v", s.Name, got)
			}
		}
	}
	if asked == 0 {
		t.Error("no stage of the scenario asks for a field")
	}
}

func TestSandbox_changedDealShowsInTheListAtOnce(t *testing.T) {
	a := sandboxAccount(t)
	ctx := t.Context()
	irina := helpdesk.Client{ID: 71, Phones: []string{"+7 999 100-01-01"}}
	if _, err := a.People(ctx, irina); err != nil {
		t.Fatal(err)
	}
	name := "Changed a moment ago"
	if err := a.ChangeDeal(ctx, scenario.LeadOneDeal, deals.Change{Name: &name}); err != nil {
		t.Fatal(err)
	}
	if err := a.Refresh(ctx); err != nil { // the next request opens the account anew
		t.Fatal(err)
	}
	p, err := a.People(ctx, irina)
	if err != nil || p.Contacts[0].Deals[0].Name != name {
		t.Errorf("%+v, %v", p.Contacts, err)
	}
}
