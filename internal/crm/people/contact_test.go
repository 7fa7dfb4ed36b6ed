package people

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

func TestCreateContact_isFoundAtOnceAlthoughSearchLags(t *testing.T) {
	f := setup(t)
	if got := f.people(t, crmtest.Anna); len(got.Contacts) != 0 {
		t.Fatalf("%+v", got)
	}
	id, err := f.CreateContact(t.Context(), crmtest.Anna.ID, f.ContactForm(t.Context(), crmtest.Anna))
	if err != nil {
		t.Fatal(err)
	}
	p := f.people(t, crmtest.Anna)
	if d := cmp.Diff([]int64{id}, ids(p.Contacts)); d != "" {
		t.Fatal(d)
	}
	if got := p.Contacts[0]; got.Name != "Anna Example" || !cmp.Equal(got.Phones, []string{"+79995550123"}) ||
		!cmp.Equal(got.Matched[0], Match{MatchPhone, "+79995550123"}) {
		t.Errorf("%+v", got)
	}
}

func TestCreateContact_lostAnswerIsAdopted(t *testing.T) {
	f := setup(t)
	f.CRM.Lose("POST /contacts", 1, true)
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
	id, err := f.CreateContact(t.Context(), crmtest.Anna.ID, Draft{Name: "Anna", Phones: crmtest.Anna.Phones})
	if err != nil || id == 0 {
		t.Fatalf("%d, %v", id, err)
	}
	if got := fake.Posts(f.CRM.Calls()); len(got) != 1 {
		t.Errorf("sent %v", got)
	}
}

func TestCreateContact_refusedByTheCRM(t *testing.T) {
	f := setup(t)
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("POST /contacts", 400, "application/problem+json", `{"validation-errors":[{"request_id":"0","errors":[
			{"code":"InvalidType","path":"custom_fields_values.0.values.0.value","detail":"bad phone"}]}],"title":"Bad Request","status":400}`)
	})
	_, err := f.CreateContact(t.Context(), crmtest.Anna.ID, Draft{Name: "Anna", Phones: crmtest.Anna.Phones})
	if d := cmp.Diff([]string{"phones.0 error.bad_value"}, crmtest.Problems(t, err)); d != "" {
		t.Error(d)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Answer = nil })
	if _, err := f.CreateContact(t.Context(), crmtest.Anna.ID, Draft{Name: "Anna", Phones: crmtest.Anna.Phones}); err != nil {
		t.Errorf("second try: %v", err)
	}
}
