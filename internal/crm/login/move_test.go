package login

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// apiHost is amoCRM's own host, which tells where an account lives.
type apiHost struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string // refresh tokens
	answer http.HandlerFunc
}

func newAPIHost(t *testing.T) *apiHost {
	a := &apiHost{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method+" "+r.URL.Path != "GET /oauth2/account/current/subdomain" {
			t.Errorf("unexpected request: %s %s", r.Method, r.URL)
		}
		a.mu.Lock()
		a.asked = append(a.asked, r.Header.Get("X-Refresh-Token"))
		next := a.answer
		a.mu.Unlock()
		next(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *apiHost) says(next http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = next
}

func (a *apiHost) heard() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func home(id int64, domain string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"id": id, "subdomain": "renamed", "domain": domain, "top_level_domain": "ru"})
	}
}

func domainOf(server string) string { return strings.TrimPrefix(server, "http://") }

// renaming is a world whose account has moved from crm to young.
type renaming struct {
	*world
	young *crm
	api   *apiHost
	id    string // of the tenant
}

func newRenaming(t *testing.T) *renaming {
	t.Helper()
	r := &renaming{world: newWorld(t), young: newCRM(t), api: newAPIHost(t)}
	hosts, err := amocrm.NewHosts([]string{r.crm.URL, r.young.URL, r.api.URL})
	if err != nil {
		t.Fatal(err)
	}
	r.cfg.Hosts = hosts
	r.grants = r.newGrants(r.db)
	r.api.says(home(31, domainOf(r.young.URL)))
	had, err := r.dir.Open(t.Context(), tenant.Credential{AmoBase: r.crm.URL, DeskToken: "desk"})
	if err != nil {
		t.Fatal(err)
	}
	r.id = had.ID
	if err := r.dir.Connected(t.Context(), r.id, "client-1", 31, "Example"); err != nil {
		t.Fatal(err)
	}
	return r
}

// has stores the tenant's grant, whose access token names apiDomain.
func (r *renaming) has(left time.Duration, apiDomain string, change ...func(*oauth.Grant)) oauth.Grant {
	r.t.Helper()
	now := time.Now().UTC()
	claims := fmt.Sprintf(`{"sub":"7","account_id":31,"jti":"first","api_domain":%q}`, apiDomain)
	g := oauth.Grant{Base: r.crm.URL, ClientID: "client-1", ClientSecret: "client-secret-1", Refresh: "refresh-0", AccountID: 31,
		Access:    jwtHead + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".signature",
		ExpiresAt: now.Add(left), RefreshedAt: now.Add(left - 24*time.Hour), GrantedAt: now.Add(-48 * time.Hour)}
	for _, c := range change {
		c(&g)
	}
	saved, err := r.grants.Store(r.t.Context(), r.id, g)
	if err != nil {
		r.t.Fatal(err)
	}
	return saved
}

func (r *renaming) now() (oauth.Grant, tenant.Tenant) {
	r.t.Helper()
	g, err1 := r.grants.Grant(r.t.Context(), r.id)
	x, err2 := r.dir.Get(r.t.Context(), r.id)
	if err := errors.Join(err1, err2); err != nil {
		r.t.Fatal(err)
	}
	return g, x
}

func TestMove_renamedAccountIsFollowed(t *testing.T) {
	for name, refusal := range map[string]http.HandlerFunc{
		"nobody is there": refusing(401, ""), "token refused": refusing(401, "Token has been revoked"), "no such route": refusing(404, ""),
		"another account took the address": refusing(400, "Invalid account"),
	} {
		for _, refused := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, refused %v", name, refused), func(t *testing.T) {
				w := newRenaming(t)
				left, rejected := -time.Minute, ""
				if refused {
					left = 20 * time.Hour
				}
				old := w.has(left, domainOf(w.api.URL))
				if refused {
					rejected = old.Access
				}
				w.crm.next(refusal)
				var told []string
				w.grants.amo.cfg.Hooks.Moved = func(_ context.Context, id string) { told = append(told, id) }
				auth := w.grants.Auth(w.id)
				got, err := auth.Token(t.Context(), rejected)
				if err != nil {
					t.Fatal(err)
				}
				g, x := w.now()
				if !slices.Equal(told, []string{w.id}) {
					t.Errorf("told of the move: %v", told)
				}
				if got == old.Access || got != g.Access || g.Refresh != "refresh-1" || g.Base != w.young.URL || x.AmoBase != w.young.URL || g.Lost() {
					t.Errorf("token %v, %v, tenant at %s", got == g.Access, g, x.AmoBase)
				}
				if g.Generation != old.Generation+2 || g.AfterRejection != refused || !g.GrantedAt.Equal(old.GrantedAt) {
					t.Errorf("%v after %v, after a rejection %v", g, old, g.AfterRejection)
				}
				if base, err := auth.(amocrm.Homed).Home(t.Context()); err != nil || base != w.young.URL {
					t.Errorf("calls go to %s, %v", base, err)
				}
				if _, err := w.replica().Auth(w.id).Token(t.Context(), ""); err != nil {
					t.Error(err)
				}
				sent := w.young.sent()
				if len(w.crm.sent()) != 1 || len(sent) != 1 || sent[0]["refresh_token"] != "refresh-0" || !slices.Equal(w.api.heard(), []string{"refresh-0"}) {
					t.Errorf("%d refreshes at the old address, %v at the new, asked with %q; want one each", len(w.crm.sent()), sent, w.api.heard())
				}
				if log := w.log.String(); strings.Contains(log, "refresh-0") || strings.Contains(log, "client-secret") || !strings.Contains(log, "renamed") {
					t.Errorf("log: %s", log)
				}
			})
		}
	}
}

func TestMove_freshPairThatIsRefusedMayHaveMoved(t *testing.T) {
	w := newRenaming(t)
	old := w.has(20*time.Hour, domainOf(w.api.URL), func(g *oauth.Grant) { g.AfterRejection, g.RefreshedAt = true, time.Now() })
	if _, err := w.grants.Auth(w.id).Token(t.Context(), old.Access); err != nil {
		t.Fatal(err)
	}
	if g, _ := w.now(); g.Base != w.young.URL || len(w.crm.sent()) != 0 || len(w.young.sent()) != 1 {
		t.Errorf("%v, %d refreshes at the old address, %d at the new", g, len(w.crm.sent()), len(w.young.sent()))
	}
}

func TestMove_manyCallersOfManyReplicasAskOnce(t *testing.T) {
	w := newRenaming(t)
	old := w.has(20*time.Hour, domainOf(w.api.URL))
	w.crm.next(refusing(401, ""))
	replicas := []*Grants{w.grants, w.replica(), w.replica()}
	var wait sync.WaitGroup
	for i := range 30 {
		wait.Go(func() {
			if _, err := replicas[i%3].Auth(w.id).Token(t.Context(), old.Access); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(w.crm.sent()) != 1 || len(w.api.heard()) != 1 || len(w.young.sent()) != 1 {
		t.Errorf("%d refreshes at the old address, %d questions, %d refreshes at the new one; want one each",
			len(w.crm.sent()), len(w.api.heard()), len(w.young.sent()))
	}
}

// Nobody knows whether the account has moved: that is no reason to make a person log in.
func TestMove_unknownIsNotLost(t *testing.T) {
	for name, trouble := range map[string]http.HandlerFunc{
		"cut line": cut, "server error": refusing(500, ""), "limited": refusing(429, ""), "forbidden": refusing(403, ""),
		"no sense": func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, map[string]any{"id": 31}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRenaming(t)
			old := w.has(-time.Minute, domainOf(w.api.URL))
			w.crm.next(refusing(401, ""), refusing(401, ""))
			w.api.says(trouble)
			for range 2 { // the second one comes too soon to ask again
				_, err := w.grants.Auth(w.id).Token(t.Context(), "")
				if err == nil || errors.Is(err, oauth.ErrNeedsLogin) || errors.Is(err, amocrm.ErrUnauthorized) {
					t.Fatalf("%v, want one that lets wait", err)
				}
			}
			if g, x := w.now(); g.Generation != old.Generation || g.Lost() || x.AmoBase != w.crm.URL || len(w.crm.sent()) != 1 || w.young.total() != 0 {
				t.Errorf("%v, tenant at %s, %d refreshes, %d requests to the new address", g, x.AmoBase, len(w.crm.sent()), w.young.total())
			}
			w.api.says(home(31, domainOf(w.young.URL)))
			w.redis.FastForward(holdUpstream)
			if _, err := w.grants.Auth(w.id).Token(t.Context(), ""); err != nil {
				t.Fatalf("when it answers again: %v", err)
			}
			if g, x := w.now(); g.Base != w.young.URL || x.AmoBase != w.young.URL || len(w.young.sent()) != 1 {
				t.Errorf("%v, tenant at %s", g, x.AmoBase)
			}
		})
	}
}

func TestMove_refusalStandsWhenNothingHasMoved(t *testing.T) {
	for name, says := range map[string]func(w *renaming) http.HandlerFunc{
		"token unknown":      func(*renaming) http.HandlerFunc { return refusing(401, "") },
		"no such route":      func(*renaming) http.HandlerFunc { return refusing(404, "") },
		"the same address":   func(w *renaming) http.HandlerFunc { return home(31, domainOf(w.crm.URL)) },
		"another account":    func(w *renaming) http.HandlerFunc { return home(32, domainOf(w.young.URL)) },
		"a foreign address":  func(*renaming) http.HandlerFunc { return home(31, "evil.example.com") },
		"amoCRM's own host":  func(*renaming) http.HandlerFunc { return home(31, "www.amocrm.ru") },
		"an address with it": func(w *renaming) http.HandlerFunc { return home(31, domainOf(w.young.URL)+"/path") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newRenaming(t)
			w.has(-time.Minute, domainOf(w.api.URL))
			w.api.says(says(w))
			w.crm.next(refusing(401, "Token has been revoked"))
			_, err := w.grants.Auth(w.id).Token(t.Context(), "")
			var lost oauth.ErrGrantLost
			if !errors.As(err, &lost) || !strings.Contains(lost.Why, "Token has been revoked") {
				t.Errorf("%v, want the refusal of the refresh", err)
			}
			if _, x := w.now(); x.AmoBase != w.crm.URL || w.young.total() != 0 || len(w.api.heard()) != 1 {
				t.Errorf("tenant at %s, %d requests to the new address, %d questions", x.AmoBase, w.young.total(), len(w.api.heard()))
			}
		})
	}
	t.Run("configuration", func(t *testing.T) {
		w := newRenaming(t)
		w.has(-time.Minute, domainOf(w.api.URL))
		w.api.says(home(31, domainOf(w.crm.URL)))
		w.crm.next(refusing(400, "Invalid account"))
		if _, err := w.grants.Auth(w.id).Token(t.Context(), ""); !errors.As(err, new(*oauth.ConfigError)) {
			t.Errorf("%v, want the configuration's error", err)
		}
	})
}

// The claim is read from a token whose signature nobody can check, and its host would get the refresh token.
func TestMove_foreignAPIHostGetsNoRefreshToken(t *testing.T) {
	for name, domain := range map[string]func(evil string) string{
		"a host of somebody's": domainOf, "the same with a scheme": func(evil string) string { return evil },
		"behind a user name": func(evil string) string { return "api-a.amocrm.ru@" + domainOf(evil) },
		"an account's host":  func(string) string { return "example.amocrm.ru" },
		"an inner address":   func(string) string { return "169.254.169.254" },
		"none":               func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			w, evil := newRenaming(t), newAPIHost(t)
			evil.says(home(31, domainOf(w.young.URL)))
			w.has(-time.Minute, domain(evil.URL))
			w.crm.next(refusing(401, ""))
			if _, err := w.grants.Auth(w.id).Token(t.Context(), ""); !errors.As(err, new(*oauth.RefusedError)) {
				t.Errorf("%v", err)
			}
			if len(evil.heard()) != 0 || len(w.api.heard()) != 0 || w.young.total() != 0 {
				t.Errorf("asked %q and %q, %d requests to where it would have led", evil.heard(), w.api.heard(), w.young.total())
			}
		})
	}
}

func TestMove_loginMeanwhileWins(t *testing.T) {
	w := newRenaming(t)
	w.has(-time.Minute, domainOf(w.api.URL))
	w.crm.next(refusing(401, ""))
	var login oauth.Grant
	w.api.says(func(rw http.ResponseWriter, r *http.Request) {
		login = w.has(20*time.Hour, domainOf(w.api.URL), func(g *oauth.Grant) {
			g.Base, g.Access, g.Refresh = w.young.URL, jwt(31, 99), "refresh-99"
		})
		home(31, domainOf(w.young.URL))(rw, r)
	})
	got, err := w.grants.Auth(w.id).Token(t.Context(), "")
	if err != nil || got != login.Access || w.young.total() != 0 {
		t.Errorf("%v, the login's token %v, %d requests to the new address", err, got == login.Access, w.young.total())
	}
	if g, _ := w.now(); g.Refresh != "refresh-99" || g.Generation != login.Generation {
		t.Errorf("%v, want the login's", g)
	}
}

func TestMove_cutOffBetweenTenantAndGrantIsMended(t *testing.T) {
	w := newRenaming(t)
	w.has(-time.Minute, domainOf(w.api.URL))
	if err := w.dir.Move(t.Context(), w.id, w.young.URL); err != nil {
		t.Fatal(err)
	}
	w.crm.next(refusing(401, ""))
	if _, err := w.grants.Auth(w.id).Token(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if g, x := w.now(); g.Base != w.young.URL || x.AmoBase != w.young.URL || len(w.young.sent()) != 1 {
		t.Errorf("%v, tenant at %s", g, x.AmoBase)
	}
}

// A refresh at the new address that ends badly is an ordinary one: the token was not spent before, and is not asked about again.
func TestMove_troubleAtTheNewAddressKeepsTheGrant(t *testing.T) {
	w := newRenaming(t)
	w.has(-time.Minute, domainOf(w.api.URL))
	w.crm.next(refusing(401, ""))
	w.young.next(cut, refusing(502, ""))
	if _, err := w.grants.Auth(w.id).Token(t.Context(), ""); !errors.Is(err, amocrm.ErrUpstream) {
		t.Fatalf("%v, want amocrm.ErrUpstream", err)
	}
	if g, x := w.now(); g.Base != w.young.URL || x.AmoBase != w.young.URL || g.Refresh != "refresh-0" || g.Lost() {
		t.Errorf("%v, tenant at %s", g, x.AmoBase)
	}
	w.redis.FastForward(holdUpstream)
	if _, err := w.grants.Auth(w.id).Token(t.Context(), ""); err != nil || len(w.crm.sent()) != 1 || len(w.api.heard()) != 1 {
		t.Errorf("later: %v, %d refreshes at the old address, %d questions", err, len(w.crm.sent()), len(w.api.heard()))
	}
}
