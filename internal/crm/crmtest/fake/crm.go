// Package fake is a strict little amoCRM for tests of the account: it knows the few routes that they need, fails a test by the
// name of any other, and is told beside its state how to answer wrongly, late or not at all.
package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// CRM is a strict little amoCRM: an unknown route fails the test by name, and so does a search without a query.
type CRM struct {
	T      *testing.T
	Server *httptest.Server

	Mu        sync.Mutex
	Contacts  map[int64]map[string]any
	Companies map[int64]map[string]any
	Leads     map[int64]map[string]any
	Notes     map[int64][]map[string]any
	Events    []map[string]any
	Hidden    map[int64]bool // from searches and lists: the index lags
	nextID    int64
	Filter    bool // filter[id][] is honoured
	Claims    bool // what /account says about filters
	Country   string
	Latency   time.Duration
	Answer    func(w http.ResponseWriter, r *http.Request) bool // true: handled
	log       []call
}

type call struct {
	what       string // "GET /contacts?query"
	begin, end time.Time
}

// New starts an account that honours filters and has a vocabulary, and nobody in it.
func New(t *testing.T) *CRM {
	c := &CRM{T: t, Contacts: map[int64]map[string]any{}, Companies: map[int64]map[string]any{}, Leads: map[int64]map[string]any{}, Notes: map[int64][]map[string]any{},
		Hidden: map[int64]bool{}, nextID: 1000, Filter: true, Claims: true, Country: "RU"}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Server.Close)
	return c
}

// Object parses a literal.
func Object(t *testing.T, body string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return m
}

// AddContact stores a contact with one phone and one e-mail ("" for none) and its deals.
func (c *CRM) AddContact(id int64, name, phone, email string, leads ...int64) {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	fields := []any{}
	field := func(code, value string) {
		if value != "" {
			fields = append(fields, map[string]any{"field_id": 1, "field_code": code, "field_type": "multitext",
				"values": []any{map[string]any{"value": value, "enum_code": "WORK"}}})
		}
	}
	field("PHONE", phone)
	field("EMAIL", email)
	links := []any{}
	for _, l := range leads {
		links = append(links, map[string]any{"id": l})
		if c.Leads[l] == nil {
			c.Leads[l] = map[string]any{"id": l, "name": fmt.Sprintf("Deal %d", l), "price": 100, "pipeline_id": 31, "status_id": 311,
				"responsible_user_id": 501, "created_at": 1700000000 + l, "updated_at": 1700000000 + l,
				"_embedded": map[string]any{"contacts": []any{}}}
		}
		embedded := c.Leads[l]["_embedded"].(map[string]any)
		embedded["contacts"] = append(embedded["contacts"].([]any), map[string]any{"id": id, "is_main": len(embedded["contacts"].([]any)) == 0})
	}
	c.Contacts[id] = map[string]any{"id": id, "name": name, "responsible_user_id": 501, "created_at": 1700000000, "updated_at": 1700000000 + id,
		"custom_fields_values": fields, "_embedded": map[string]any{"leads": links, "tags": []any{}, "companies": []any{}}}
}

// AddCompany stores a company with some of the contacts and deals that are there.
func (c *CRM) AddCompany(id int64, name string, members ...int64) {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	c.Companies[id] = map[string]any{"id": id, "name": name, "updated_at": 1700000000 + id, "_embedded": map[string]any{"tags": []any{}}}
	for _, m := range members {
		for _, e := range []map[string]any{c.Contacts[m], c.Leads[m]} {
			if e != nil {
				e["_embedded"].(map[string]any)["companies"] = []any{map[string]any{"id": id}}
			}
		}
	}
}

// Set changes the account between two answers.
func (c *CRM) Set(change func(*CRM)) {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	change(c)
}

// Calls returns what was asked since the last reset, sorted.
func (c *CRM) Calls() []string {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	var out []string
	for _, k := range c.log {
		out = append(out, k.what)
	}
	slices.Sort(out)
	return out
}

// Reset forgets the calls.
func (c *CRM) Reset() { c.Set(func(c *CRM) { c.log = nil }) }

// Depth is the longest chain of requests that each began after another had ended.
func (c *CRM) Depth() int {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	log := slices.Clone(c.log)
	slices.SortFunc(log, func(a, b call) int { return a.begin.Compare(b.begin) })
	deepest := make([]int, len(log))
	most := 0
	for i := range log {
		deepest[i] = 1
		for j := range i {
			if !log[j].end.After(log[i].begin) {
				deepest[i] = max(deepest[i], deepest[j]+1)
			}
		}
		most = max(most, deepest[i])
	}
	return most
}

func (c *CRM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v4")
	switch {
	case r.URL.Query().Has("query"):
		what += "?query=" + r.URL.Query().Get("query")
	case r.URL.Query().Has("filter[id][]"):
		what += fmt.Sprintf("?ids=%d", len(r.URL.Query()["filter[id][]"]))
	}
	c.Mu.Lock()
	latency, answer := c.Latency, c.Answer
	c.Mu.Unlock()
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
		}
	}
	body := httptest.NewRecorder()
	if answer == nil || !answer(body, r) {
		c.Mu.Lock()
		c.route(body, r)
		c.Mu.Unlock()
	}
	c.Mu.Lock()
	c.log = append(c.log, call{what, begin, time.Now()})
	c.Mu.Unlock()
	if body.Code == DropAnswer {
		panic(http.ErrAbortHandler) // the connection is cut
	}
	for k, v := range body.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(body.Code)
	_, _ = w.Write(body.Body.Bytes())
}

// DropAnswer is the status with which an answer cuts the connection.
const DropAnswer = 599

// Failing answers every request whose "METHOD /path" begins with prefix.
func Failing(prefix string, status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/v4"), prefix) {
			return false
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// Auth always has a token, or always an error.
type Auth struct{ Err error }

func (f *Auth) Token(context.Context, string) (string, error) { return "token-of-the-test", f.Err }

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
				c.route(httptest.NewRecorder(), r) // nobody sees the answer
				c.Mu.Unlock()
			}
			w.WriteHeader(DropAnswer)
			return true
		}
	})
}

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
