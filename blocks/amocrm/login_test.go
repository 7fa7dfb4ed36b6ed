package amocrm

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
)

func TestLogin_redirectsWithABoundCookie(t *testing.T) {
	w := newFixture(t)
	w.flow.start = login.Start{State: "st", Binding: "bind", URL: "https://www.amocrm.ru/oauth?client_id=x&state=st"}
	rec := w.get(w.session(i18n.EN, sampleTicket()) + "/login")
	if rec.Code != http.StatusFound || rec.Header().Get("Location") != w.flow.start.URL {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	cookie := rec.Result().Cookies()[0]
	if cookie.Value != "bind" || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/oauth" {
		t.Errorf("cookie %+v", cookie)
	}
	r := httptest.NewRequest(http.MethodGet, "/oauth/callback?code=c&state=st&referer=example.amocrm.ru&client_id=x&platform=1", nil)
	r.AddCookie(cookie)
	w.flow.result = login.Result{Lang: "ru", AccountName: "Пример"}
	done := w.do(r)
	want := login.Callback{Code: "c", Referer: "example.amocrm.ru", State: "st", ClientID: "x", Platform: "1", Binding: "bind"}
	if w.flow.callback != want {
		t.Errorf("callback %+v", w.flow.callback)
	}
	w.contains(done, "Вы успешно авторизовались", `data-act="done"`, "«Пример»")
	if !strings.Contains(done.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("the success page can be framed")
	}
	if !strings.Contains(done.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Error("the cookie stays")
	}
}

func TestLogin_buttonPageAllowsOnlyItsScriptHost(t *testing.T) {
	w := newFixture(t)
	w.flow.start = login.Start{State: "st", Binding: "b", Button: &login.Button{ScriptURL: "https://www.kommo.com/auth/button.min.js", Class: "kommo_oauth", State: "st"}}
	rec := w.get(w.session(i18n.EN, sampleTicket()) + "/login")
	csp := rec.Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "script-src 'self' https://www.kommo.com;") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Error(csp)
	}
	w.contains(rec, `class="kommo_oauth"`, `data-state="st"`)
}

func TestCallback_failuresSayWhatToDo(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{login.ErrDenied, "Access was not allowed"}, {oauth.ErrState, "This login has run out"}, {login.ErrTicket, "This login has run out"},
		{login.ErrCode, "This login has run out"}, {login.ErrSecrets, "amoCRM did not send the keys"},
		{login.ErrReferer{Got: "<b>evil", Want: "example.amocrm.ru"}, "You allowed access to &lt;b&gt;evil. The block&#39;s settings name example.amocrm.ru"},
		{login.ErrAccount{Got: "1", Want: "2"}, "This is another amoCRM account"}, {&oauth.ConfigError{Hint: "secret"}, "The integration is set up wrongly"},
		{amoapi.ErrNetwork, "amoCRM did not answer"}, {errors.New("dial 10.0.0.5"), "The login did not work"},
	}
	for _, tt := range tests {
		w := newFixture(t)
		w.flow.err, w.flow.result = tt.err, login.Result{SessionID: strings.Repeat("b", 22)}
		rec := w.get("/oauth/callback?error=access_denied&state=st")
		w.contains(rec, tt.want, "/blocks/amocrm/"+strings.Repeat("b", 22)+"/login")
		if rec.Code != http.StatusBadRequest || strings.Contains(rec.Body.String(), "10.0.0.5") {
			t.Errorf("%v: status %d: %s", tt.err, rec.Code, rec.Body)
		}
	}
}

func TestDecide_movesTheSessionToTheKeptTenant(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.ES, sampleTicket())
	id := strings.TrimPrefix(base, "/blocks/amocrm/")
	w.flow.result = login.Result{TenantID: "t2", SessionID: id, Lang: "es"}
	rec := w.post("/oauth/decide", url.Values{"ticket": {"tk"}, "choice": {"replace"}}, false)
	w.contains(rec, "Ha iniciado sesión correctamente")
	s, err := w.sessions.Get(t.Context(), id)
	if err != nil || s.TenantID != "t2" || !w.flow.replace {
		t.Errorf("session %+v %v, replace %v", s, err, w.flow.replace)
	}
}

func TestDecide_saysWhatWasTakenAlong(t *testing.T) {
	for carried, want := range map[int]string{0: "", 1: "1 run of your rules that was waiting was taken along", 3: "3 runs of your rules that were waiting were taken along"} {
		w := newFixture(t)
		w.flow.result = login.Result{TenantID: "t2", Lang: "en", Carried: carried}
		rec := w.post("/oauth/decide", url.Values{"ticket": {"tk"}, "choice": {"replace"}}, false)
		w.contains(rec, want)
		if said := strings.Contains(rec.Body.String(), "taken along"); said != (carried > 0) {
			t.Errorf("%d carried: %s", carried, rec.Body)
		}
	}
}

func TestState_tellsThePoll(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.get(base+"/state"), `"state":"connected"`)
}

func TestHooks_refuseWithoutReason(t *testing.T) {
	w := newFixture(t)
	ok := httptest.NewRequest(http.MethodPost, "/oauth/secrets", strings.NewReader(`{"client_id":"a","client_secret":"b","state":"c"}`))
	ok.Header.Set("Content-Type", "application/json")
	if rec := w.do(ok); rec.Code != http.StatusOK {
		t.Errorf("secrets: %d", rec.Code)
	}
	w.flow.secretErr, w.flow.err = oauth.ErrState, login.ErrSignature
	if rec := w.post("/oauth/secrets", url.Values{"state": {"c"}}, false); rec.Code != http.StatusBadRequest || strings.Contains(rec.Body.String(), "unknown, used") {
		t.Errorf("secrets: %d %s", rec.Code, rec.Body)
	}
	if rec := w.get("/oauth/disconnected?account_id=1&client_uuid=x&signature=bad"); rec.Code != http.StatusBadRequest {
		t.Errorf("disconnected: %d", rec.Code)
	}
}
