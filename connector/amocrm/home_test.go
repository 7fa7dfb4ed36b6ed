package amocrm

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
)

const apiBase = "https://api-a.amocrm.ru"

func TestFindHome_publishedExample(t *testing.T) {
	mock, s := httpmock.NewMockTransport(), &seen{}
	mock.RegisterResponder("GET", apiBase+"/oauth2/account/current/subdomain", s.answer(200, "application/json", example(t, "oauth-account-subdomain")))
	home, err := FindHome(t.Context(), &http.Client{Transport: mock}, apiBase, "refresh-token")
	if want := (Home{ID: 123456, Subdomain: "account_subdomain", Domain: "account_subdomain.amocrm.ru"}); err != nil || home != want {
		t.Errorf("%+v, %v; want %+v", home, err, want)
	}
	if r := s.reqs[0]; r.Header.Get("X-Refresh-Token") != "refresh-token" || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" {
		t.Errorf("asked with %v", r.Header)
	}
}

func TestFindHome_outcomes(t *testing.T) {
	const js = "application/json"
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		want       error
	}{
		"token unknown":  {401, js, `{"hint":"refresh-token","status":401}`, ErrUnauthorized},
		"no such route":  {404, js, "{}", ErrNotFound},
		"blocked":        {403, "text/html", "<html>nginx</html>", ErrBlocked},
		"server error":   {500, js, "{}", ErrUpstream},
		"redirect":       {302, js, "", ErrUpstream},
		"cut answer":     {200, js, `{"id":1`, ErrUpstream},
		"a page":         {200, "text/html", "<html></html>", ErrUpstream},
		"no account":     {200, js, `{"domain":"x.amocrm.ru"}`, ErrUpstream},
		"no host":        {200, js, `{"id":1,"domain":""}`, ErrUpstream},
		"endless domain": {200, js, `{"id":1,"domain":"` + strings.Repeat("a", 10_000) + `"}`, ErrUpstream},
	} {
		t.Run(name, func(t *testing.T) {
			mock, s := httpmock.NewMockTransport(), &seen{}
			mock.RegisterResponder("GET", apiBase+"/oauth2/account/current/subdomain", s.answer(tt.status, tt.kind, tt.body))
			home, err := FindHome(t.Context(), &http.Client{Transport: mock}, apiBase, "refresh-token")
			if !errors.Is(err, tt.want) || home != (Home{}) || strings.Contains(err.Error(), "refresh-token") {
				t.Errorf("%+v, %v; want %v without the token", home, err, tt.want)
			}
		})
	}
	if _, err := FindHome(t.Context(), &http.Client{Transport: httpmock.NewMockTransport()}, apiBase, ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a token: %v", err)
	}
}

// moving is an account that is found to be renamed when its token is rejected, or was before.
type moving struct {
	tokens
	home, then string // before and after Token has heard of a rejection
	err        error
}

func (m *moving) Home(context.Context) (string, error) {
	if len(m.asked) > 1 {
		return m.then, m.err
	}
	return m.home, m.err
}

func TestClient_followsARenamedAccount(t *testing.T) {
	const renamed = "https://renamed.amocrm.ru"
	for name, tt := range map[string]struct {
		auth  *moving
		asked []string // of Token
		token string   // that is good at the new address
	}{
		"found out by this call":   {&moving{home: testBase, then: renamed}, []string{"", "first", ""}, "second"},
		"found out by another one": {&moving{home: renamed, then: renamed}, []string{"", ""}, "first"},
	} {
		t.Run(name, func(t *testing.T) {
			mock, old, young := httpmock.NewMockTransport(), &seen{}, &seen{}
			mock.RegisterResponder("POST", testBase+"/api/v4/contacts", old.answer(401, "application/problem+json", "{}"))
			mock.RegisterResponder("POST", renamed+"/api/v4/contacts", young.answer(200, "application/json", `{"_embedded":{"contacts":[{"id":5}]}}`))
			tt.auth.list = []string{"first", "second"}
			c, err := New(testBase, tt.auth, WithHTTP(&http.Client{Transport: mock}))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := c.write(t.Context(), call{method: "POST", route: "/contacts"}, nil); err != nil {
					t.Fatal(err)
				}
			}
			if len(old.reqs) != 1 || len(young.reqs) != 2 || c.Base() != renamed {
				t.Errorf("%d requests to the old address, %d to the new one, base %s", len(old.reqs), len(young.reqs), c.Base())
			}
			if got := young.reqs[0].Header.Get("Authorization"); got != "Bearer "+tt.token || !slices.Equal(tt.auth.asked, tt.asked) {
				t.Errorf("%s went to the new address, tokens asked for %q; want %s, %q", got, tt.auth.asked, tt.token, tt.asked)
			}
		})
	}
}

func TestClient_unknownAddressIsNotTheCallsOutcome(t *testing.T) {
	mock, s := httpmock.NewMockTransport(), &seen{}
	mock.RegisterResponder("GET", testBase+"/api/v4/account", s.answer(401, "application/problem+json", "{}"))
	for name, auth := range map[string]*moving{"unknown": {err: errors.New("store is away")}, "nonsense": {home: "ftp://x"}} {
		s.reqs, auth.list = nil, []string{"first", "second"}
		c, err := New(testBase, auth, WithHTTP(&http.Client{Transport: mock}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Account(t.Context()); !errors.Is(err, ErrNetwork) || len(s.reqs) != 1 {
			t.Errorf("%s: %v after %d requests, want ErrNetwork after one", name, err, len(s.reqs))
		}
	}
}
