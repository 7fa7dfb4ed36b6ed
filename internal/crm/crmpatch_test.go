package crm

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// problemMap gives the keys of a refused form by path.
func problemMap(t *testing.T, err error) map[string]string {
	t.Helper()
	e, ok := errors.AsType[*FieldErrors](err)
	if !ok {
		t.Fatalf("not FieldErrors: %v", err)
	}
	out := map[string]string{}
	for _, f := range e.Fields {
		out[f.Path] = f.Key
	}
	return out
}

// patching answers every PATCH with change's status; the fixture is locked meanwhile. It returns how many came.
func patching(f *fixture, change func(c *crm, body map[string]any) int) func() int32 {
	var n atomic.Int32
	f.crm.set(func(c *crm) {
		c.answer = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPatch {
				return false
			}
			n.Add(1)
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				c.t.Errorf("body of PATCH: %v", err)
			}
			c.mu.Lock()
			status := change(c, body)
			c.mu.Unlock()
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
