package accept

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/api/contract"
	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/ledger/dispatch"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// tenantList is a directory of fixed tenants.
type tenantList []tenant.Tenant

func (l tenantList) ByTriggerKey(_ context.Context, key string) (tenant.Tenant, error) {
	i := slices.IndexFunc(l, func(t tenant.Tenant) bool { return t.TriggerKey == key })
	if i < 0 {
		return tenant.Tenant{}, tenant.ErrNotFound
	}
	return l[i], nil
}

func (l tenantList) ByIntegration(_ context.Context, clientID string) (ids []string, _ error) {
	for _, t := range l {
		if t.IntegrationID == clientID {
			ids = append(ids, t.ID)
		}
	}
	return append(ids, "gone"), nil
}

func (l tenantList) Get(_ context.Context, id string) (tenant.Tenant, error) {
	i := slices.IndexFunc(l, func(t tenant.Tenant) bool { return t.ID == id })
	if i < 0 {
		return tenant.Tenant{}, tenant.ErrNotFound
	}
	return l[i], nil
}

// work is a Rules that says what it is told to.
type work struct {
	check, fail error
	many        bool // too many wait
	end         jobs.Job
	waited      time.Duration
	trial       rules.Trial
	tried       []request.Request
	accepted    []request.Request
	refused     []request.Refused
	keys        []string
	tenants     []string
}

func (w *work) Check(context.Context, tenant.Tenant, request.Request) error { return w.check }

func (w *work) Accept(_ context.Context, t tenant.Tenant, r request.Request, key string) (jobs.Job, bool, error) {
	if w.fail != nil {
		return jobs.Job{}, false, w.fail
	}
	w.accepted, w.keys, w.tenants = append(w.accepted, r), append(w.keys, key), append(w.tenants, t.ID)
	return jobs.Job{ID: "e1", Tenant: t.ID, State: ledger.StateAccepted, Request: r,
		CreatedAt: time.Unix(1e9, 0), DueAt: time.Unix(1e9, 0)}, len(w.accepted) > 1, nil
}

func (w *work) Refuse(_ context.Context, t tenant.Tenant, f request.Refused) (jobs.Job, bool, error) {
	if w.fail != nil {
		return jobs.Job{}, false, w.fail
	}
	w.refused, w.tenants = append(w.refused, f), append(w.tenants, t.ID)
	return jobs.Job{ID: "e2", Tenant: t.ID, State: ledger.StateFailed, Request: f.Request, Problems: f.Problems}, len(w.refused) > 1, nil
}

func (w *work) Get(_ context.Context, tenantID, id string) (jobs.Job, error) {
	if id != "e1" || tenantID != "t1" {
		return jobs.Job{}, ledger.ErrNotFound
	}
	return w.end, nil
}

func (w *work) Wait(ctx context.Context, _, _ string) (jobs.Job, error) {
	if w.many {
		return jobs.Job{}, dispatch.ErrTooManyWait
	}
	if d, ok := ctx.Deadline(); ok {
		w.waited = time.Until(d).Round(time.Second)
	}
	return w.end, nil
}

func (w *work) DryRun(_ context.Context, t tenant.Tenant, r request.Request) (rules.Trial, error) {
	w.tried, w.tenants = append(w.tried, r), append(w.tenants, t.ID)
	return w.trial, w.fail
}

func ruleServer(t *testing.T, w *work, open bool) *echo.Echo {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	catalog, err := i18n.NewCatalog(texts.FS)
	if err != nil {
		t.Fatal(err)
	}
	h := &Handlers{Rules: w, Open: open, PublicURL: "https://sidecard.example.com/", Catalog: catalog, Log: log, Tenants: tenantList{
		{ID: "t1", TriggerKey: goodKey, IntegrationID: integration, AmoBase: "https://now.amocrm.ru", Former: []string{"https://before.amocrm.ru"}},
		{ID: "t2", TriggerKey: "sk_two", IntegrationID: "shared"},
		{ID: "t3", TriggerKey: "sk_three", IntegrationID: "shared"},
		{ID: "t4", TriggerKey: "sk_new"},
		{ID: "t5", TriggerKey: "sk_0123456789abcdef"},
	}}
	return api.New(api.Options{Log: log, Ready: func(context.Context) error { return nil }, Routes: route.Of("rules", h)})
}

var described = sync.OnceValues(func() (*contract.Contract, error) { return contract.New(api.OpenAPI) })

type reply struct {
	*httptest.ResponseRecorder
	body map[string]any
}

func call(t *testing.T, e *echo.Echo, method, target, body string, header ...string) reply {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	out := reply{ResponseRecorder: httptest.NewRecorder()}
	e.ServeHTTP(out, r)
	c, err := described()
	if err == nil {
		err = c.Check(r, []byte(body), out.Code, out.Header(), out.Body.Bytes())
	}
	if err != nil {
		t.Error(err)
	}
	if err := json.Unmarshal(out.Body.Bytes(), &out.body); err != nil {
		t.Fatalf("%d %s: %v", out.Code, out.Body, err)
	}
	if kind := out.Header().Get("Content-Type"); out.Code >= 400 && kind != "application/problem+json" {
		t.Errorf("%d with content type %q", out.Code, kind)
	}
	return out
}
