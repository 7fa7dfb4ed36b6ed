package crm

import (
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// fixture is a Bridge on an in-memory Redis before a fake CRM.
type fixture struct {
	*Account
	crm  *fake.CRM
	auth *fake.Auth
}

func setup(t *testing.T) *fixture {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: "memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	deps := Deps{DB: db, Cache: store.NewCache(db), LookAgain: []time.Duration{0, time.Millisecond}}
	f := &fixture{crm: fake.New(t), auth: &fake.Auth{}}
	api, err := amocrm.New(f.crm.Server.URL, f.auth)
	if err != nil {
		t.Fatal(err)
	}
	f.Account = NewAccount(deps, tenant.Tenant{ID: "t1", AmoBase: f.crm.Server.URL}, api)
	return f
}

// warm reads the vocabulary and forgets the calls.
func (f *fixture) warm(t *testing.T) {
	t.Helper()
	if _, err := f.Meta(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.crm.Reset()
}

func (f *fixture) people(t *testing.T, c helpdesk.Client) People {
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

func dealIDs(deals []Deal) []int64 {
	var out []int64
	for _, d := range deals {
		out = append(out, d.ID)
	}
	return out
}

var anna = helpdesk.Client{ID: 55, Name: "Anna Example", Phones: []string{"8 999 555-01-23"}, Emails: []string{"Anna@example.com"}}
