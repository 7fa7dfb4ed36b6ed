package webhooks

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	public  = "https://sidecard.example.com"
	account = int64(7039099)
	user    = int64(501)
)

// house is a Service with a real Redis, a real directory of tenants, and amoCRM and the caches faked.
type house struct {
	t      *testing.T
	s      *Service
	redis  *miniredis.Miniredis
	crm    *fakeCRM
	reads  *fakeReads
	grants *fakeGrants
	dir    *tenant.Directory
	tenant string

	mu  sync.Mutex
	now time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	mr := miniredis.RunT(t)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + mr.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &house{t: t, redis: mr, crm: &fakeCRM{hooks: map[string]amocrm.Webhook{}}, dir: tenant.NewDirectory(db),
		reads: &fakeReads{own: map[string]string{}}, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC),
		grants: &fakeGrants{status: oauth.Status{State: "connected", UserID: user}}}
	w.s = NewService(Deps{
		DB: db, Tenants: w.dir, Grants: w.grants, PublicURL: public, Now: w.clock, AfterLogin: time.Millisecond,
		Local: func(base string) bool { return strings.Contains(base, "127.0.0.1") },
		Open: func(context.Context, string) (Account, error) {
			return Account{CRM: w.crm, Reads: w.reads}, nil
		},
	})
	t.Cleanup(func() { w.s.cancel(); w.s.active.Wait() })
	w.tenant = w.connect("https://example.amocrm.ru", "token")
	return w
}

// connect makes a connected tenant.
func (w *house) connect(base, token string) string {
	w.t.Helper()
	t, err := w.dir.Open(w.t.Context(), tenant.Credential{AmoBase: base, DeskToken: token})
	if err == nil {
		err = w.dir.Connected(w.t.Context(), t.ID, "integration", account, "Example")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return t.ID
}

func (w *house) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *house) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *house) sweep() {
	w.t.Helper()
	if err := w.s.periodic.Once(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// secret is the last part of the address that amoCRM was given.
func (w *house) secret() string {
	w.t.Helper()
	for destination := range w.crm.hooks {
		if secret, ok := strings.CutPrefix(destination, public+hookPath); ok {
			return secret
		}
	}
	w.t.Fatalf("nothing is subscribed under our address: %v", w.crm.hooks)
	return ""
}

// deliver posts a body as amoCRM does and does the work that follows the answer.
func (w *house) deliver(secret, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	e := echo.New()
	serve(e, w.s)
	r := httptest.NewRequest(http.MethodPost, hookPath+secret, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, r)
	for {
		select {
		case h := <-w.s.inbox:
			if err := w.s.apply(w.t.Context(), h.secret, []hook{h}); err != nil {
				w.t.Fatal(err)
			}
		default:
			return rec
		}
	}
}

type fakeCRM struct {
	mu    sync.Mutex
	hooks map[string]amocrm.Webhook
	err   error
	asked int
	ended []string
}

func (f *fakeCRM) Webhook(_ context.Context, destination string) (amocrm.Webhook, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	h, ok := f.hooks[destination]
	if f.err == nil && !ok {
		return h, amocrm.ErrNotFound
	}
	return h, f.err
}

func (f *fakeCRM) Subscribe(_ context.Context, destination string, settings []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.hooks[destination] = amocrm.Webhook{Destination: destination, Settings: slices.Clone(settings)}
	return nil
}

func (f *fakeCRM) Unsubscribe(_ context.Context, destination string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	delete(f.hooks, destination)
	f.ended = append(f.ended, destination)
	return nil
}

type fakeReads struct {
	forgot  int
	changes []crm.Change
	own     map[string]string // writer by "leads 5 note"
}

func (f *fakeReads) ForgetData(context.Context) error { f.forgot++; return nil }

func (f *fakeReads) Changed(_ context.Context, c crm.Change) error {
	f.changes = append(f.changes, c)
	return nil
}

func (f *fakeReads) Writer(_ context.Context, kind string, id int64, aspect string) (string, error) {
	return f.own[ownName(kind, id, aspect)], nil
}

type fakeGrants struct{ status oauth.Status }

func (f *fakeGrants) Status(context.Context, string) (oauth.Status, error) { return f.status, nil }

// cancelled is a context that has ended.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// serve adds the service's route to e.
func serve(e *echo.Echo, s *Service) {
	for _, r := range route.Of("hooks", s) {
		e.Add(r.Method, r.Path, r.Handler)
	}
}
