package traces

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// collector takes spans as a collector does and keeps what came.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
}

func newCollector(t *testing.T, answer func(http.ResponseWriter)) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		c.bodies, c.heads = append(c.bodies, string(body)), append(c.heads, r.Header)
		c.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(c.Close)
	return c
}

func taken(http.ResponseWriter) {}

// started are traces into c.
func (c *collector) started(t *testing.T) *Traces {
	t.Helper()
	tr, err := Start(t.Context(), Config{URL: c.URL + "/v1/traces", Headers: http.Header{"X-Key": {"k"}}}, "v1.2.3", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Stop(t.Context()) })
	return tr
}

// flushed are all spans that tr has sent, by name.
func (c *collector) flushed(t *testing.T, tr *Traces) map[string]span {
	t.Helper()
	if err := tr.provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]span{}
	for _, body := range c.bodies {
		var r request
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		for _, scope := range r.Resources[0].Scopes {
			for _, s := range scope.Spans {
				all[s.Name] = s
			}
		}
	}
	return all
}

// text is a span's attributes.
func (s span) text() map[string]any {
	all := map[string]any{}
	for _, a := range s.Attributes {
		for _, v := range a.Value {
			all[a.Key] = v
		}
	}
	return all
}
