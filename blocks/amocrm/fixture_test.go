package amocrm

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/pages"
	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// fixture is the block with everything around it faked, except Redis.
type fixture struct {
	t        *testing.T
	e        *echo.Echo
	h        *Handlers
	crm      *fakeCRM
	tenants  *fakeTenants
	grants   *fakeGrants
	flow     *fakeFlow
	redis    *miniredis.Miniredis
	sessions *session.Sessions
	db       *store.DB
	rules    *fakeRules
	pages    *pages.Handlers // of the rules
	deskAPI  string
}

// pageTexts are the catalogue and the templates, read once for all fixtures: nothing changes them, and they are most of what a
// fixture costs.
var pageTexts = sync.OnceValues(func() (*ui.Pages, error) {
	catalog, err := i18n.NewCatalog(ui.Texts, Texts, texts.FS)
	if err != nil {
		return nil, err
	}
	return ui.NewPages(catalog, append(Templates, pages.Templates)...)
})

func newFixture(t *testing.T) *fixture {
	t.Helper()
	mr := miniredis.RunT(t)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + mr.Addr(), Ring: ring})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	parsed, err := pageTexts()
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := amoapi.NewHosts(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &fixture{
		t: t, crm: sampleCRM(), tenants: &fakeTenants{}, flow: &fakeFlow{}, redis: mr, sessions: session.NewSessions(db), db: db,
		rules:  &fakeRules{},
		grants: &fakeGrants{status: oauth.Status{State: "connected", Since: now.Add(-time.Hour)}},
	}
	kit := ui.New(ui.Options{
		Pages: parsed, Sessions: w.sessions, Path: "/blocks/amocrm", PublicURL: "https://sidecard.example.com",
		Problems:       slices.Concat(Problems, pages.Problems),
		FrameAncestors: []string{"https://secure.usedesk.com", "https://secure.usedesk.ru"},
		// A page that showed its skeleton on a busy machine would say nothing about what it is tested for.
		FirstPaint: time.Minute, Budget: time.Minute,
		Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})
	ticketURL := func(t tenant.Tenant, id int64) string { return usedesk.TicketURL(cmp.Or(t.DeskBase, w.deskAPI), id) }
	w.pages = &pages.Handlers{
		Kit: kit, Rules: rules.NewService(rules.Deps{Deps: worker.Deps{DB: db}}), Try: w.rules.TryRule, TicketURL: ticketURL,
		Account: func(ctx context.Context, tenantID string) (pages.Account, error) { return w.h.CRM(ctx, tenantID, "") },
		NewKey:  w.tenants.NewTriggerKey,
	}
	w.h = New(Deps{
		Kit: kit, Rules: w.pages.Rules, Links: pages.Links, TicketURL: ticketURL,
		Tenants: w.tenants, Grants: w.grants, Flow: w.flow,
		CRM:     func(context.Context, string, string) (CRM, error) { return w.crm, nil },
		AmoBase: hosts.Typed,
	})
	t.Cleanup(w.h.Close)
	w.crm.kept = &w.tenants.keptSettings
	w.e = echo.New()
	for _, r := range slices.Concat(route.Of("amocrm", w.h), route.Of("amocrm", w.pages)) {
		w.e.Add(r.Method, r.Path, r.Handler)
	}
	return w
}

// session opens a session and returns the panel's path.
func (w *fixture) session(lang i18n.Lang, ticket helpdesk.Ticket) string {
	w.t.Helper()
	s, err := w.sessions.Create(w.t.Context(), session.Session{TenantID: "t1", Ticket: ticket, Lang: lang, CreatedAt: now})
	if err != nil {
		w.t.Fatal(err)
	}
	return "/blocks/amocrm/" + s.ID
}

func (w *fixture) do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.e.ServeHTTP(rec, r)
	return rec
}

func (w *fixture) get(path string) *httptest.ResponseRecorder {
	return w.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (w *fixture) fragment(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("HX-Request", "true")
	return w.do(r)
}

func (w *fixture) post(path string, form url.Values, htmx bool) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if htmx {
		r.Header.Set("HX-Request", "true")
	}
	return w.do(r)
}

func (w *fixture) contains(rec *httptest.ResponseRecorder, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(rec.Body.String(), part) {
			w.t.Errorf("status %d, %q is not in:\n%s", rec.Code, part, rec.Body)
		}
	}
}

var randomID = regexp.MustCompile(`(/blocks/amocrm/|name="token" value=")[A-Za-z0-9_-]{22}`)

// tame replaces what differs from run to run.
func tame(html string) string {
	html = firingID.ReplaceAllString(html, "FIRING")
	return assetHash.ReplaceAllString(randomID.ReplaceAllString(html, "${1}ID"), "?v=HASH")
}

var firingID = regexp.MustCompile(`\b[0-9a-v]{26}\b`)

// assetHash changes with every asset; golden pages should not.
var assetHash = regexp.MustCompile(`\?v=[0-9a-f]{12}`)
