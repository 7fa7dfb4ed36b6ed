// Package crmtest gives tests of the account's subjects an account: before a fake CRM, which can be told to answer wrongly, late
// or not at all, or before the local amoCRM, which has state and data.
package crmtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	amo "github.com/sidecard/sidecard/sandbox/amocrm"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

const Base = "https://example.amocrm.ru"

// Meta is a small account: two pipelines, three users, fields of several types.
func Meta(t *testing.T) crm.Meta {
	t.Helper()
	var m crm.Meta
	parse := func(body string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(body), into); err != nil {
			t.Fatal(err)
		}
	}
	parse(`{"id":7,"country":"RU","currency":"RUB","current_user_id":501}`, &m.Account)
	m.Account.Timezone = "Europe/Moscow"
	m.Users = []amocrm.User{
		{ID: 501, Name: "Irina Agent", IsActive: true}, {ID: 502, Name: "Oleg Gone"},
		{ID: 503, Name: "Free Rider", IsActive: true, IsFree: true},
	}
	parse(fake.Pipelines, &m.Pipelines)
	parse(fake.LeadFields, &m.LeadFields)
	parse(fake.ContactFields, &m.ContactFields)
	return m
}

// Problems returns "path key" of every field error.
func Problems(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var out []string
	for _, f := range fieldErrors(t, err) {
		out = append(out, f.Path+" "+f.Key)
	}
	slices.Sort(out)
	return out
}

// ProblemMap returns the keys of a refused form by path.
func ProblemMap(t *testing.T, err error) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range fieldErrors(t, err) {
		out[f.Path] = f.Key
	}
	return out
}

func fieldErrors(t *testing.T, err error) []crm.FieldError {
	t.Helper()
	e, ok := errors.AsType[*crm.FieldErrors](err)
	if !ok {
		t.Fatalf("not FieldErrors: %v", err)
	}
	return e.Fields
}

// Fixture is an account on an in-memory Redis before a fake CRM.
type Fixture struct {
	*crm.Account
	CRM  *fake.CRM
	Auth *fake.Auth
}

// New returns an account before a fake CRM.
func New(t *testing.T) *Fixture {
	t.Helper()
	deps := memory(t)
	f := &Fixture{CRM: fake.New(t), Auth: &fake.Auth{}}
	api, err := amocrm.New(f.CRM.Server.URL, f.Auth)
	if err != nil {
		t.Fatal(err)
	}
	f.Account = crm.NewAccount(deps, tenant.Tenant{ID: "t1", AmoBase: f.CRM.Server.URL}, api)
	return f
}

// memory is an in-memory Redis.
func memory(t *testing.T) crm.Deps {
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
	return crm.Deps{DB: db, Cache: store.NewCache(db), LookAgain: []time.Duration{0, time.Millisecond}, Indexed: 100_000}
}

// Warm reads the vocabulary and forgets the calls.
func (f *Fixture) Warm(t *testing.T) {
	t.Helper()
	if _, err := f.Meta(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.CRM.Reset()
}

type tokenAuth string

func (t tokenAuth) Token(ctx context.Context, _ string) (string, error) { return string(t), ctx.Err() }

// Sandbox is an account of the local amoCRM, which shares no type with the connector.
func Sandbox(t *testing.T) *crm.Account {
	t.Helper()
	return SandboxOf(t, scenario.Build())
}

// SandboxOf is the first account of a world.
func SandboxOf(t *testing.T, world scenario.World) *crm.Account {
	t.Helper()
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	local, err := amo.New(world, amo.Options{Hosts: []string{strings.TrimPrefix(srv.URL, "http://")}, RatePerSecond: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	handler = local
	resp, err := http.Post(srv.URL+"/_sandbox/grant", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var grant struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&grant); err != nil || grant.AccessToken == "" {
		t.Fatalf("no token: %v", err)
	}
	api, err := amocrm.New(srv.URL, tokenAuth(grant.AccessToken))
	if err != nil {
		t.Fatal(err)
	}
	return crm.NewAccount(memory(t), tenant.Tenant{ID: "t1", AmoBase: srv.URL}, api)
}

// Anna is a client of the helpdesk.
var Anna = helpdesk.Client{ID: 55, Name: "Anna Example", Phones: []string{"8 999 555-01-23"}, Emails: []string{"Anna@example.com"}}

type fixedGrants struct{ auth *fake.Auth }

func (g fixedGrants) Auth(string) amocrm.Auth { return g.auth }

// Accounts are accounts as the program makes them, with one tenant.
func Accounts(t *testing.T) (*crm.Accounts, *fake.CRM, string) {
	t.Helper()
	f := New(t)
	dir := tenant.NewDirectory(f.DB())
	tn, err := dir.Open(t.Context(), tenant.Credential{AmoBase: f.CRM.Server.URL, Secret: "block secret"})
	if err != nil {
		t.Fatal(err)
	}
	metrics := prometheus.NewRegistry()
	b := crm.New(crm.Deps{DB: f.DB(), Cache: f.Cache(), Tenants: dir, Grants: fixedGrants{f.Auth}, Metrics: metrics})
	t.Cleanup(func() {
		if counted, err := metrics.Gather(); len(counted) == 0 || err != nil {
			t.Errorf("no exchange was counted: %v", err)
		}
	})
	return b, f.CRM, tn.ID
}

// Lead is a deal as the CRM sends it.
func Lead(t *testing.T, body string) amocrm.Lead {
	t.Helper()
	var l amocrm.Lead
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		t.Fatal(err)
	}
	return l
}
