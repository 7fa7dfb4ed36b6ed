package fake

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// Lose cuts the connection of the first n requests of a "METHOD /path": after the work was done, or instead of it.
func (c *CRM) Lose(what string, n int32, done bool) {
	var left atomic.Int32
	left.Store(n)
	c.Set(func(c *CRM) {
		c.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/v4") != what || left.Add(-1) < 0 {
				return false
			}
			if done {
				c.Mu.Lock()
				c.route(thrownAway{}, r)
				c.Mu.Unlock()
			}
			w.WriteHeader(DropAnswer)
			return true
		}
	})
}

// thrownAway takes an answer that nobody will see.
type thrownAway struct{}

func (thrownAway) Header() http.Header         { return http.Header{} }
func (thrownAway) Write(b []byte) (int, error) { return len(b), nil }
func (thrownAway) WriteHeader(int)             {}

// Posts keeps the calls that write.
func Posts(calls []string) []string {
	return slices.DeleteFunc(calls, func(c string) bool { return !strings.HasPrefix(c, "POST") })
}

// Patching answers every PATCH with change's status; the fixture is locked meanwhile. It returns how many came.
func (c *CRM) Patching(change func(c *CRM, body map[string]any) int) func() int32 {
	var n atomic.Int32
	c.Set(func(c *CRM) {
		c.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPatch {
				return false
			}
			n.Add(1)
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				c.T.Errorf("body of PATCH: %v", err)
			}
			c.Mu.Lock()
			status := change(c, body)
			c.Mu.Unlock()
			w.Header().Set("Content-Type", "application/hal+json")
			w.WriteHeader(status)
			if status == http.StatusOK {
				_, _ = strings.NewReader(`{"id":1}`).WriteTo(w)
			}
			return true
		}
	})
	return n.Load
}
