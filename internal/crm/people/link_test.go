package people

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

func TestPeople_linkedClientIsThatContactOnly(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	f.CRM.AddContact(12, "Her boss", "+79995550999", "", 22)
	if got := ids(f.people(t, crmtest.Anna).Contacts); !cmp.Equal(got, []int64{11}) {
		t.Fatalf("before the link: %v", got)
	}
	if err := f.Link(t.Context(), 55, 12); err != nil {
		t.Fatal(err)
	}
	f.CRM.Reset()
	p := f.people(t, crmtest.Anna)
	if d := cmp.Diff([]int64{12}, ids(p.Contacts)); d != "" || p.Linked != 12 {
		t.Errorf("linked %d\n%s", p.Linked, d)
	}
	if d := cmp.Diff([]Match{{Kind: MatchLink}}, p.Contacts[0].Matched); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"GET /contacts/12", "GET /leads/22"}, f.CRM.Calls()); d != "" {
		t.Error(d)
	}
	if err := f.Unlink(t.Context(), 55); err != nil {
		t.Fatal(err)
	}
	if got := ids(f.people(t, crmtest.Anna).Contacts); !cmp.Equal(got, []int64{11}) {
		t.Errorf("after unlinking: %v", got)
	}
}

func TestPeople_deadLinkIsDroppedAndTold(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	f.CRM.AddContact(12, "Doomed", "", "")
	if err := f.Link(t.Context(), 55, 12); err != nil {
		t.Fatal(err)
	}
	f.CRM.Set(func(c *fake.CRM) { delete(c.Contacts, 12) })
	for i := range 3 { // the first look may be a background one: whoever comes later must hear of it too
		p := f.people(t, crmtest.Anna)
		if !p.LinkGone || p.Linked != 0 || !cmp.Equal(ids(p.Contacts), []int64{11}) {
			t.Errorf("look %d: gone %v, linked %d, %v", i, p.LinkGone, p.Linked, ids(p.Contacts))
		}
	}
	if err := f.Link(t.Context(), 55, 11); err != nil {
		t.Fatal(err)
	}
	if p := f.people(t, crmtest.Anna); p.LinkGone || p.Linked != 11 {
		t.Errorf("after linking anew: %+v", p)
	}
}

func TestLink_refusesWhatIsNotThere(t *testing.T) {
	f := setup(t)
	if err := f.Link(t.Context(), 55, 404); !errors.Is(err, crm.ErrGone) {
		t.Errorf("link to nothing: %v", err)
	}
	f.CRM.AddContact(11, "Anna", "", "")
	if err := f.Link(t.Context(), 0, 11); !errors.Is(err, crm.ErrNoClient) {
		t.Errorf("link of nobody: %v", err)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Contacts[11]["is_deleted"] = true })
	if err := f.Link(t.Context(), 55, 11); !errors.Is(err, crm.ErrGone) {
		t.Errorf("link to the bin: %v", err)
	}
}
