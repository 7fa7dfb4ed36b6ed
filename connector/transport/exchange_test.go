package transport

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func request(t *testing.T, ctx context.Context, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func client(t *testing.T) *http.Client {
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestDo_tellsWhetherTheServerMayHaveSeenIt(t *testing.T) {
	release := make(chan struct{})
	waiting, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		case "/half":
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
			if _, err := w.Write([]byte("{")); err != nil {
				return
			}
		case "/slow":
			giveUp() // the request has arrived
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}
	}))
	defer srv.Close()
	defer close(release)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0) // it would report the handshake
	untrusted.StartTLS()
	defer untrusted.Close()
	const refused = "http://127.0.0.1:1" // no port that is free now stays so beside other tests
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	for name, tt := range map[string]struct {
		ctx   context.Context
		url   string
		maybe bool
		cause error
	}{
		"connection refused":    {t.Context(), refused, false, nil},
		"cut before the answer": {t.Context(), srv.URL + "/cut", true, io.EOF},
		"cut inside the body":   {t.Context(), srv.URL + "/half", true, io.ErrUnexpectedEOF},
		"handshake failed":      {t.Context(), untrusted.URL, false, nil},
		"ended before sending":  {ended, srv.URL + "/", false, context.Canceled},
		"ended while waiting":   {waiting, srv.URL + "/slow?token=1", true, context.Canceled},
	} {
		_, err := Do(client(t), request(t, tt.ctx, tt.url))
		f, ok := errors.AsType[*Failure](err)
		if !ok || f.MaybeSent != tt.maybe {
			t.Errorf("%s: %v, want a Failure with MaybeSent %v", name, err, tt.maybe)
			continue
		}
		if tt.cause != nil && !errors.Is(err, tt.cause) {
			t.Errorf("%s: cause %v, want %v", name, err, tt.cause)
		}
		if strings.Contains(err.Error(), "http://") || strings.Contains(err.Error(), "token=") {
			t.Errorf("%s: the error shows the address: %v", name, err)
		}
	}
}

func TestDo_boundsBodies(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := MaxBody
		if r.URL.Path == "/over" {
			size++
		}
		if r.URL.Path == "/error" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		if _, err := io.Copy(w, io.LimitReader(zeros{}, int64(size))); err != nil {
			return // the client has hung up on an answer that is too large
		}
	}))
	defer srv.Close()
	if a, err := Do(client(t), request(t, t.Context(), srv.URL+"/full")); err != nil || len(a.Body) != MaxBody {
		t.Errorf("full: %d bytes, %v", len(a.Body), err)
	}
	if _, err := Do(client(t), request(t, t.Context(), srv.URL+"/over")); !errors.Is(err, ErrTooLarge) {
		t.Errorf("over: %v", err)
	}
	if a, err := Do(client(t), request(t, t.Context(), srv.URL+"/error")); err != nil || len(a.Body) != MaxErrorBody {
		t.Errorf("error: %d bytes, %v", len(a.Body), err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestNoRedirects_handsTheRedirectBack(t *testing.T) {
	srv := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	defer srv.Close()
	a, err := Do(NoRedirects(client(t)), request(t, t.Context(), srv.URL))
	if err != nil || a.Status != http.StatusFound {
		t.Errorf("%d, %v", a.Status, err)
	}
}

func TestHTML_byContentType(t *testing.T) {
	for kind, want := range map[string]bool{
		"text/html": true, "text/html; charset=utf-8": true, "TEXT/HTML;;": true, "application/xhtml+xml": true,
		"application/problem+json": false, "": false,
	} {
		if got := (Answer{Header: http.Header{"Content-Type": {kind}}}).HTML(); got != want {
			t.Errorf("%q: %v", kind, got)
		}
	}
}

func TestUserAgent_namesTheProduct(t *testing.T) {
	if got := UserAgent(); !strings.HasPrefix(got, "Sidecard/") || got == "Sidecard/" {
		t.Errorf("UserAgent() = %q", got)
	}
}
