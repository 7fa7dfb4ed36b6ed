package login

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// crm is an account's token endpoint and GET /account. A refresh token works once.
type crm struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	issued   int
	refresh  string              // the one that works now
	asked    []map[string]string // bodies of the token endpoint
	script   []http.HandlerFunc  // answers the next requests of the token endpoint instead
	account  map[string]any
	claimID  int64 // account_id claim of issued tokens
	life     int   // expires_in, seconds
	requests int
}

func newCRM(t *testing.T) *crm {
	c := &crm{t: t, claimID: 31, life: 86400, refresh: "refresh-0", account: map[string]any{
		"id": 31, "name": "Example", "subdomain": "example", "current_user_id": 7, "country": "RU"}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *crm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.requests++
	c.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "POST /oauth2/access_token":
		c.token(w, r)
	case "GET /api/v4/account":
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "+jwtHead) {
			problem(w, 401, "")
			return
		}
		answer(w, 200, c.account)
	default:
		c.t.Errorf("unexpected request: %s %s", r.Method, r.URL)
		w.WriteHeader(404)
	}
}

func (c *crm) token(w http.ResponseWriter, r *http.Request) {
	var body map[string]string
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		c.t.Errorf("token request: %v", err)
	}
	c.mu.Lock()
	c.asked = append(c.asked, body)
	var next http.HandlerFunc
	if len(c.script) > 0 {
		next, c.script = c.script[0], c.script[1:]
	}
	c.mu.Unlock()
	if next != nil {
		next(w, r)
		return
	}
	c.mu.Lock()
	good := body["grant_type"] == "authorization_code" && body["code"] == "code-1" || body["refresh_token"] == c.refresh
	c.mu.Unlock()
	if !good {
		problem(w, 401, "Token has been revoked")
		return
	}
	c.rotate(w, r)
}

// rotate issues the next pair.
func (c *crm) rotate(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	c.issued++
	c.refresh = fmt.Sprint("refresh-", c.issued)
	pair := map[string]any{"token_type": "Bearer", "expires_in": c.life, "access_token": jwt(c.claimID, c.issued), "refresh_token": c.refresh}
	c.mu.Unlock()
	answer(w, 200, pair)
}

// next scripts the token endpoint's next answers; nil answers as usual.
func (c *crm) next(answers ...http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.script = append(c.script, answers...)
}

func (c *crm) sent() []map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]map[string]string(nil), c.asked...)
}

func (c *crm) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func problem(w http.ResponseWriter, status int, hint string) {
	answer(w, status, map[string]any{"hint": hint, "title": "Некорректный запрос", "status": status,
		"type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson", "detail": "В запросе отсутствует ряд параметров"})
}

func refusing(status int, hint string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { problem(w, status, hint) }
}

// cut takes the request and drops the line.
func cut(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

const jwtHead = "eyJhbGciOiJSUzI1NiJ9."

// jwt looks like an access token; n makes it another one.
func jwt(account int64, n int) string {
	claims := fmt.Sprintf(`{"sub":"7","exp":%d,"account_id":%d,"base_domain":"amocrm.ru","jti":"access-%d"}`, time.Now().Add(24*time.Hour).Unix(), account, n)
	return jwtHead + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".signature"
}

// world is one Redis with a CRM and as many replicas as wanted.
type world struct {
	t      *testing.T
	crm    *crm
	redis  *miniredis.Miniredis
	db     *store.DB
	dir    *tenant.Directory
	grants *Grants
	flow   *Flow
	cfg    Config
	log    *logBuffer
	passed atomic.Int64 // nanoseconds by which the replicas' clocks are ahead
}

// pass lets time go by for Redis and all replicas.
func (w *world) pass(d time.Duration) {
	w.passed.Add(int64(d))
	w.redis.FastForward(d)
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, crm: newCRM(t), redis: miniredis.RunT(t), log: &logBuffer{}}
	hosts, err := amocrm.NewHosts([]string{w.crm.URL})
	if err != nil {
		t.Fatal(err)
	}
	w.cfg = Config{ClientID: "client-1", ClientSecret: "client-secret-1", PublicURL: "https://sidecard.example.com/", Hosts: hosts,
		now: func() time.Time { return time.Now().UTC().Add(time.Duration(w.passed.Load())) }}
	for _, c := range change {
		c(&w.cfg)
	}
	ring, _ := store.NewRing()
	w.db = w.open(ring)
	w.dir = tenant.NewDirectory(w.db)
	w.grants = w.newGrants(w.db)
	w.flow = NewFlow(w.db, w.dir, w.grants, nil)
	return w
}

func (w *world) open(ring *store.Ring) *store.DB {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), store.Options{URL: "redis://" + w.redis.Addr(), Ring: ring, Log: w.log.logger()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := db.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return db
}

func (w *world) newGrants(db *store.DB) *Grants {
	g := NewGrants(db, w.cfg, nil, w.log.logger())
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := g.Wait(ctx); err != nil {
			w.t.Errorf("a refresh is still under way: %v", err)
		}
		g.amo.http.CloseIdleConnections()
		g.amo.api.CloseIdleConnections()
	})
	return g
}

// replica is another process on the same Redis.
func (w *world) replica() *Grants { return w.newGrants(w.open(w.db.Ring())) }

// grant stores a grant of "t1" that ends in left of its 24 hours.
func (w *world) grant(left time.Duration, change ...func(*oauth.Grant)) oauth.Grant {
	w.t.Helper()
	now := time.Now().UTC()
	g := oauth.Grant{Base: w.crm.URL, ClientID: "client-1", ClientSecret: "client-secret-1", RedirectURI: "https://sidecard.example.com/oauth/callback",
		Access: jwt(31, 0), Refresh: "refresh-0", ExpiresAt: now.Add(left), RefreshedAt: now.Add(left - 24*time.Hour),
		GrantedAt: now.Add(-48 * time.Hour), AccountID: 31, AccountName: "Example", UserID: 7}
	for _, c := range change {
		c(&g)
	}
	saved, err := w.grants.Store(w.t.Context(), "t1", g)
	if err != nil {
		w.t.Fatal(err)
	}
	return saved
}

func (w *world) stored() oauth.Grant {
	w.t.Helper()
	g, err := w.grants.Grant(w.t.Context(), "t1")
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

func (w *world) status() oauth.Status {
	w.t.Helper()
	s, err := w.grants.Status(w.t.Context(), "t1")
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// logBuffer collects what every part has logged, at every level.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// oneTime is the Redis key of a login's value.
func oneTime(kind, secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return store.Shared(kind, hex.EncodeToString(sum[:]))
}

// What oauth promises of grants that are refused, or whose refresh has failed.
const (
	giveUpAfter  = 12 * time.Hour
	giveUpTries  = 8
	calmAfter    = 15 * time.Minute
	holdConfig   = time.Minute
	holdUpstream = 5 * time.Second
	refreshLock  = 45 * time.Second
)

var waits = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

func waitAfter(tries int) time.Duration { return waits[min(max(tries, 1), len(waits))-1] }
