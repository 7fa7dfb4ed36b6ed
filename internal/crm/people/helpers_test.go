package people

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// The names that no method has.
type (
	peopleOf   = People
	contactsOf = Contacts
)

// fixture is an account with what is tested.
type fixture struct {
	*crmtest.Fixture
	*peopleOf
	*contactsOf
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := crmtest.New(t)
	return &fixture{f, New(f.Account), NewContacts(f.Account)}
}

// sandboxAccount is an account of the local amoCRM.
func sandboxAccount(t *testing.T) *fixture {
	t.Helper()
	return accountOf(t, scenario.Build())
}

// accountOf is the first account of a world.
func accountOf(t *testing.T, world scenario.World) *fixture {
	t.Helper()
	f := &crmtest.Fixture{Account: crmtest.SandboxOf(t, world)}
	return &fixture{f, New(f.Account), NewContacts(f.Account)}
}

func (f *fixture) people(t *testing.T, c helpdesk.Client) Found {
	t.Helper()
	p, err := f.People(t.Context(), c)
	if err != nil {
		t.Fatalf("people: %v", err)
	}
	return p
}

func ids(people []Person) []int64 {
	var out []int64
	for _, p := range people {
		out = append(out, p.ID)
	}
	return out
}

func dealIDs(deals []deals.Deal) []int64 {
	var out []int64
	for _, d := range deals {
		out = append(out, d.ID)
	}
	return out
}

// keys are the names of all keys.
func (f *fixture) keys(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := f.DB().Walk(t.Context(), "*", func(keys []string) error {
		for _, key := range keys {
			out[key] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// firmOf gives the company that a contact of the CRM stands in, 0 for none.
func firmOf(f *fixture, contact int64) (firm int64) {
	f.CRM.Set(func(c *fake.CRM) {
		links, _ := c.Contacts[contact]["_embedded"].(map[string]any)["companies"].([]any)
		for _, l := range links {
			firm = l.(map[string]any)["id"].(int64)
		}
	})
	return firm
}
