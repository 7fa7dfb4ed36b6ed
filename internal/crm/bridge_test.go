package crm

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

var _ Grants = (*login.Grants)(nil)

type fixedGrants struct{ auth *fake.Auth }

func (g fixedGrants) Auth(string) amocrm.Auth { return g.auth }

// whole is a Bridge as the program makes it, with one tenant.
func whole(t *testing.T) (*Bridge, *fake.CRM, string) {
	t.Helper()
	f := setup(t)
	dir := tenant.NewDirectory(f.DB())
	tn, err := dir.Open(t.Context(), tenant.Credential{AmoBase: f.crm.Server.URL, Secret: "block secret"})
	if err != nil {
		t.Fatal(err)
	}
	metrics := prometheus.NewRegistry()
	b := New(Deps{DB: f.DB(), Cache: f.Cache(), Tenants: dir, Grants: fixedGrants{f.auth}, Metrics: metrics})
	t.Cleanup(func() {
		if counted, err := metrics.Gather(); len(counted) == 0 || err != nil {
			t.Errorf("no exchange was counted: %v", err)
		}
	})
	return b, f.crm, tn.ID
}

func TestAccount_opensATenantsCRM(t *testing.T) {
	b, amo, id := whole(t)
	amo.AddContact(11, "Anna", "+79995550123", "")
	a, err := b.Account(t.Context(), id, store.Interactive)
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.People(t.Context(), helpdesk.Client{ID: 55, Phones: []string{"89995550123"}})
	if err != nil || !cmp.Equal(ids(p.Contacts), []int64{11}) {
		t.Errorf("%v, %v", ids(p.Contacts), err)
	}
	if _, err := b.Account(t.Context(), "nobody", store.Interactive); !errors.Is(err, tenant.ErrNotFound) {
		t.Errorf("unknown tenant: %v", err)
	}
	if got := a.DealURL(21); got != amo.Server.URL+"/leads/detail/21" || a.Tenant().ID != id || a.API().Base() != amo.Server.URL {
		t.Errorf("%s of %s at %s", got, a.Tenant().ID, a.API().Base())
	}
}

func TestAccount_breakerIsForPeopleNotForQueues(t *testing.T) {
	b, amo, id := whole(t)
	amo.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET", 403, "text/html", "<html>") })
	open := func(p store.Priority) *Account {
		t.Helper()
		a, err := b.Account(t.Context(), id, p)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if _, err := open(store.Interactive).API().Account(t.Context()); !errors.Is(err, amocrm.ErrBlocked) {
		t.Fatalf("%v", err)
	}
	// Another request of another agent shares the breaker.
	if _, err := open(store.Interactive).API().Account(t.Context()); !errors.Is(err, ErrResting) {
		t.Errorf("%v", err)
	}
	if _, err := open(store.Background).API().Account(t.Context()); !errors.Is(err, amocrm.ErrBlocked) {
		t.Errorf("%v", err)
	}
}
