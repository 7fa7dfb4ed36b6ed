package amocrm

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
)

func TestPaging_staysOnTheAccountsHost(t *testing.T) {
	c, mock := setup(t)
	var asked []string
	mock.RegisterResponder("GET", "=~.*", func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.Host+r.URL.Path)
		if r.URL.Query().Get("page") == "2" {
			return httpmock.NewStringResponse(200, `{"_embedded":{"users":[{"id":2}]}}`), nil
		}
		return httpmock.NewStringResponse(200, `{"_links":{"next":{"href":"https://evil.example/steal?page=2&limit=250"}},"_embedded":{"users":[{"id":1}]}}`), nil
	})
	got, err := c.Users(t.Context())
	if err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	for _, a := range asked {
		if a != "example.amocrm.ru/api/v4/users" {
			t.Errorf("a request went to %s", a)
		}
	}
}

func TestPaging_endsWithLinksThatLeadNowhere(t *testing.T) {
	for _, next := range []string{`{"href":""}`, `{"href":"%zz"}`, `{"href":"https://x/"}`, `{"href":"?limit=250"}`, `null`, `[]`} {
		c, mock := setup(t)
		s := on(mock, "GET", "/users", 200, `{"_links":{"next":`+next+`},"_embedded":{"users":[{"id":1}]}}`)
		if got, err := c.Users(t.Context()); err != nil || len(got) != 1 || len(s.reqs) != 1 {
			t.Errorf("%s: %v, %v in %d requests", next, got, err, len(s.reqs))
		}
	}
}

func TestPaging_neverEndingListIsAnError(t *testing.T) {
	c, mock := setup(t)
	n := 0
	mock.RegisterResponder("GET", "=~.*", func(*http.Request) (*http.Response, error) {
		n++
		return httpmock.NewStringResponse(200, fmt.Sprintf(`{"_links":{"next":{"href":"?page=%d"}},"_embedded":{"users":[{"id":1}]}}`, n+1)), nil
	})
	if _, err := c.Users(t.Context()); !errors.Is(err, ErrUpstream) || n != maxPages {
		t.Errorf("%v after %d pages", err, n)
	}
}

func TestPaging_wrongShapeInsideTheEnvelope(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/users", 200, `{"_embedded":{"users":[{"id":"x"}]}}`)
	if _, err := c.Users(t.Context()); !errors.Is(err, ErrUpstream) {
		t.Errorf("%v", err)
	}
	on(mock, "GET", "/users", 200, `{"_embedded":[]}`)
	if got, err := c.Users(t.Context()); err != nil || got != nil {
		t.Errorf("empty embedded: %v, %v", got, err)
	}
}
