package login

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// tenant opens a tenant of the fake account.
func (w *world) tenant(token string) tenant.Tenant {
	w.t.Helper()
	t, err := w.dir.Open(w.t.Context(), tenant.Credential{AmoBase: w.crm.URL, DeskToken: token})
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// start begins a login of the tenant and returns the callback that amoCRM would send.
func (w *world) start(tenantID string) (Start, Callback) {
	w.t.Helper()
	s, err := w.flow.Start(w.t.Context(), tenantID, "session-1", "pt")
	if err != nil {
		w.t.Fatal(err)
	}
	return s, Callback{Code: "code-1", Referer: tenant.Host(w.crm.URL), State: s.State, ClientID: w.cfg.ClientID, Platform: "1", Binding: s.Binding}
}

// login connects the tenant of a token.
func (w *world) login(token string) (tenant.Tenant, Result) {
	w.t.Helper()
	t := w.tenant(token)
	_, c := w.start(t.ID)
	r, err := w.flow.Finish(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return t, r
}

func private(c *Config) { c.ClientID, c.ClientSecret = "", "" }

func TestStart_configuredIntegrationGoesToTheAuthorisePage(t *testing.T) {
	w := newWorld(t)
	for base, want := range map[string]string{
		"https://example.amocrm.ru":  "https://www.amocrm.ru/oauth?client_id=client-1&mode=post_message&state=",
		"https://example.kommo.com":  "https://www.kommo.com/oauth?client_id=client-1&mode=post_message&state=",
		"https://example.amocrm.com": "https://www.kommo.com/oauth?client_id=client-1&mode=post_message&state=",
		w.crm.URL:                    w.crm.URL + "/oauth?client_id=client-1&mode=post_message&state=",
	} {
		tn, err := w.dir.Open(t.Context(), tenant.Credential{AmoBase: base, DeskToken: "a"})
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.flow.Start(t.Context(), tn.ID, "session-1", "en")
		if err != nil || s.URL != want+s.State || s.Button != nil || len(s.State) < 20 || len(s.Binding) < 20 || s.State == s.Binding {
			t.Errorf("%s: %+v, %v", base, s, err)
		}
	}
	if _, err := w.flow.Start(t.Context(), "nobody", "session-1", "en"); !errors.Is(err, tenant.ErrNotFound) {
		t.Errorf("unknown tenant: %v", err)
	}
}

func TestStart_withoutAnIntegrationShowsAmoCRMsButton(t *testing.T) {
	w := newWorld(t, private)
	for base, want := range map[string][2]string{
		"https://example.amocrm.ru":  {"https://www.amocrm.ru/auth/button.min.js", "amocrm_oauth"},
		"https://example.kommo.com":  {"https://www.kommo.com/auth/button.min.js", "kommo_oauth"},
		"https://example.amocrm.com": {"https://www.kommo.com/auth/button.min.js", "kommo_oauth"},
		w.crm.URL:                    {w.crm.URL + "/auth/button.min.js", "amocrm_oauth"},
	} {
		tn, err := w.dir.Open(t.Context(), tenant.Credential{AmoBase: base, DeskToken: "a"})
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.flow.Start(t.Context(), tn.ID, "session-1", "en")
		if err != nil || s.URL != "" || s.Button == nil {
			t.Fatalf("%s: %+v, %v", base, s, err)
		}
		b := *s.Button
		if b.ScriptURL != want[0] || b.Class != want[1] || b.State != s.State || b.RedirectURI != "https://sidecard.example.com/oauth/callback" ||
			b.SecretsURI != "https://sidecard.example.com/oauth/secrets" || b.Name == "" || b.Description == "" || b.Scopes != "crm" {
			t.Errorf("%s: %+v", base, b)
		}
	}
}

func TestFinish_connects(t *testing.T) {
	w := newWorld(t)
	tn := w.tenant("desk-1")
	var told []string
	w.grants.amo.cfg.Hooks.Connected = func(ctx context.Context, id string) {
		if _, err := w.grants.Auth(id).Token(ctx, ""); err != nil {
			t.Errorf("told before the grant is there: %v", err)
		}
		told = append(told, id)
	}
	_, c := w.start(tn.ID)
	r, err := w.flow.Finish(t.Context(), c)
	if want := (Result{TenantID: tn.ID, SessionID: "session-1", Lang: "pt", AccountName: "Example"}); err != nil || r != want {
		t.Fatalf("%+v, %v", r, err)
	}
	want := map[string]string{"client_id": "client-1", "client_secret": "client-secret-1", "grant_type": "authorization_code", "code": "code-1",
		"redirect_uri": "https://sidecard.example.com/oauth/callback"}
	if got := w.crm.sent(); len(got) != 1 || !equal(got[0], want) {
		t.Errorf("sent %v", got)
	}
	g, err := w.grants.Grant(t.Context(), tn.ID)
	if err != nil || g.Refresh != "refresh-1" || g.AccountID != 31 || g.AccountName != "Example" || g.UserID != 7 || g.ClientID != "client-1" ||
		g.Base != w.crm.URL || time.Since(g.GrantedAt) > time.Minute || time.Until(g.ExpiresAt) < 23*time.Hour {
		t.Errorf("%+v, %v", struct{ oauth.Grant }{g}, err)
	}
	now, err := w.dir.Get(t.Context(), tn.ID)
	if err != nil || now.AccountID != 31 || now.AccountName != "Example" || now.IntegrationID != "client-1" || now.ConnectedAt.IsZero() {
		t.Errorf("%+v, %v", struct{ tenant.Tenant }{now}, err)
	}
	if len(told) != 1 || told[0] != tn.ID {
		t.Errorf("told %v", told)
	}
}

func TestFinish_againAfterALossRevivesTheGrant(t *testing.T) {
	w := newWorld(t)
	tn, _ := w.login("desk-1")
	if err := w.grants.Drop(t.Context(), tn.ID, "gone"); err != nil {
		t.Fatal(err)
	}
	_, r := w.login("desk-1")
	if r.TenantID != tn.ID || r.Conflict != nil {
		t.Errorf("%+v", r)
	}
	if s, err := w.grants.Status(t.Context(), tn.ID); err != nil || s.State != "connected" || s.Why != "" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestFinish_stateIsGoodOnceForOneBrowserForAWhile(t *testing.T) {
	w := newWorld(t)
	tn := w.tenant("desk-1")
	for name, spoil := range map[string]func(*Callback){
		"forged":          func(c *Callback) { c.State = "AAAAAAAAAAAAAAAAAAAAAAAAAA" },
		"none":            func(c *Callback) { c.State = "" },
		"other browser":   func(c *Callback) { c.Binding = "BBBBBBBBBBBBBBBBBBBBBBBBBB" },
		"no cookie":       func(c *Callback) { c.Binding = "" },
		"other client id": func(c *Callback) { c.ClientID = "client-2" },
		"expired":         func(*Callback) { w.redis.FastForward(loginTime) },
	} {
		_, c := w.start(tn.ID)
		spoil(&c)
		if r, err := w.flow.Finish(t.Context(), c); !errors.Is(err, oauth.ErrState) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if n := w.crm.total(); n != 0 {
		t.Errorf("%d requests", n)
	}
	_, c := w.start(tn.ID)
	if _, err := w.flow.Finish(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := w.flow.Finish(t.Context(), c); !errors.Is(err, oauth.ErrState) {
		t.Errorf("a second time: %v", err)
	}
}

func TestFinish_foreignRefererIsSentNothing(t *testing.T) {
	w := newWorld(t)
	var sent []string
	w.grants.amo.http.Transport = transport(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.URL.String())
		return nil, errors.New("no network here")
	})
	tn, err := w.dir.Open(t.Context(), tenant.Credential{AmoBase: "https://example.amocrm.ru", DeskToken: "a"})
	if err != nil {
		t.Fatal(err)
	}
	for _, referer := range []string{
		"", "evil.example", "169.254.169.254", "localhost:6379", "127.0.0.1", "[::1]", "evil.example/?x=.amocrm.ru",
		"evil.example#.amocrm.ru", "example.amocrm.ru.evil.example", "example.amocrm.ru@evil.example", "evil.example\\.amocrm.ru",
		"https://example.amocrm.ru", "http://example.amocrm.ru", "//example.amocrm.ru", "example.amocrm.ru/", "example.amocrm.ru:443",
		"example.amocrm.ru:8080", "example.amocrm.ru.", "example.amocrm.ru?x", "example.amocrm.ru#x", " example.amocrm.ru", "example.amocrm.ru\n",
		"www.amocrm.ru", "api-a.amocrm.ru", "other.amocrm.ru", "example.amocrm.com", "example.kommo.com", "a.example.amocrm.ru", "amocrm.ru",
		".amocrm.ru", "еxample.amocrm.ru", "xn--xample-9uf.amocrm.ru", "example.amocrm.ru%2f", "user:pass@example.amocrm.ru", tenant.Host(w.crm.URL),
		strings.Repeat("a", 5000) + ".amocrm.ru",
	} {
		s, err := w.flow.Start(t.Context(), tn.ID, "session-1", "en")
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.flow.Finish(t.Context(), Callback{Code: "code-1", Referer: referer, State: s.State, ClientID: "client-1", Binding: s.Binding})
		var foreign ErrReferer
		if !errors.As(err, &foreign) || foreign.Want != "example.amocrm.ru" || foreign.Got != referer {
			t.Errorf("%.60q: %v", referer, err)
		}
		if r.SessionID != "session-1" || r.Lang != "en" {
			t.Errorf("%.60q: the page can't speak the reader's language: %+v", referer, r)
		}
		if len(err.Error()) > 300 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
	if len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
	if s, err := w.flow.Start(t.Context(), tn.ID, "session-1", "en"); err != nil {
		t.Fatal(err)
	} else if _, err = w.flow.Finish(t.Context(), Callback{Code: "code-1", Referer: "Example.amoCRM.ru", State: s.State, Binding: s.Binding}); len(sent) != 1 ||
		sent[0] != "https://example.amocrm.ru/oauth2/access_token" {
		t.Errorf("the right one: %v, sent %v", err, sent)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFinish_denied(t *testing.T) {
	w := newWorld(t)
	tn := w.tenant("desk-1")
	s, _ := w.start(tn.ID)
	r, err := w.flow.Finish(t.Context(), Callback{Error: "access_denied", State: s.State, Binding: s.Binding})
	if !errors.Is(err, ErrDenied) || r.TenantID != tn.ID || r.SessionID != "session-1" || r.Lang != "pt" || w.crm.total() != 0 {
		t.Errorf("%+v, %v, %d requests", r, err, w.crm.total())
	}
	s, _ = w.start(tn.ID)
	if _, err := w.flow.Finish(t.Context(), Callback{Referer: tenant.Host(w.crm.URL), State: s.State, Binding: s.Binding}); !errors.Is(err, ErrCode) {
		t.Errorf("neither code nor error: %v", err)
	}
}

func TestFinish_refusedCodes(t *testing.T) {
	var config *oauth.ConfigError
	for hint, check := range map[string]func(error) bool{
		"Authorization code has expired":             func(err error) bool { return errors.Is(err, ErrCode) },
		"Authorization code has been revoked":        func(err error) bool { return errors.Is(err, ErrCode) },
		"Cannot decrypt the authorization code":      func(err error) bool { return errors.Is(err, ErrCode) },
		"Check the `client_id` parameter":            func(err error) bool { return errors.As(err, &config) },
		"Check the `client_secret` parameter":        func(err error) bool { return errors.As(err, &config) },
		"Redirect URI is not associated with client": func(err error) bool { return errors.As(err, &config) },
		"Invalid account":                            func(err error) bool { return errors.As(err, &config) },
	} {
		w := newWorld(t)
		tn := w.tenant("desk-1")
		_, c := w.start(tn.ID)
		w.crm.next(refusing(400, hint))
		_, err := w.flow.Finish(t.Context(), c)
		if !check(err) {
			t.Errorf("%s: %v", hint, err)
		}
		if _, err := w.grants.Grant(t.Context(), tn.ID); !errors.Is(err, oauth.ErrNoGrant) {
			t.Errorf("%s: stored: %v", hint, err)
		}
	}
}

func TestFinish_tokenOfAnotherAccountIsThrownAway(t *testing.T) {
	var account ErrAccount
	t.Run("claims differ from the account", func(t *testing.T) {
		w := newWorld(t)
		w.crm.claimID = 32
		tn := w.tenant("desk-1")
		_, c := w.start(tn.ID)
		if _, err := w.flow.Finish(t.Context(), c); !errors.As(err, &account) {
			t.Errorf("%v", err)
		}
		if _, err := w.grants.Grant(t.Context(), tn.ID); !errors.Is(err, oauth.ErrNoGrant) {
			t.Errorf("stored: %v", err)
		}
	})
	t.Run("tenant was connected to another", func(t *testing.T) {
		w := newWorld(t)
		tn, _ := w.login("desk-1")
		before, err := w.grants.Grant(t.Context(), tn.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.crm.claimID, w.crm.account["id"] = 32, 32
		_, c := w.start(tn.ID)
		if _, err := w.flow.Finish(t.Context(), c); !errors.As(err, &account) || account != (ErrAccount{"32", "31"}) {
			t.Errorf("%v", err)
		}
		if now, err := w.grants.Grant(t.Context(), tn.ID); err != nil || now.Generation != before.Generation {
			t.Errorf("the old grant has changed: %v, %v", now, err)
		}
	})
	t.Run("subdomain differs", func(t *testing.T) {
		w := newWorld(t)
		mock := httpmock.NewMockTransport()
		mock.RegisterResponder("POST", "https://example.amocrm.ru/oauth2/access_token", httpmock.NewJsonResponderOrPanic(200,
			map[string]any{"expires_in": 86400, "access_token": jwt(31, 1), "refresh_token": "refresh-1"}))
		mock.RegisterResponder("GET", "https://example.amocrm.ru/api/v4/account", httpmock.NewJsonResponderOrPanic(200,
			map[string]any{"id": 31, "name": "Other", "subdomain": "other"}))
		w.grants.amo.http.Transport = mock
		tn, err := w.dir.Open(t.Context(), tenant.Credential{AmoBase: "https://example.amocrm.ru", DeskToken: "a"})
		if err != nil {
			t.Fatal(err)
		}
		_, c := w.start(tn.ID)
		c.Referer = "example.amocrm.ru"
		if _, err := w.flow.Finish(t.Context(), c); !errors.As(err, &account) || account != (ErrAccount{"other", "example"}) {
			t.Errorf("%v", err)
		}
	})
}

func TestFinish_goesOnWhenTheBrowserLeaves(t *testing.T) {
	w := newWorld(t)
	tn := w.tenant("desk-1")
	_, c := w.start(tn.ID)
	ctx, cancel := context.WithCancel(t.Context())
	w.crm.next(func(rw http.ResponseWriter, r *http.Request) { cancel(); w.crm.rotate(rw, r) })
	if _, err := w.flow.Finish(ctx, c); err != nil {
		t.Fatal(err)
	}
	if s, err := w.grants.Status(t.Context(), tn.ID); err != nil || s.State != "connected" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestDisconnected_onlyWithAmoCRMsSignature(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	tn, _ := w.login("desk-1")
	// openssl dgst -sha256 -hmac client-secret-1 over "client-1|31"
	const genuine = "c6e5679069a9bd63db2f1cff0fd99b932eac9e4af76a8b710138097e3f3e29fb"
	for name, c := range map[string][3]string{
		"none":             {"31", "client-1", ""},
		"not hex":          {"31", "client-1", "zz"},
		"other secret":     {"31", "client-1", strings.Repeat("ab", 32)},
		"other account":    {"32", "client-1", genuine},
		"other client":     {"31", "client-2", genuine},
		"cut":              {"31", "client-1", genuine[:32]},
		"joined otherwise": {"", "client-1|31", genuine},
	} {
		if err := w.flow.Disconnected(ctx, c[0], c[1], c[2]); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, err := w.grants.Status(ctx, tn.ID); err != nil || s.State != "connected" {
		t.Fatalf("%+v, %v", s, err)
	}
	asked := 0
	w.db.AddHook(everyCommand(func() { asked++ }))
	if err := w.flow.Disconnected(ctx, "31", "client-1", strings.Repeat("ab", 32)); !errors.Is(err, ErrSignature) || asked != 0 {
		t.Errorf("%v; a stranger with the public id costs %d looks into Redis, one for each company", err, asked)
	}
	other, _ := w.login("desk-2")
	if err := w.db.HSet(ctx, store.Key(other.ID, "grant"), "grant", "v1.gone.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").Err(); err != nil {
		t.Fatal(err)
	}
	if err := w.flow.Disconnected(ctx, "31", "client-1", strings.ToUpper(genuine)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.grants.Auth(tn.ID).Token(ctx, ""); !errors.Is(err, oauth.ErrNeedsLogin) {
		t.Errorf("%v", err)
	}
	if err := w.flow.Disconnected(ctx, "31", "client-1", genuine); err != nil {
		t.Errorf("a repeated hook: %v", err)
	}
}

// everyCommand is a hook of the client that calls itself before each command.
type everyCommand func()

func (f everyCommand) DialHook(next redis.DialHook) redis.DialHook { return next }
func (f everyCommand) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { f(); return next(ctx, cmd) }
}
func (f everyCommand) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { f(); return next(ctx, cmds) }
}

func TestInstallLongLived_connectsTheOperatorsTenantOnly(t *testing.T) {
	w := newWorld(t, private, func(c *Config) { c.LongLivedToken = jwt(31, 500) })
	ctx := t.Context()
	credential := tenant.Credential{AmoBase: w.crm.URL + "/", DeskToken: "desk-1"}
	id, err := w.flow.InstallLongLived(ctx, credential)
	if err != nil {
		t.Fatal(err)
	}
	auth := w.grants.Auth(id)
	if got, err := auth.Token(ctx, ""); err != nil || got != w.cfg.LongLivedToken {
		t.Errorf("%q, %v", got, err)
	}
	if s, err := w.grants.Status(ctx, id); err != nil || s.State != "connected" || s.AccountName != "Example" || s.ExpiresAt.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
	if stranger := w.tenant("desk-2"); stranger.ID == id {
		t.Error("a stranger opens the operator's tenant")
	} else if _, err := w.grants.Auth(stranger.ID).Token(ctx, ""); !errors.Is(err, oauth.ErrNoGrant) {
		t.Errorf("a stranger who knows the host: %v", err)
	}
	requests := w.crm.total()
	if again, err := w.flow.InstallLongLived(ctx, credential); err != nil || again != id || w.crm.total() != requests {
		t.Errorf("at the next start: %v, %d requests more", err, w.crm.total()-requests)
	}
	if err := w.grants.Drop(ctx, id, "ended"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.flow.InstallLongLived(ctx, tenant.Credential{AmoBase: "evil.example", DeskToken: "a"}); err == nil {
		t.Error("a foreign host was taken")
	}
	var account ErrAccount
	w.crm.account["id"] = 32
	if _, err := w.flow.InstallLongLived(ctx, credential); !errors.As(err, &account) {
		t.Errorf("a token of another account: %v", err)
	}
}

func TestFinish_upstreamTroubleLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	tn := w.tenant("desk-1")
	_, c := w.start(tn.ID)
	w.crm.next(refusing(503, ""))
	if _, err := w.flow.Finish(t.Context(), c); !errors.Is(err, amocrm.ErrUnknownOutcome) {
		t.Errorf("%v", err)
	}
	if _, err := w.grants.Grant(t.Context(), tn.ID); !errors.Is(err, oauth.ErrNoGrant) {
		t.Errorf("stored: %v", err)
	}
}

// The callback's parameters can be written by anybody; its errors are logged.
func TestFinish_errorsDoNotRepeatWhatTheCallbackSays(t *testing.T) {
	for name, spoil := range map[string]func(*Callback){
		"referer": func(c *Callback) { c.Referer = "canary.example.com" },
		"error":   func(c *Callback) { c.Error = "canary" },
		"code":    func(c *Callback) { c.Code = "canary" },
		"client":  func(c *Callback) { c.ClientID = "canary" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, c := w.start(w.tenant("desk-1").ID)
			spoil(&c)
			w.crm.next(refusing(400, "Cannot decrypt the authorization code"))
			if _, err := w.flow.Finish(t.Context(), c); err == nil || strings.Contains(err.Error()+w.log.String(), "canary") {
				t.Errorf("%v\n%s", err, w.log)
			}
		})
	}
}
