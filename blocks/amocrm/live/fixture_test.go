package live

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/oauth"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// fixture is the streams with Redis behind them and a tenant that is logged in.
type fixture struct {
	t        *testing.T
	e        *echo.Echo
	h        *Streams
	grants   *fakeGrants
	sessions *session.Sessions
}

type fakeGrants struct{ status oauth.Status }

func (g *fakeGrants) Status(context.Context, string) (oauth.Status, error) { return g.status, nil }

func newFixture(t *testing.T) *fixture {
	t.Helper()
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + miniredis.RunT(t).Addr(), Ring: ring})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	catalog, err := i18n.NewCatalog(ui.Texts)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.NewPages(catalog)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, e: echo.New(), grants: &fakeGrants{oauth.Status{State: "connected"}}, sessions: session.NewSessions(db)}
	kit := ui.New(ui.Options{Pages: pages, Sessions: f.sessions, Path: "/blocks/amocrm", Log: slog.New(slog.DiscardHandler)})
	f.h = New(kit, f.grants, nil)
	t.Cleanup(func() {
		f.h.End()
		kit.Close()
		f.h.Wait()
	})
	for _, r := range route.Of("amocrm", f.h) {
		f.e.Add(r.Method, r.Path, r.Handler)
	}
	return f
}

// session opens a session and returns the panel's path.
func (f *fixture) session(lang i18n.Lang, ticket helpdesk.Ticket) string {
	f.t.Helper()
	s, err := f.sessions.Create(f.t.Context(), session.Session{TenantID: "t1", Ticket: ticket, Lang: lang, CreatedAt: now})
	if err != nil {
		f.t.Fatal(err)
	}
	return "/blocks/amocrm/" + s.ID
}

func (f *fixture) get(path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	f.e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec
}
