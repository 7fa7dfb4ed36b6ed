package crm

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// crm is a strict little amoCRM: an unknown route fails the test by name, and so does a search without a query.
type crm struct {
	t   *testing.T
	srv *httptest.Server

	mu       sync.Mutex
	contacts map[int64]map[string]any
	firms    map[int64]map[string]any
	leads    map[int64]map[string]any
	notes    map[int64][]map[string]any
	events   []map[string]any
	hidden   map[int64]bool // from searches and lists: the index lags
	nextID   int64
	filter   bool // filter[id][] is honoured
	claims   bool // what /account says about filters
	country  string
	latency  time.Duration
	answer   func(w http.ResponseWriter, r *http.Request) bool // true: handled
	log      []call
}

type call struct {
	what       string // "GET /contacts?query"
	begin, end time.Time
}

func newCRM(t *testing.T) *crm {
	c := &crm{t: t, contacts: map[int64]map[string]any{}, firms: map[int64]map[string]any{}, leads: map[int64]map[string]any{}, notes: map[int64][]map[string]any{},
		hidden: map[int64]bool{}, nextID: 1000, filter: true, claims: true, country: "RU"}
	c.srv = httptest.NewServer(c)
	t.Cleanup(c.srv.Close)
	return c
}

// object parses a literal.
func object(t *testing.T, body string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return m
}

// addContact stores a contact with one phone and one e-mail ("" for none) and its deals.
func (c *crm) addContact(id int64, name, phone, email string, leads ...int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
		if c.leads[l] == nil {
			c.leads[l] = map[string]any{"id": l, "name": fmt.Sprintf("Deal %d", l), "price": 100, "pipeline_id": 31, "status_id": 311,
				"responsible_user_id": 501, "created_at": 1700000000 + l, "updated_at": 1700000000 + l,
				"_embedded": map[string]any{"contacts": []any{}}}
		}
		embedded := c.leads[l]["_embedded"].(map[string]any)
		embedded["contacts"] = append(embedded["contacts"].([]any), map[string]any{"id": id, "is_main": len(embedded["contacts"].([]any)) == 0})
	}
	c.contacts[id] = map[string]any{"id": id, "name": name, "responsible_user_id": 501, "created_at": 1700000000, "updated_at": 1700000000 + id,
		"custom_fields_values": fields, "_embedded": map[string]any{"leads": links, "tags": []any{}, "companies": []any{}}}
}

// addCompany stores a company with some of the contacts and deals that are there.
func (c *crm) addCompany(id int64, name string, members ...int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.firms[id] = map[string]any{"id": id, "name": name, "updated_at": 1700000000 + id, "_embedded": map[string]any{"tags": []any{}}}
	for _, m := range members {
		for _, e := range []map[string]any{c.contacts[m], c.leads[m]} {
			if e != nil {
				e["_embedded"].(map[string]any)["companies"] = []any{map[string]any{"id": id}}
			}
		}
	}
}

func (c *crm) set(change func(*crm)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// calls returns what was asked since the last reset, sorted.
func (c *crm) calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, k := range c.log {
		out = append(out, k.what)
	}
	slices.Sort(out)
	return out
}

func (c *crm) reset() { c.set(func(c *crm) { c.log = nil }) }

// depth is the longest chain of requests that each began after another had ended.
func (c *crm) depth() int {
	c.mu.Lock()
	defer c.mu.Unlock()
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

func (c *crm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v4")
	switch {
	case r.URL.Query().Has("query"):
		what += "?query=" + r.URL.Query().Get("query")
	case r.URL.Query().Has("filter[id][]"):
		what += fmt.Sprintf("?ids=%d", len(r.URL.Query()["filter[id][]"]))
	}
	c.mu.Lock()
	latency, answer := c.latency, c.answer
	c.mu.Unlock()
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
		}
	}
	body := httptest.NewRecorder()
	if answer == nil || !answer(body, r) {
		c.mu.Lock()
		c.route(body, r)
		c.mu.Unlock()
	}
	c.mu.Lock()
	c.log = append(c.log, call{what, begin, time.Now()})
	c.mu.Unlock()
	if body.Code == dropAnswer {
		panic(http.ErrAbortHandler) // the connection is cut
	}
	for k, v := range body.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(body.Code)
	_, _ = w.Write(body.Body.Bytes())
}

const dropAnswer = 599

// failing answers every request whose "METHOD /path" begins with prefix.
func failing(prefix string, status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
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
