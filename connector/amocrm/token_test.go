package amocrm

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
)

var codeRequest = TokenRequest{ClientID: "xxxx", ClientSecret: "xxxx", RedirectURI: "https://test.test", Code: "xxxxxxx"}

func exchange(t *testing.T, in TokenRequest, status int, kind, body string) (*seen, TokenPair, error) {
	t.Helper()
	mock, s := httpmock.NewMockTransport(), &seen{}
	mock.RegisterResponder("POST", testBase+"/oauth2/access_token", s.answer(status, kind, body))
	pair, err := Exchange(t.Context(), &http.Client{Transport: mock}, testBase, in)
	return s, pair, err
}

func TestExchange_codeAndRefreshToken(t *testing.T) {
	want := TokenPair{Access: "xxxxxx", Refresh: "xxxxx", ExpiresIn: 86400}
	s, pair, err := exchange(t, codeRequest, 200, "application/json", example(t, "oauth-token-response"))
	if err != nil || pair != want {
		t.Errorf("code: %+v, %v", pair, err)
	}
	s.body(t, example(t, "oauth-token-request-code"))
	in := codeRequest
	in.Code, in.RefreshToken = "", "xxxxx"
	s, pair, err = exchange(t, in, 200, "application/json", example(t, "oauth-token-response-refresh"))
	if err != nil || pair != want {
		t.Errorf("refresh: %+v, %v", pair, err)
	}
	s.body(t, example(t, "oauth-token-request-refresh"))
	if agent := s.reqs[0].Header.Get("User-Agent"); !strings.HasPrefix(agent, "Sidecard/") {
		t.Errorf("User-Agent %q", agent)
	}
}

func TestExchange_hints(t *testing.T) {
	var bodies []json.RawMessage
	if err := json.Unmarshal([]byte(example(t, "oauth-errors")), &bodies); err != nil {
		t.Fatal(err)
	}
	for _, body := range bodies {
		var head struct {
			Hint   string `json:"hint"`
			Status int    `json:"status"`
		}
		if err := json.Unmarshal(body, &head); err != nil {
			t.Fatal(err)
		}
		want := ErrInvalid
		if head.Status == 401 {
			want = ErrUnauthorized
		}
		_, _, err := exchange(t, codeRequest, head.Status, "application/json", string(body))
		if e, ok := errors.AsType[*Error](err); !ok || e.Hint != head.Hint || !errors.Is(err, want) {
			t.Errorf("hint %q: %v", head.Hint, err)
		}
	}
}

func TestExchange_outcomes(t *testing.T) {
	const js = "application/json"
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		want       error
	}{
		"blocked account":     {403, "text/html", "<html>nginx</html>", ErrBlocked},
		"forbidden":           {403, js, "{}", ErrForbidden},
		"server error":        {500, js, "{}", ErrUnknownOutcome},
		"bad gateway":         {502, "text/html", "", ErrUnknownOutcome},
		"cut answer":          {200, js, `{"access_token":"a`, ErrUnknownOutcome},
		"no refresh token":    {200, js, `{"access_token":"a"}`, ErrUnknownOutcome},
		"a page":              {200, "text/html", "<html>", ErrUnknownOutcome},
		"redirect":            {307, "text/html", "", ErrUpstream},
		"limited":             {429, "text/html", "", ErrLimited},
		"unknown integration": {404, js, "{}", ErrNotFound},
	} {
		s, _, err := exchange(t, codeRequest, tt.status, tt.kind, tt.body)
		if !errors.Is(err, tt.want) || len(s.reqs) != 1 {
			t.Errorf("%s: %v after %d requests, want %v after one", name, err, len(s.reqs), tt.want)
		}
	}
}

func TestExchange_expiryMayBeMissingOrAString(t *testing.T) {
	for body, want := range map[string]int{`"expires_in":"3600"`: 3600, `"expires_in":null`: 86400, `"x":1`: 86400} {
		_, pair, err := exchange(t, codeRequest, 200, "application/json", `{"access_token":"a","refresh_token":"r",`+body+`}`)
		if err != nil || pair.ExpiresIn != want {
			t.Errorf("%s: %d, %v", body, pair.ExpiresIn, err)
		}
	}
}

func TestExchange_lostAnswerAndSecrets(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "=~.*", httpmock.NewErrorResponder(errors.New("reset")))
	in := TokenRequest{ClientID: "id", ClientSecret: "very-secret", RedirectURI: "https://x", RefreshToken: "def-refresh"}
	if _, err := Exchange(t.Context(), &http.Client{Transport: mock}, testBase, in); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("cut: %v", err)
	}
	_, _, err := exchange(t, in, 400, "application/json", `{"hint":"bad very-secret","detail":"def-refresh"}`)
	if err == nil || strings.Contains(err.Error(), "very-secret") || strings.Contains(err.Error(), "def-refresh") {
		t.Errorf("secrets in the error: %v", err)
	}
	if _, err := Exchange(t.Context(), nil, testBase, TokenRequest{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("nothing to exchange: %v", err)
	}
	if _, err := Exchange(t.Context(), nil, "nonsense", in); err == nil {
		t.Error("a base that is no address was taken")
	}
}

func TestParseClaims(t *testing.T) {
	jwt := func(payload string) string {
		return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".sig"
	}
	got, err := ParseClaims(jwt(`{"aud":"x","exp":1790000000,"sub":"581651","account_id":1231414,"base_domain":"amocrm.ru","api_domain":"api-a.amocrm.ru"}`))
	want := Claims{AccountID: 1231414, Subject: "581651", ExpiresAt: 1790000000, APIDomain: "api-a.amocrm.ru", BaseDomain: "amocrm.ru"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = ParseClaims(jwt(`{"sub":5,"exp":"17","account_id":"9"}`))
	if err != nil || got.Subject != "5" || got.ExpiresAt != 17 || got.AccountID != 9 {
		t.Errorf("loose claims: %+v, %v", got, err)
	}
	for _, bad := range []string{"", "a.b", "a.!!.c", jwt("nonsense"), jwt(`{"account_id":"x"}`), strings.Repeat("a", maxToken) + ".b.c"} {
		if _, err := ParseClaims(bad); err == nil || len(bad) > 3 && strings.Contains(err.Error(), bad) {
			t.Errorf("ParseClaims(%.20q): %v", bad, err)
		}
	}
}

func TestAuthorizeURL(t *testing.T) {
	for base, want := range map[string]string{
		"https://x.amocrm.ru":   "https://www.amocrm.ru/oauth",
		"https://x.kommo.com":   "https://www.kommo.com/oauth",
		"https://x.amocrm.com":  "https://www.kommo.com/oauth",
		"http://127.0.0.1:8081": "http://127.0.0.1:8081/oauth",
	} {
		u, err := url.Parse(AuthorizeURL(base, "id&1", "st=1", "popup"))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Scheme+"://"+u.Host+u.Path != want || q.Get("client_id") != "id&1" || q.Get("state") != "st=1" || q.Get("mode") != "popup" {
			t.Errorf("%s: %s", base, u)
		}
	}
	if !strings.Contains(AuthorizeURL(testBase, "i", "s", "redirect"), "mode=post_message") {
		t.Error("an unknown mode was passed on")
	}
}
