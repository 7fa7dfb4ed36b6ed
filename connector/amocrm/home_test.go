package amocrm

import (
	"context"
	"errors"
	"net/http"
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

// moving is an account that has been renamed since its first token was issued.
type moving struct {
	tokens
	home string
	err  error
}

func (m *moving) Home(context.Context) (string, error) { return m.home, m.err }

func TestClient_followsARenamedAccount(t *testing.T) {
	mock, old, young := httpmock.NewMockTransport(), &seen{}, &seen{}
	mock.RegisterResponder("GET", testBase+"/api/v4/account", old.answer(401, "application/problem+json", "{}"))
	mock.RegisterResponder("GET", "https://renamed.amocrm.ru/api/v4/account", young.answer(200, "application/json", example(t, "account")))
	auth := &moving{tokens: tokens{list: []string{"first", "second"}}, home: "https://renamed.amocrm.ru"}
	c, err := New(testBase, auth, WithHTTP(&http.Client{Transport: mock}))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Account(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(old.reqs) != 1 || len(young.reqs) != 2 || c.Base() != "https://renamed.amocrm.ru" {
		t.Errorf("%d requests to the old address, %d to the new one, base %s", len(old.reqs), len(young.reqs), c.Base())
	}
	if got := young.reqs[0].Header.Get("Authorization"); got == old.reqs[0].Header.Get("Authorization") {
		t.Errorf("the rejected token went to the new address: %s", got)
	}
}

func TestClient_unknownAddressIsNotTheCallsOutcome(t *testing.T) {
	mock, s := httpmock.NewMockTransport(), &seen{}
	mock.RegisterResponder("GET", testBase+"/api/v4/account", s.answer(401, "application/problem+json", "{}"))
	c, err := New(testBase, &moving{tokens: tokens{list: []string{"first", "second"}}, err: errors.New("store is away")}, WithHTTP(&http.Client{Transport: mock}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Account(t.Context()); !errors.Is(err, ErrNetwork) || len(s.reqs) != 1 {
		t.Errorf("%v after %d requests, want ErrNetwork after one", err, len(s.reqs))
	}
}
