package amocrm

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"go.uber.org/goleak"
)

const testBase = "https://example.amocrm.ru"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tokens is an Auth that hands out its list in turn, the next one after each rejection.
type tokens struct {
	list  []string
	err   error // when the list is at its end
	asked []string
}

func (a *tokens) Token(_ context.Context, rejected string) (string, error) {
	a.asked = append(a.asked, rejected)
	if rejected != "" && len(a.list) > 0 && a.list[0] == rejected {
		a.list = a.list[1:]
	}
	if len(a.list) == 0 {
		return "", a.err
	}
	return a.list[0], nil
}

// limiter records what the client does with its limiter.
type limiter struct {
	mu        sync.Mutex
	open, all int
	penalties []int
	err       error
}

func (p *limiter) Wait(context.Context) (func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	p.open++
	p.all++
	return func() { p.mu.Lock(); p.open--; p.mu.Unlock() }, nil
}

func (p *limiter) Penalty(_ context.Context, s int) { p.penalties = append(p.penalties, s) }

// setup returns a client over a strict transport: a request without a responder fails by name.
func setup(t *testing.T, opts ...Option) (*Client, *httpmock.MockTransport) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	opts = append([]Option{WithHTTP(&http.Client{Transport: mock})}, opts...)
	c, err := New(testBase, &tokens{list: []string{"token-one", "token-two"}, err: ErrUnauthorized}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c, mock
}

// on answers method and path with a body of amoCRM's content type and records the requests.
func on(mock *httpmock.MockTransport, method, path string, status int, body string) *seen {
	s := &seen{}
	mock.RegisterResponder(method, "=~^"+testBase+"/api/v4"+path+`(\?|$)`, s.answer(status, "application/hal+json", body))
	return s
}

type seen struct {
	reqs   []*http.Request
	bodies []string
}

func (s *seen) answer(status int, kind, body string) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		raw := []byte{}
		if r.Body != nil {
			var err error
			if raw, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
		}
		s.reqs, s.bodies = append(s.reqs, r), append(s.bodies, string(raw))
		res := httpmock.NewStringResponse(status, body)
		res.Header.Set("Content-Type", kind)
		res.Header.Set("X-Request-Id", "req-1")
		res.Request = r
		return res, nil
	}
}

func (s *seen) query(t *testing.T, want map[string][]string) {
	t.Helper()
	if len(s.reqs) == 0 {
		t.Fatal("no request was made")
	}
	got := s.reqs[len(s.reqs)-1].URL.Query()
	for k, v := range want {
		if !slices.Equal(got[k], v) {
			t.Errorf("query %s = %q, want %q", k, got[k], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("query %v, want the keys of %v", got, want)
	}
}

func (s *seen) body(t *testing.T, want string) {
	t.Helper()
	if len(s.bodies) != 1 {
		t.Fatalf("%d requests, want 1", len(s.bodies))
	}
	if got := canon(t, s.bodies[0]); got != canon(t, want) {
		t.Errorf("body %s\nwant %s", got, canon(t, want))
	}
}

func canon(t *testing.T, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v in %q", err, s)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func example(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "amocrm", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNew_refusesWhatIsNoAccountAddress(t *testing.T) {
	for _, base := range []string{"", "example.amocrm.ru", "ftp://x", "https://u:p@x.amocrm.ru", "https://x.amocrm.ru/api", "https://x.amocrm.ru?token=secret"} {
		_, err := New(base, &tokens{})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%q): %v", base, err)
		}
	}
	if _, err := New(testBase, nil); err == nil {
		t.Error("New took no Auth")
	}
	c, err := New(testBase+"/", &tokens{})
	if err != nil || c.Base() != testBase {
		t.Errorf("Base() of %v, %v", c, err)
	}
}

// stubborn is an Auth that knows one token only.
