package notify

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	botToken = "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"
	secret   = "whs_test"
	leaked   = "AAEhBOweik6ad9r" // a part of botToken
)

// house is watchers on one Redis, a real directory of tenants, and jobs and the outside faked.
type house struct {
	t      *testing.T
	redis  *miniredis.Miniredis
	db     *store.DB
	dir    *tenant.Directory
	jobs   *fakeJobs
	post   *inbox // webhook
	bot    *inbox // Telegram
	log    *syncBuffer
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
	h := &house{t: t, redis: mr, db: db, dir: tenant.NewDirectory(db), jobs: &fakeJobs{}, post: newInbox(t), bot: newInbox(t),
		log: &syncBuffer{}, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	h.tenant = h.connect("token")
	return h
}

// connect makes a connected tenant that wants its notices by webhook.
func (h *house) connect(token string) string {
	h.t.Helper()
	t, err := h.dir.Open(h.t.Context(), tenant.Credential{AmoBase: "https://example.amocrm.ru", DeskToken: token})
	if err == nil {
		err = h.dir.Connected(h.t.Context(), t.ID, "integration", 1, "Example")
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.choose(t.ID, Settings{WebhookURL: h.post.URL, WebhookSecret: secret})
	return t.ID
}

func (h *house) choose(id string, n Settings) {
	h.t.Helper()
	if _, err := h.dir.Update(h.t.Context(), id, func(t *tenant.Tenant) error { return n.Choose(t) }); err != nil {
		h.t.Fatal(err)
	}
}

// sender reaches the fakes of this machine.
func (h *house) sender(change func(*Config)) *Sender {
	h.t.Helper()
	catalog, err := i18n.NewCatalog(texts.FS)
	if err != nil {
		h.t.Fatal(err)
	}
	base, client, err := TelegramHost(h.bot.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(client.CloseIdleConnections)
	c := Config{Telegram: base, HTTP: client, Private: true, PublicURL: "https://sidecard.example.com",
		Text: func(lang, key string, args ...any) string { return catalog.T(i18n.Lang(lang), key, args...) }}
	if change != nil {
		change(&c)
	}
	return NewSender(h.db, c)
}

// watcher is one replica.
func (h *house) watcher() *Watcher {
	return New(Deps{DB: h.db, Tenants: h.dir, Jobs: h.jobs, Sender: h.sender(nil), Now: h.clock,
		Log: slog.New(slog.NewTextHandler(h.log, nil))})
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// later moves the clock and has the tenant looked at.
func (h *house) later(w *Watcher, d time.Duration) {
	h.t.Helper()
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	if err := w.look(h.t.Context(), h.tenant); err != nil {
		h.t.Fatal(err)
	}
}

type fakeJobs struct {
	hangs  map[string]chan struct{} // tenants whose counts are not told before their channel is closed
	mu     sync.Mutex
	counts ledger.Counts
	why    string
}

func (f *fakeJobs) set(failed, held int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts.Failed, f.counts.Held = failed, held
}

func (f *fakeJobs) remarked(today int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts.RemarksToday = today
}

func (f *fakeJobs) Counts(ctx context.Context, id string) (ledger.Counts, error) {
	if hang := f.hangs[id]; hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return ledger.Counts{}, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts, nil
}

func (f *fakeJobs) Newest(context.Context, string, ledger.State, ledger.Label) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.why, nil
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
