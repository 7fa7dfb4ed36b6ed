package amocrm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"

	"github.com/sidecard/sidecard/connector/transport"
)

func TestCall_namesItselfAndAsksForJSON(t *testing.T) {
	var observed []Seen
	c, mock := setup(t, WithObserver(func(_ context.Context, s Seen) { observed = append(observed, s) }))
	s := on(mock, "POST", "/webhooks", 201, `{"id":1}`)
	if err := c.Subscribe(t.Context(), "https://example.com/h", nil); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{
		"Authorization": "Bearer token-one", "User-Agent": transport.UserAgent(), "Accept": "application/json", "Content-Type": "application/json",
	} {
		if got := s.reqs[0].Header.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	if len(observed) != 1 || observed[0].Op != "POST /webhooks" || observed[0].Status != 201 || observed[0].RequestID != "req-1" {
		t.Errorf("observed %+v", observed)
	}
}

func TestCall_renewsTheTokenOnceAndRepeats(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		auth := &tokens{list: []string{"old", "new"}}
		p := &limiter{}
		mock := httpmock.NewMockTransport()
		c, err := New(testBase, auth, WithHTTP(&http.Client{Transport: mock}), WithLimiter(p))
		if err != nil {
			t.Fatal(err)
		}
		var used, bodies []string
		mock.RegisterResponder(method, "=~/api/v4/", func(r *http.Request) (*http.Response, error) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			used, bodies = append(used, r.Header.Get("Authorization")), append(bodies, string(b))
			if r.Header.Get("Authorization") == "Bearer old" {
				return httpmock.NewStringResponse(401, example(t, "error-401-api-ru")), nil
			}
			return httpmock.NewStringResponse(200, `{"id":7,"_embedded":{"contacts":[{"id":9}]}}`), nil
		})
		if method == "GET" {
			_, err = c.Contact(t.Context(), 7)
		} else {
			_, err = c.CreateContacts(t.Context(), []ContactInput{{Name: "A"}})
		}
		if err != nil || !slices.Equal(used, []string{"Bearer old", "Bearer new"}) || !slices.Equal(auth.asked, []string{"", "old"}) {
			t.Errorf("%s: %v, tokens used %q, asked %q", method, err, used, auth.asked)
		}
		if bodies[0] != bodies[1] || p.all != 2 || p.open != 0 {
			t.Errorf("%s: bodies %q, %d slots taken, %d still open", method, bodies, p.all, p.open)
		}
	}
}

func TestCall_givesUpAfterTheSecond401(t *testing.T) {
	errDown := errors.New("token store is down")
	for name, tt := range map[string]struct {
		auth  *tokens
		calls int
		want  error
	}{
		"a fresh token is refused too": {&tokens{list: []string{"one", "two", "three"}}, 2, ErrUnauthorized},
		"the grant is dead":            {&tokens{list: []string{"one"}, err: ErrUnauthorized}, 1, ErrUnauthorized},
		"no token at all":              {&tokens{}, 0, ErrUnauthorized},
		"renewing failed for now":      {&tokens{list: []string{"one"}, err: errDown}, 1, ErrNetwork},
		"no token for now":             {&tokens{err: errDown}, 0, ErrNetwork},
	} {
		mock := httpmock.NewMockTransport()
		c, err := New(testBase, tt.auth, WithHTTP(&http.Client{Transport: mock}))
		if err != nil {
			t.Fatal(err)
		}
		s := on(mock, "GET", "/account", 401, example(t, "error-401-api-ru"))
		_, err = c.Account(t.Context())
		if !errors.Is(err, tt.want) || len(s.reqs) != tt.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", name, err, len(s.reqs), tt.want, tt.calls)
		}
		if tt.auth.err == errDown && !errors.Is(err, errDown) {
			t.Errorf("%s: the cause is lost: %v", name, err)
		}
	}
}

type stubborn struct{ asked int }

func (a *stubborn) Token(context.Context, string) (string, error) { a.asked++; return "one", nil }

func TestCall_doesNotRepeatWithTheSameToken(t *testing.T) {
	auth, mock := &stubborn{}, httpmock.NewMockTransport()
	c, err := New(testBase, auth, WithHTTP(&http.Client{Transport: mock}))
	if err != nil {
		t.Fatal(err)
	}
	s := on(mock, "GET", "/account", 401, "")
	if _, err := c.Account(t.Context()); !errors.Is(err, ErrUnauthorized) || len(s.reqs) != 1 || auth.asked != 2 {
		t.Errorf("%v after %d requests, token asked for %d times", err, len(s.reqs), auth.asked)
	}
}

func TestCall_renewsOnceOverAllTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth, mock := &tokens{list: []string{"one", "two", "three"}}, httpmock.NewMockTransport()
		c, err := New(testBase, auth, WithHTTP(&http.Client{Transport: mock}))
		if err != nil {
			t.Fatal(err)
		}
		statuses := []int{401, 503, 401}
		mock.RegisterResponder("GET", "=~.*", func(*http.Request) (*http.Response, error) {
			status := statuses[0]
			statuses = statuses[1:]
			return httpmock.NewStringResponse(status, ""), nil
		})
		if _, err := c.Account(t.Context()); !errors.Is(err, ErrUnauthorized) || !slices.Equal(auth.asked, []string{"", "one", ""}) {
			t.Errorf("%v, asked %q", err, auth.asked)
		}
	})
}

func TestCall_repeatsReadsAndNeverWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &limiter{}
		c, mock := setup(t, WithLimiter(p))
		get := on(mock, "GET", "/account", 503, "")
		post := on(mock, "POST", "/leads", 503, "")
		patch := on(mock, "PATCH", "/leads/5", 504, "")
		_, getErr := c.Account(t.Context())
		_, postErr := c.CreateLeads(t.Context(), []LeadInput{{Name: "A"}})
		patchErr := c.UpdateLead(t.Context(), LeadInput{ID: 5, Name: "B"})
		if len(get.reqs) != 3 || !errors.Is(getErr, ErrUpstream) {
			t.Errorf("GET: %d requests, %v", len(get.reqs), getErr)
		}
		if len(post.reqs) != 1 || !errors.Is(postErr, ErrUnknownOutcome) {
			t.Errorf("POST: %d requests, %v", len(post.reqs), postErr)
		}
		if len(patch.reqs) != 1 || !errors.Is(patchErr, ErrUnknownOutcome) {
			t.Errorf("PATCH: %d requests, %v", len(patch.reqs), patchErr)
		}
		if p.all != 5 || p.open != 0 {
			t.Errorf("%d slots taken, %d still open; want 5 and 0", p.all, p.open)
		}
	})
}

func TestCall_tellsTheLimiterToSlowDown(t *testing.T) {
	p := &limiter{}
	c, mock := setup(t, WithLimiter(p))
	s := on(mock, "GET", "/account", 429, `{"title":"Too Many Requests","status":429,"retry_after":300}`)
	on(mock, "POST", "/leads", 429, "<html>slow</html>")
	_, err := c.Account(t.Context())
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindLimited || e.RetryAfter != 300 || len(s.reqs) != 1 {
		t.Errorf("%v after %d requests", err, len(s.reqs))
	}
	if _, err := c.CreateLeads(t.Context(), []LeadInput{{}}); !errors.Is(err, ErrLimited) {
		t.Errorf("POST: %v", err)
	}
	if !slices.Equal(p.penalties, []int{300, 0}) {
		t.Errorf("penalties %v", p.penalties)
	}
}

func TestCall_sortsLostAnswers(t *testing.T) {
	lost := errors.New("connection reset by peer")
	limiter := &limiter{err: errors.New("no slot in time")}
	c, mock := setup(t)
	paced, pacedMock := setup(t, WithLimiter(limiter))
	for _, m := range []*httpmock.MockTransport{mock, pacedMock} {
		m.RegisterResponder("POST", "=~.*", httpmock.NewErrorResponder(lost))
	}
	_, err := c.CreateComplex(t.Context(), []LeadInput{{}})
	if !errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, lost) {
		t.Errorf("cut write: %v", err)
	}
	if _, err = paced.CreateComplex(t.Context(), []LeadInput{{}}); !errors.Is(err, ErrNetwork) || !errors.Is(err, limiter.err) {
		t.Errorf("write without a slot: %v", err)
	}
	if pacedMock.GetTotalCallCount() != 0 {
		t.Error("a request went out without a slot")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = c.CreateComplex(ended, []LeadInput{{}}); !errors.Is(err, ErrNetwork) || !errors.Is(err, context.Canceled) {
		t.Errorf("write after the end: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		c, mock := setup(t)
		mock.RegisterResponder("GET", "=~.*", httpmock.NewErrorResponder(lost))
		if _, err := c.Account(t.Context()); !errors.Is(err, ErrNetwork) || mock.GetTotalCallCount() != 3 {
			t.Errorf("cut read: %v after %d calls", err, mock.GetTotalCallCount())
		}
	})
}

func TestCall_answersThatMakeNoSense(t *testing.T) {
	c, mock := setup(t)
	page := &seen{}
	mock.RegisterResponder("GET", "=~/account", page.answer(200, "text/html; charset=utf-8", "<html>login</html>"))
	mock.RegisterResponder("PATCH", "=~/contacts/1", page.answer(200, "text/html", "<html>login</html>"))
	mock.RegisterResponder("PATCH", "=~/leads/1", page.answer(301, "text/html", ""))
	on(mock, "GET", "/contacts/1", 200, `{"id":`)
	on(mock, "POST", "/leads/complex", 200, `{"id":1}`)
	on(mock, "POST", "/contacts", 200, `{"_embedded":{"contacts":[{"id":1}]}}`)

	_, err := c.Account(t.Context())
	if !errors.Is(err, ErrUpstream) {
		t.Errorf("page on a read: %v", err)
	}
	if err := c.UpdateContact(t.Context(), ContactInput{ID: 1, Name: "A"}); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("page on a write: %v", err)
	}
	if err := c.UpdateLead(t.Context(), LeadInput{ID: 1, Name: "A"}); !errors.Is(err, ErrUpstream) {
		t.Errorf("redirect: %v", err)
	}
	if _, err := c.Contact(t.Context(), 1); !errors.Is(err, ErrUpstream) {
		t.Errorf("cut JSON on a read: %v", err)
	}
	if _, err := c.CreateComplex(t.Context(), []LeadInput{{}}); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("wrong shape on a write: %v", err)
	}
	made, err := c.CreateContacts(t.Context(), []ContactInput{{}, {}})
	if !errors.Is(err, ErrUnknownOutcome) || len(made) != 1 {
		t.Errorf("short answer on a write: %v, %v", made, err)
	}
}

// over is a context whose timer does not know that it is over.
type over struct{ context.Context }

func (over) Err() error { return context.DeadlineExceeded }

func TestCall_contextThatIsOverSendsNothing(t *testing.T) {
	p := &limiter{}
	c, mock := setup(t, WithLimiter(p))
	posted := on(mock, "POST", "/api/v4/leads/complex", 200, `[]`)
	_, err := c.CreateComplex(over{t.Context()}, []LeadInput{{Name: "x"}})
	if !errors.Is(err, ErrNetwork) || !errors.Is(err, context.DeadlineExceeded) || len(posted.bodies) != 0 || p.open != 0 {
		t.Errorf("%v, %d sent, %d slots taken", err, len(posted.bodies), p.open)
	}
}
