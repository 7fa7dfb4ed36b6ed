package crm_test

import (
	"errors"
	"testing"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

var _ crm.Grants = (*login.Grants)(nil)

func TestAccount_opensATenantsCRM(t *testing.T) {
	b, amo, id := crmtest.Accounts(t)
	a, err := b.Open(t.Context(), id, store.Interactive)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := a.Info(t.Context()); err != nil || info.Name != "Example" {
		t.Errorf("%q, %v", info.Name, err)
	}
	if _, err := b.Open(t.Context(), "nobody", store.Interactive); !errors.Is(err, tenant.ErrNotFound) {
		t.Errorf("unknown tenant: %v", err)
	}
	if got := a.DealURL(21); got != amo.Server.URL+"/leads/detail/21" || a.Tenant().ID != id || a.API().Base() != amo.Server.URL {
		t.Errorf("%s of %s at %s", got, a.Tenant().ID, a.API().Base())
	}
}

func TestAccount_breakerIsForPeopleNotForQueues(t *testing.T) {
	b, amo, id := crmtest.Accounts(t)
	amo.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET", 403, "text/html", "<html>") })
	open := func(p store.Priority) *crm.Account {
		t.Helper()
		a, err := b.Open(t.Context(), id, p)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if _, err := open(store.Interactive).API().Account(t.Context()); !errors.Is(err, amocrm.ErrBlocked) {
		t.Fatalf("%v", err)
	}
	// Another request of another agent shares the breaker.
	if _, err := open(store.Interactive).API().Account(t.Context()); !errors.Is(err, crm.ErrResting) {
		t.Errorf("%v", err)
	}
	if _, err := open(store.Background).API().Account(t.Context()); !errors.Is(err, amocrm.ErrBlocked) {
		t.Errorf("%v", err)
	}
}
