package transport

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A server that cuts kept connections sees a read once for each time that it is asked for, not once for each connection.
func TestHTTPClient_sendsARequestOnce(t *testing.T) {
	const kept = 5
	var cutting atomic.Bool
	var seen atomic.Int32
	var together sync.WaitGroup
	together.Add(kept)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !cutting.Load() {
			together.Done()
			together.Wait() // a connection for each
			return
		}
		seen.Add(1)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			err = conn.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	c := accounts(t, srv.URL).HTTPClient(0)
	defer c.CloseIdleConnections()
	var all sync.WaitGroup
	for range kept {
		all.Go(func() {
			res, err := c.Get(srv.URL)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Error(err)
			}
			res.Body.Close()
		})
	}
	all.Wait()
	cutting.Store(true)
	for n, ask := range []func() (*http.Response, error){
		func() (*http.Response, error) { return c.Get(srv.URL) },
		func() (*http.Response, error) { return c.Post(srv.URL, "application/json", strings.NewReader("{}")) },
		func() (*http.Response, error) { return c.Head(srv.URL) },
	} {
		if res, err := ask(); err == nil {
			res.Body.Close()
			t.Errorf("request %d has an answer: %s", n, res.Status)
		}
		if got := int(seen.Load()); got != n+1 {
			t.Fatalf("after %d requests the server has seen %d", n+1, got)
		}
	}
}
