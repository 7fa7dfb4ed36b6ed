package subjects

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// fixture is an account before a fake CRM.
type fixture struct {
	*Account
	CRM *fake.CRM
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := crmtest.New(t)
	return &fixture{Of(f.Account), f.CRM}
}

// sandboxAccount is an account of the local amoCRM.
func sandboxAccount(t *testing.T) *Account {
	t.Helper()
	return Of(crmtest.Sandbox(t))
}

func (f *fixture) people(t *testing.T, c helpdesk.Client) people.Found {
	t.Helper()
	p, err := f.People(t.Context(), c)
	if err != nil {
		t.Fatalf("people: %v", err)
	}
	return p
}

func ids(list []people.Person) []int64 {
	var out []int64
	for _, p := range list {
		out = append(out, p.ID)
	}
	return out
}

func dealIDs(list []deals.Deal) []int64 {
	var out []int64
	for _, d := range list {
		out = append(out, d.ID)
	}
	return out
}
