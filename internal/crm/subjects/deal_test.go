package subjects

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

func lamp() deals.Draft {
	return deals.Draft{Name: "Lamp", ContactID: 11, PipelineID: 31, StatusID: 311, ResponsibleID: 501, NoteText: "from a ticket"}
}

func TestCreateDeal_showsAtOnceLinkedAndNoted(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	f.CRM.AddContact(12, "Anna too", "+79995550123", "")
	f.people(t, crmtest.Anna)
	id, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp())
	if err != nil {
		t.Fatal(err)
	}
	p := f.people(t, crmtest.Anna)
	if p.Linked != 11 || !cmp.Equal(ids(p.Contacts), []int64{11}) || !cmp.Equal(dealIDs(p.Contacts[0].Deals), []int64{id, 21}) {
		t.Errorf("linked %d, %v, deals %v", p.Linked, ids(p.Contacts), dealIDs(p.Contacts[0].Deals))
	}
	feed, err := f.Feed(t.Context(), id)
	if err != nil || len(feed.Items) != 1 || feed.Items[0].Text != "from a ticket" || !feed.Items[0].Mine {
		t.Errorf("%+v, %v", feed, err)
	}
}

func TestCreateDeal_showsAlthoughListsLag(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21, 22)
	id, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp())
	if err != nil {
		t.Fatal(err)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Hidden[id] = true })
	if p := f.people(t, crmtest.Anna); !cmp.Equal(dealIDs(p.Contacts[0].Deals), []int64{id, 22, 21}) {
		t.Errorf("deals %v", dealIDs(p.Contacts[0].Deals))
	}
}

func TestCreateDeal_refusedBeforeAndByTheCRM(t *testing.T) {
	f := setup(t)
	d := lamp()
	d.StatusID = 312
	_, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, d)
	if diff := cmp.Diff([]string{"fields.901 error.required", "fields.906 error.required"}, crmtest.Problems(t, err)); diff != "" {
		t.Error(diff)
	}
	if got := fake.Posts(f.CRM.Calls()); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
	d.Fields = map[int64][]string{901: {"71"}, 906: {"x"}}
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("POST /leads", 400, "application/problem+json", `{"validation-errors":[{"request_id":"0","errors":[
			{"code":"NotSupportedChoice","path":"custom_fields_values.1.values.0.value","detail":"no such street"}]}],"title":"Bad Request","status":400}`)
	})
	_, err = f.CreateDeal(t.Context(), crmtest.Anna.ID, d)
	e, ok := errors.AsType[*crm.FieldErrors](err)
	if !ok || e.Fields[0].Path != "fields.906" || e.Fields[0].Text != "no such street" {
		t.Errorf("%v", err)
	}
}

func TestCreateDeal_lostAnswerIsAdoptedNotRepeated(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "")
	first, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp())
	if err != nil {
		t.Fatal(err)
	}
	// The same deal once more, wanted, and this time the answer is lost: the first one must not be taken for it.
	f.CRM.Lose("POST /leads", 1, true)
	second, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp())
	if err != nil || second == first || second == 0 {
		t.Fatalf("first %d, second %d, %v", first, second, err)
	}
	if got := len(f.CRM.Leads); got != 2 {
		t.Errorf("%d deals in the CRM", got)
	}
}

func TestCreateDeal_unknownOutcomeIsSaidAndLookedForNextTime(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "")
	hide := true
	f.CRM.Lose("POST /leads", 1, true)
	f.CRM.Set(func(c *fake.CRM) {
		inner := c.Answer
		c.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			if hide && r.Method == "GET" && r.URL.Path == "/api/v4/leads" {
				w.WriteHeader(http.StatusNoContent)
				return true
			}
			return inner(w, r)
		}
	})
	if _, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp()); !errors.Is(err, crm.ErrUnknownOutcome) || !errors.Is(err, amocrm.ErrUnknownOutcome) {
		t.Fatalf("%v", err)
	}
	f.CRM.Set(func(*fake.CRM) { hide = false })
	f.CRM.Reset()
	id, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp())
	if err != nil || id == 0 {
		t.Fatalf("%d, %v", id, err)
	}
	if got := len(f.CRM.Leads); got != 1 {
		t.Errorf("%d deals in the CRM; sent %v", got, fake.Posts(f.CRM.Calls()))
	}
}

func TestCreateDeal_whatNeverArrivedIsSentAgain(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "")
	f.CRM.Lose("POST /leads", 1, false)
	if _, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp()); !errors.Is(err, crm.ErrUnknownOutcome) {
		t.Fatalf("%v", err)
	}
	if id, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp()); err != nil || id == 0 || len(f.CRM.Leads) != 1 {
		t.Errorf("%d, %v, %d deals", id, err, len(f.CRM.Leads))
	}
}

func TestCreateDeal_failedNoteDoesNotHideTheDeal(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "")
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("POST /leads/notes", 402, "application/problem+json", `{"status":402}`)
	})
	id, err := f.CreateDeal(t.Context(), crmtest.Anna.ID, lamp())
	after, ok := errors.AsType[*crm.AfterCreate](err)
	if id == 0 || !ok || after.Step != "note" || !errors.Is(err, amocrm.ErrPayment) {
		t.Errorf("%d, %v", id, err)
	}
}

func TestRequired_readsTheVocabulary(t *testing.T) {
	f := setup(t)
	got, err := f.Required(t.Context(), 31, 312)
	if err != nil || len(got) != 2 || got[0].Name != "Product" || len(got[0].Enums) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDealForm_knowsTheContact(t *testing.T) {
	f := setup(t)
	if err := f.Remember(t.Context(), helpdesk.Client{ID: 55}, 1001); err != nil {
		t.Fatal(err)
	}
	form, err := f.DealForm(t.Context(), helpdesk.Ticket{Subject: "Lamp", Client: crmtest.Anna})
	if err != nil || form.Draft.ContactID != 1001 || form.Draft.ResponsibleID != 501 {
		t.Errorf("%+v, %v", form.Draft, err)
	}
	if err := f.Memory().Link(t.Context(), 55, 11); err != nil {
		t.Fatal(err)
	}
	if form, err = f.DealForm(t.Context(), helpdesk.Ticket{Client: crmtest.Anna}); err != nil || form.Draft.ContactID != 11 {
		t.Errorf("%+v, %v", form.Draft, err)
	}
}
