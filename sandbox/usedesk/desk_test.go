package usedesk

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a served desk.
type fixture struct {
	t    *testing.T
	desk *Server
	url  string
	http *http.Client
}

func setup(t *testing.T, opts Options) *fixture {
	t.Helper()
	s, err := New(scenario.Build(), opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &fixture{t, s, server.URL, client}
}

// do sends a request and returns status and body.
func (f *fixture) do(method, path, contentType, body string) (*http.Response, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := f.http.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res, string(raw)
}

func (f *fixture) get(path string) string {
	f.t.Helper()
	res, body := f.do(http.MethodGet, path, "", "")
	if res.StatusCode != http.StatusOK {
		f.t.Fatalf("GET %s: %d %s", path, res.StatusCode, body)
	}
	return body
}

// form posts a page's form and returns where it leads.
func (f *fixture) form(path string, values url.Values) string {
	f.t.Helper()
	res, body := f.do(http.MethodPost, path, "application/x-www-form-urlencoded", values.Encode())
	if res.StatusCode != http.StatusSeeOther {
		f.t.Fatalf("POST %s: %d %s", path, res.StatusCode, body)
	}
	return res.Header.Get("Location")
}

// api calls a method with the right token and decodes the answer.
func (f *fixture) api(method string, body map[string]any) any {
	f.t.Helper()
	body["api_token"] = scenario.DeskToken
	raw, err := json.Marshal(body)
	if err != nil {
		f.t.Fatal(err)
	}
	_, answer := f.do(http.MethodPost, "/"+method, "application/json", string(raw))
	return decode(f.t, answer)
}

func decode(t *testing.T, raw string) any {
	t.Helper()
	var v any
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("decode %q: %v", raw, err)
	}
	return v
}

// dig follows keys and indexes into decoded JSON.
func dig(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("no object at %v of %v: %v", step, path, v)
			}
			if _, has := m[key]; !has {
				t.Fatalf("no key %q in %v", key, m)
			}
			v = m[key]
		case int:
			list, ok := v.([]any)
			if !ok || key >= len(list) {
				t.Fatalf("no element %d of %v: %v", key, path, v)
			}
			v = list[key]
		}
	}
	return v
}

// ticketOf is the ticket of a scenario.
func (f *fixture) ticketOf(key string) int64 {
	f.t.Helper()
	id := f.desk.Info()["tickets"].(map[string]int64)[key]
	if id == 0 {
		f.t.Fatalf("no ticket for %s", key)
	}
	return id
}

// outside is a service that records what the desk posts to it.
type outside struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
	answer   http.HandlerFunc
	arrived  chan struct{}
}

type received struct {
	path, contentType string
	header            http.Header
	body              []byte
}

func newOutside(t *testing.T, answer http.HandlerFunc) *outside {
	o := &outside{answer: answer, arrived: make(chan struct{}, 100)}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		o.mu.Lock()
		o.requests = append(o.requests, received{r.URL.RequestURI(), r.Header.Get("Content-Type"), r.Header.Clone(), b.Bytes()})
		o.mu.Unlock()
		o.arrived <- struct{}{}
		o.answer(w, r)
	}))
	t.Cleanup(o.Server.Close)
	return o
}

func (o *outside) last(t *testing.T) received {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.requests) == 0 {
		t.Fatal("nothing was posted")
	}
	return o.requests[len(o.requests)-1]
}

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the desk may have gone
	}
}
