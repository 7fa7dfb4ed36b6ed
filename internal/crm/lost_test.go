package crm

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// lose cuts the connection of the first n requests of a "METHOD /path": after the work was done, or instead of it.
func lose(f *fixture, what string, n int32, done bool) {
	var left atomic.Int32
	left.Store(n)
	f.crm.set(func(c *crm) {
		c.answer = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/v4") != what || left.Add(-1) < 0 {
				return false
			}
			if done {
				c.mu.Lock()
				c.route(thrownAway{}, r)
				c.mu.Unlock()
			}
			w.WriteHeader(dropAnswer)
			return true
		}
	})
}

// thrownAway takes an answer that nobody will see.
type thrownAway struct{}

func (thrownAway) Header() http.Header         { return http.Header{} }
func (thrownAway) Write(b []byte) (int, error) { return len(b), nil }
func (thrownAway) WriteHeader(int)             {}

func posts(calls []string) []string {
	return slices.DeleteFunc(calls, func(c string) bool { return !strings.HasPrefix(c, "POST") })
}
