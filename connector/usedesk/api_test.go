package usedesk

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"

	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/connector/transport"
)

const (
	testBase  = "https://secure.usedesk.com/uapi/"
	testToken = "desk-token-1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup returns an API over a strict transport: a request without a responder fails.
func setup(t *testing.T) (*API, *httpmock.MockTransport) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	c, err := New(testBase, testToken, WithHTTP(&http.Client{Transport: mock}))
	if err != nil {
		t.Fatal(err)
	}
	return c, mock
}

type calls struct {
	reqs   []*http.Request
	bodies []string
}

func on(mock *httpmock.MockTransport, method string, status int, kind, body string) *calls {
	s := &calls{}
	mock.RegisterResponder("POST", testBase+method, func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.reqs, s.bodies = append(s.reqs, r), append(s.bodies, string(raw))
		res := httpmock.NewStringResponse(status, body)
		res.Header.Set("Content-Type", kind)
		return res, nil
	})
	return s
}

func (s *calls) body(t *testing.T, want string) {
	t.Helper()
	if len(s.bodies) != 1 {
		t.Fatalf("%d requests, want 1", len(s.bodies))
	}
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(s.bodies[0]), &x), json.Unmarshal([]byte(want), &y)); err != nil {
		t.Fatal(err)
	}
	a, aerr := json.Marshal(x)
	b, berr := json.Marshal(y)
	if aerr != nil || berr != nil || string(a) != string(b) {
		t.Errorf("body %s\nwant %s", a, b)
	}
}

func example(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "usedesk", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const js = "application/json"

func TestNew_refusesWhatIsNoBaseOrToken(t *testing.T) {
	for _, base := range []string{"", "api.usedesk.ru", "ftp://x", "https://u:p@x/", "https://x/?api_token=secret"} {
		if _, err := New(base, "t"); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%q): %v", base, err)
		}
	}
	if _, err := New(testBase, " "); err == nil {
		t.Error("New took an empty token")
	}
	c, err := New("https://secure.usedesk.com/uapi", "t")
	if err != nil || c.Base() != testBase {
		t.Errorf("%v, %v", c, err)
	}
}

func TestCall_tokenIsInTheBodyOnly(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "ticket", 200, js, example(t, "ticket.response.partial"))
	if _, err := c.Ticket(t.Context(), 2265179); err != nil {
		t.Fatal(err)
	}
	r := s.reqs[0]
	if r.URL.String() != testBase+"ticket" || strings.Contains(r.URL.String(), testToken) || r.Header.Get("Authorization") != "" {
		t.Errorf("address %s, headers %v", r.URL, r.Header)
	}
	if r.Header.Get("User-Agent") != transport.UserAgent() || r.Header.Get("Content-Type") != js || r.Header.Get("Accept") != js {
		t.Errorf("headers %v", r.Header)
	}
	s.body(t, `{"api_token":"`+testToken+`","ticket_id":2265179}`)
}

func TestCall_everyShapeOfAnError(t *testing.T) {
	const page = "text/html; charset=utf-8"
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		want       error
	}{
		"error with code in a 200":      {200, js, `{"error":"Неверный api_token","code":112}`, ErrRefused},
		"error in a 200":                {200, js, `{"error":"Ticket not found"}`, ErrNotFound},
		"error in Russian":              {200, js, `{"error":"Тикет не найден"}`, ErrNotFound},
		"nested error":                  {200, js, `{"error":{"message":["Client does not exist"]}}`, ErrNotFound},
		"code only":                     {200, js, `{"error":true,"code":"404"}`, ErrNotFound},
		"status false":                  {200, js, `{"status":false,"message":"Access denied"}`, ErrRefused},
		"status error":                  {200, js, `{"status":"error","errors":{"ticket_id":["is wrong"]}}`, ErrInvalid},
		"status 0":                      {200, js, `{"status":0,"message":"Client does not exist"}`, ErrNotFound},
		"message with 401":              {401, js, `{"message":"no"}`, ErrRefused},
		"403 without a body":            {403, "", ``, ErrRefused},
		"token not found is the token":  {404, js, `{"error":"Token not found"}`, ErrRefused},
		"404":                           {404, js, `{"message":""}`, ErrNotFound},
		"404 page is the wrong address": {404, page, `<html>`, ErrUpstream},
		"422":                           {422, js, `{"message":"The given data was invalid."}`, ErrInvalid},
		"slow down in a 200":            {200, js, `{"error":"Too many requests"}`, ErrLimited},
		"429":                           {429, page, ``, ErrLimited},
		"500":                           {500, js, `{"error":"api_token"}`, ErrUpstream},
		"redirect":                      {302, page, ``, ErrUpstream},
		"page":                          {200, page, `<html>login</html>`, ErrUpstream},
		"no JSON":                       {200, js, `Notice: undefined index {"ticket":1}`, ErrUpstream},
		"nothing":                       {200, js, ``, ErrUpstream},
		"empty list":                    {200, js, `[]`, ErrNotFound},
		"null":                          {200, js, `null`, ErrNotFound},
		"empty ticket":                  {200, js, `{"ticket":null,"comments":[]}`, ErrNotFound},
		"odd shape":                     {200, js, `{"ticket":{"id":{"a":1}}}`, ErrUpstream},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, mock := setup(t)
			on(mock, "ticket", tt.status, tt.kind, tt.body)
			_, err := c.Ticket(t.Context(), 5)
			for _, sentinel := range sentinels {
				if errors.Is(err, sentinel) != (sentinel == tt.want) {
					t.Errorf("%s: %v, want only %v", name, err, tt.want)
				}
			}
		})
	}
}

func TestCall_emptyErrorMembersAreNoErrors(t *testing.T) {
	for _, extra := range []string{`"error":null`, `"error":false`, `"error":""`, `"error":[]`, `"error":0`, `"status":"success"`, `"status":true`, `"status":1`} {
		c, mock := setup(t)
		on(mock, "ticket", 200, js, `{`+extra+`,"ticket":{"id":"5"}}`)
		if tk, err := c.Ticket(t.Context(), 5); err != nil || tk.ID != 5 {
			t.Errorf("%s: %+v, %v", extra, tk, err)
		}
	}
}

func TestCall_errorsDoNotShowTheToken(t *testing.T) {
	c, mock := setup(t)
	on(mock, "ticket", 422, js, `{"error":"bad `+testToken+` at https://secure.usedesk.com/uapi/ticket?api_token=`+testToken+` `+strings.Repeat("x", 5000)+`"}`)
	_, err := c.Ticket(t.Context(), 5)
	if err == nil || strings.Contains(err.Error(), testToken) || strings.Contains(err.Error(), "api_token=") || len(err.Error()) > 500 {
		t.Errorf("%v", err)
	}
	if _, err := c.write(t.Context(), "ticket", map[string]any{"x": func() {}}); !errors.Is(err, ErrNetwork) || strings.Contains(err.Error(), testToken) {
		t.Errorf("request that can't be encoded: %v", err)
	}
}

func TestCall_repeatsReadsAndNeverWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{502, 503, 504} {
			c, mock := setup(t)
			read := on(mock, "client", status, "text/html", "")
			write := on(mock, "create/comment", status, "text/html", "")
			_, err := c.ClientByID(t.Context(), 2)
			if !errors.Is(err, ErrUpstream) || len(read.reqs) != 3 {
				t.Errorf("read, %d: %v after %d requests", status, err, len(read.reqs))
			}
			if len(read.bodies) == 3 && read.bodies[0] != read.bodies[2] {
				t.Errorf("the body changed: %q", read.bodies)
			}
			if _, err := c.CreateComment(t.Context(), CommentInput{TicketID: 2, Message: "N"}); !errors.Is(err, ErrUnknownOutcome) || len(write.reqs) != 1 {
				t.Errorf("write, %d: %v after %d requests", status, err, len(write.reqs))
			}
		}
	})
}

func TestCall_lostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("connection reset by peer")
		c, mock := setup(t)
		mock.RegisterResponder("POST", "=~.*", httpmock.NewErrorResponder(lost))
		if _, err := c.Ticket(t.Context(), 5); !errors.Is(err, ErrNetwork) || !errors.Is(err, lost) || mock.GetTotalCallCount() != 3 {
			t.Errorf("read: %v after %d calls", err, mock.GetTotalCallCount())
		}
		if _, err := c.CreateComment(t.Context(), CommentInput{TicketID: 5, Message: "x"}); !errors.Is(err, ErrUnknownOutcome) || mock.GetTotalCallCount() != 4 {
			t.Errorf("write: %v after %d calls", err, mock.GetTotalCallCount())
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.CreateComment(ended, CommentInput{TicketID: 5, Message: "x"}); !errors.Is(err, ErrNetwork) || !errors.Is(err, context.Canceled) {
			t.Errorf("write after the end: %v", err)
		}
	})
}

func TestCall_limitedSaysHowLong(t *testing.T) {
	c, mock := setup(t)
	mock.RegisterResponder("POST", testBase+"ticket", func(*http.Request) (*http.Response, error) {
		res := httpmock.NewStringResponse(429, "")
		res.Header.Set("Retry-After", "60")
		return res, nil
	})
	_, err := c.Ticket(t.Context(), 5)
	if e, ok := errors.AsType[*Error](err); !ok || e.RetryAfter != 60 || mock.GetTotalCallCount() != 1 {
		t.Errorf("%+v after %d calls", err, mock.GetTotalCallCount())
	}
}
