package rules

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// house is everything from the accepted job to the CRM, with the real accounts and login in between.
type house struct {
	*Service
	t         *testing.T
	crm       *fakeCRM
	desk      *fakeDesk
	db        *store.DB
	dir       *tenant.Directory
	grants    *login.Grants
	flow      *login.Flow
	accounts  *crm.Accounts
	tenant    tenant.Tenant
	connected func(ctx context.Context, tenantID string) // called after a login
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseOn(t, server.open(t))
}

func newHouseOn(t *testing.T, db *store.DB) *house {
	t.Helper()
	h := &house{t: t, crm: newCRM(t), desk: newDesk(), connected: func(context.Context, string) {}}
	hosts, err := amocrm.NewHosts([]string{h.crm.URL})
	if err != nil {
		t.Fatal(err)
	}
	cfg := login.Config{PublicURL: "https://sidecard.example.com", Hosts: hosts, LongLivedToken: h.crm.token,
		Hooks: login.Hooks{Connected: func(ctx context.Context, id string) { h.connected(ctx, id) }}}
	h.db, h.dir = db, tenant.NewDirectory(db)
	h.grants = login.NewGrants(db, cfg, nil, nil)
	h.flow = login.NewFlow(db, h.dir, h.grants, nil)
	h.accounts = crm.New(crm.Deps{DB: db, Cache: store.NewCache(db), Tenants: h.dir, Grants: h.grants})
	h.Service = h.replica()
	if h.tenant, err = h.dir.Open(t.Context(), h.credential()); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) credential() tenant.Credential {
	return tenant.Credential{AmoBase: h.crm.URL, DeskToken: "desk-token"}
}

// replica is one more Service on the same Redis.
func (h *house) replica() *Service {
	return NewService(Deps{CheckIn: patience, Deps: worker.Deps{
		DB: h.db, Tenants: h.dir,
		Account: func(ctx context.Context, id string, p store.Priority) (bulk.Account, error) {
			return bulk.Open(ctx, h.accounts, id, p)
		},
		Desk: func(tenant.Tenant) (worker.Desk, error) { return h.desk, nil },
		Connected: func(ctx context.Context, id string) (bool, error) {
			st, err := h.grants.Status(ctx, id)
			return st.State == "connected", err
		},
		Lease: 30 * time.Second, Poll: 20 * time.Millisecond, Sweep: time.Hour, LockFor: 10 * time.Second,
		LookGap: 40 * time.Millisecond, LookFor: 80 * time.Millisecond,
	}})
}

// leases shortens the leases of services' claims: what another one has left is taken up sooner.
func leases(d time.Duration, services ...*Service) {
	for _, s := range services {
		s.deps.Lease, s.deps.Ledger = d, jobs.NewLedger(s.deps.DB, d)
	}
}

// login connects the tenant, as a person does.
func (h *house) login() {
	h.t.Helper()
	if _, err := h.flow.InstallLongLived(h.t.Context(), h.credential()); err != nil {
		h.t.Fatal(err)
	}
	t, err := h.dir.Get(h.t.Context(), h.tenant.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	h.tenant = t
}

// run starts a service's worker; stop ends it and waits.
func (h *house) run(s *Service) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			h.t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
	h.t.Cleanup(stop)
	return stop
}

func (h *house) accept(r request.Request) jobs.Job {
	h.t.Helper()
	e, _, err := h.Accept(h.t.Context(), h.tenant, r, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// patience ends a wait for what does not come; nothing that works takes as long, on a busy machine either.
const patience = 2 * time.Minute

// until waits for an entry to be in a state.
func (h *house) until(id string, want ledger.State) jobs.Job {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		ctx, cancel := context.WithTimeout(h.t.Context(), time.Second)
		e, err := h.Wait(ctx, h.tenant.ID, id)
		cancel()
		if err != nil {
			h.t.Fatal(err)
		}
		if e.State == want {
			return e
		}
		if time.Now().After(deadline) || e.State == ledger.StateFailed || e.State == ledger.StateDone {
			h.t.Fatalf("firing is %s (%s), want %s; %v", e.State, e.Why, want, e.Timeline)
		}
	}
}

// untilWhy waits for an entry to say why it waits.
func (h *house) untilWhy(id, why string) jobs.Job {
	h.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		e, err := h.Get(h.t.Context(), h.tenant.ID, id)
		if err != nil {
			h.t.Fatal(err)
		}
		if e.State == ledger.StateAccepted && contains(jobs.English(e.Why), why) {
			return e
		}
		select {
		case <-deadline:
			h.t.Fatalf("firing is %s (%s), want it to wait because of %q", e.State, e.Why, why)
		case <-tick.C:
		}
	}
}

// zNow is a place in the due set that is due.
func zNow(id string) redis.Z {
	return redis.Z{Score: float64(time.Now().Add(-time.Second).UnixMilli()), Member: id}
}
