package crm

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
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	amo "github.com/sidecard/sidecard/sandbox/amocrm"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

const testBase = "https://example.amocrm.ru"

// testMeta is a small account: two pipelines, three users, fields of several types.
func testMeta(t *testing.T) Meta {
	t.Helper()
	var m Meta
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

// problems gives "path key" of every field error.
func problems(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*FieldErrors](err)
	if !ok {
		t.Fatalf("not FieldErrors: %v", err)
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Path+" "+f.Key)
	}
	slices.Sort(out)
	return out
}

// problemMap gives the keys of a refused form by path.
func problemMap(t *testing.T, err error) map[string]string {
	t.Helper()
	e, ok := errors.AsType[*FieldErrors](err)
	if !ok {
		t.Fatalf("not FieldErrors: %v", err)
	}
	out := map[string]string{}
	for _, f := range e.Fields {
		out[f.Path] = f.Key
	}
	return out
}

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

type tokenAuth string

func (t tokenAuth) Token(ctx context.Context, _ string) (string, error) { return string(t), ctx.Err() }

// sandboxAccount is an account of the local amoCRM, which shares no type with the connector.
func sandboxAccount(t *testing.T) *Account {
	t.Helper()
	return accountOf(t, scenario.Build())
}

// accountOf is the first account of a world.
func accountOf(t *testing.T, world scenario.World) *Account {
	t.Helper()
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	local, err := amo.New(world, amo.Options{Hosts: []string{strings.TrimPrefix(srv.URL, "http://")}, RatePerSecond: 1000})
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
	db, err := store.Open(t.Context(), store.Options{URL: "memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	api, err := amocrm.New(srv.URL, tokenAuth(grant.AccessToken))
	if err != nil {
		t.Fatal(err)
	}
	return NewAccount(Deps{DB: db, Cache: store.NewCache(db), LookAgain: []time.Duration{0}}, tenant.Tenant{ID: "t1", AmoBase: srv.URL}, api)
}

var anna = helpdesk.Client{ID: 55, Name: "Anna Example", Phones: []string{"8 999 555-01-23"}, Emails: []string{"Anna@example.com"}}

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

// leadJSON is a deal as the CRM sends it.
func leadJSON(t *testing.T, body string) amocrm.Lead {
	t.Helper()
	var l amocrm.Lead
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		t.Fatal(err)
	}
	return l
}
