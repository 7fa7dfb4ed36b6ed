package amocrm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// obj is a JSON object.
type obj = map[string]any

// Ids of the story that the API tests play in.
const (
	apiHost   = "crm-one.example.com"
	otherHost = "crm-two.example.com"

	uAdmin, uPlain, uFree, uGone = 101, 102, 103, 104

	pSales, pAfter                = 501, 502
	stIncoming, stFirst, stTalks  = 600, 601, 602
	stAfterIncoming, stAfterFirst = 620, 621
	lossPrice                     = 901

	fText, fNumber, fCheck, fSelect, fMulti, fDate, fAddress, fLegal = 701, 702, 703, 704, 705, 706, 707, 708
	enumWeb, enumShop, enumRed, enumBlue                             = 711, 712, 713, 714

	kIvan, kAnna, kLone = 2001, 2002, 2003
	coWorks             = 2101
	lFence, lRoof, lBin = 3001, 3002, 3003
)

func apiStory(filterOn bool) scenario.World {
	return scenario.World{Accounts: []scenario.Account{
		{
			ID: 31000001, Name: "One", Subdomain: "one", Country: "RU", Currency: "RUB", CurrencySign: "₽",
			Timezone: "Europe/Moscow", Language: "ru", FilterOn: filterOn,
			Users: []scenario.User{
				{ID: uAdmin, Name: "Ada Admin", Email: "ada@example.com", Admin: true},
				{ID: uPlain, Name: "Pavel Plain", Email: "pavel@example.com"},
				{ID: uFree, Name: "Fay Free", Email: "fay@example.com", Free: true},
				{ID: uGone, Name: "Gone", Email: "gone@example.com", Inactive: true},
			},
			Pipelines: []scenario.Pipeline{
				{ID: pSales, Name: "Sales", Main: true, UnsortedID: stIncoming, Statuses: []scenario.Status{
					{ID: stFirst, Name: "First contact", Color: "#99ccff"}, {ID: stTalks, Name: "Talks", Color: "#fffeb2"}}},
				{ID: pAfter, Name: "After sales", UnsortedID: stAfterIncoming, Statuses: []scenario.Status{
					{ID: stAfterFirst, Name: "New", Color: "#99ccff"}}},
			},
			LossReasons: []scenario.Named{{ID: lossPrice, Name: "Too expensive"}},
			LeadFields: []scenario.Field{
				{ID: fText, Name: "Order", Type: "text", Code: "ORDER"}, {ID: fNumber, Name: "Weight", Type: "numeric"},
				{ID: fCheck, Name: "Urgent", Type: "checkbox"},
				{ID: fSelect, Name: "Source", Type: "select", Enums: []scenario.Enum{{ID: enumWeb, Value: "Web"}, {ID: enumShop, Value: "Shop"}},
					Required: []scenario.PipelineStatus{{PipelineID: pSales, StatusID: stTalks}}},
				{ID: fMulti, Name: "Colours", Type: "multiselect", Enums: []scenario.Enum{{ID: enumRed, Value: "Red"}, {ID: enumBlue, Value: "Blue"}}},
				{ID: fDate, Name: "Start", Type: "date"}, {ID: fAddress, Name: "Site", Type: "smart_address"},
				{ID: fLegal, Name: "Payer", Type: "legal_entity"},
			},
			Companies: []scenario.Company{{ID: coWorks, Name: "Works Ltd"}},
			Contacts: []scenario.Contact{
				{ID: kIvan, Name: "Иван Петров", Phones: []string{"+7 (999) 123-45-67"}, Emails: []string{"ivan@example.com"}, CompanyID: coWorks, Responsible: uAdmin, Tags: []string{"vip"}},
				{ID: kAnna, Name: "Anna 4567", Phones: []string{"+7 999 765-43-21"}, Responsible: uPlain},
				{ID: kLone, Name: "Lone", Responsible: uAdmin},
			},
			Leads: []scenario.Lead{
				{ID: lFence, Name: "Fence", Price: 1000, PipelineID: pSales, StatusID: stTalks, Contacts: []int64{kIvan, kAnna}, CompanyID: coWorks, Responsible: uAdmin, Age: 5,
					Fields: []scenario.Value{{FieldID: fSelect, Values: []map[string]any{{"enum_id": enumWeb}}}}},
				{ID: lRoof, Name: "Roof", Price: 50, PipelineID: pAfter, StatusID: world.StatusLost, LossReason: lossPrice, Contacts: []int64{kIvan}, Responsible: uPlain, Age: 50, Tags: []string{"hot"}},
				{ID: lBin, Name: "Incoming", PipelineID: pSales, StatusID: stIncoming, Contacts: []int64{kAnna}, Responsible: uAdmin, Age: 1},
			},
			Notes: []scenario.Note{{Entity: "leads", EntityID: lFence, Type: "common", Params: map[string]any{"text": "hello"}, Author: uAdmin, Age: 2}},
			Tasks: []scenario.Task{
				{Entity: "leads", EntityID: lFence, Text: "Call", Type: 1, Responsible: uAdmin, Due: 3},
				{Entity: "leads", EntityID: lRoof, Text: "Done", Type: 2, Responsible: uAdmin, Due: -3, Done: true},
			},
		},
		{
			ID: 31000002, Name: "Two", Subdomain: "two", Country: "RU", Currency: "RUB", CurrencySign: "₽",
			Timezone: "Europe/Moscow", Language: "en",
			Users:     []scenario.User{{ID: 111, Name: "Vera", Email: "vera@example.com", Admin: true}},
			Pipelines: []scenario.Pipeline{{ID: 511, Name: "Sales", Main: true, UnsortedID: 610, Statuses: []scenario.Status{{ID: 611, Name: "New", Color: "#99ccff"}}}},
			Contacts:  []scenario.Contact{{ID: 2901, Name: "Иван Petrov", Phones: []string{"+79991234567"}, Responsible: 111}},
		},
	}}
}

// api is a Server whose routes are called straight, without tokens: the gate has its own tests.
type apiBench struct {
	t    *testing.T
	s    *Server
	mux  *http.ServeMux
	user int64

	mu  sync.Mutex
	now time.Time
}

// startAPI makes the story's server; user is who the calls act for in the first account.
func startAPI(t *testing.T, filterOn bool) *apiBench {
	t.Helper()
	b := &apiBench{t: t, user: uAdmin, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), mux: http.NewServeMux()}
	s, err := New(apiStory(filterOn), Options{Hosts: []string{apiHost, otherHost}, Now: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	b.s = s
	called := func(r *http.Request) api.Caller {
		var c api.Caller
		s.state.Read(func(w *world.World) {
			c = api.Caller{Account: w.AccountAt(r.Host), User: b.user}
			if r.Host == otherHost {
				c.User = 111
			}
		})
		return c
	}
	s.api.Mount(func(pattern string, h api.Handler) {
		b.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Test-Route", s.gate.RouteName(r))
			h(w, r, called(r))
		})
	})
	b.mux.HandleFunc("/api/v4/", func(w http.ResponseWriter, r *http.Request) { s.api.Fallback(w, r, called(r)) })
	return b
}

func (b *apiBench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *apiBench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// answer is what came back.
type answer struct {
	t      *testing.T
	call   string
	status int
	header http.Header
	body   []byte
}

// do calls a path below /api/v4; body is JSON text, or empty.
func (b *apiBench) do(method, path, body string) answer { return b.at(apiHost, method, path, body) }

func (b *apiBench) at(host, method, path, body string) answer {
	r := httptest.NewRequest(method, "/api/v4"+path, strings.NewReader(body))
	r.Host = host
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r)
	return answer{b.t, method + " " + path, w.Code, w.Header(), w.Body.Bytes()}
}

// want checks the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.call, a.status, status, a.body)
	}
	if status == http.StatusNoContent && len(a.body) != 0 {
		a.t.Fatalf("%s: a 204 with a body: %s", a.call, a.body)
	}
	kind := a.header.Get("Content-Type")
	if want := contentTypeOf(status); kind != want {
		a.t.Fatalf("%s: Content-Type %q, want %q", a.call, kind, want)
	}
	return a
}

func contentTypeOf(status int) string {
	switch {
	case status == http.StatusNoContent:
		return ""
	case status < 300:
		return "application/hal+json"
	}
	return "application/problem+json"
}

func (a answer) value() any {
	a.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(a.body))
	var v any
	if err := dec.Decode(&v); err != nil {
		a.t.Fatalf("%s: no JSON: %v\n%s", a.call, err, a.body)
	}
	return v
}

// get walks the answer: "_embedded.leads.0.id".
func (a answer) get(path string) any {
	a.t.Helper()
	return dig(a.value(), path)
}

func dig(v any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			var i int
			if _, err := fmt.Sscanf(step, "%d", &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// id is get as an id.
func (a answer) id(path string) int64 {
	a.t.Helper()
	f, ok := a.get(path).(float64)
	if !ok {
		a.t.Fatalf("%s: no number at %s\n%s", a.call, path, a.body)
	}
	return int64(f)
}

// is checks one value of the answer.
func (a answer) is(path string, want any) answer {
	a.t.Helper()
	if n, ok := want.(int); ok {
		want = float64(n)
	}
	if got := a.get(path); !equalJSON(got, want) {
		a.t.Errorf("%s: %s is %v, want %v\n%s", a.call, path, got, want, a.body)
	}
	return a
}

func equalJSON(a, b any) bool {
	ra, errA := json.Marshal(a)
	rb, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(ra) == string(rb)
}

// ids lists the ids of _embedded.<key>.
func (a answer) ids(key string) []int64 {
	a.t.Helper()
	if a.status == http.StatusNoContent {
		return nil
	}
	list, _ := a.get("_embedded." + key).([]any)
	var out []int64
	for _, el := range list {
		id, _ := dig(el, "id").(float64)
		out = append(out, int64(id))
	}
	return out
}

// refused checks a validation error: the code and path of the item with the request id.
func (a answer) refused(requestID, code, path string) answer {
	a.t.Helper()
	a.want(http.StatusBadRequest)
	list, _ := a.get("validation-errors").([]any)
	for _, item := range list {
		errs, _ := dig(item, "errors").([]any)
		for _, e := range errs {
			if dig(item, "request_id") == requestID && dig(e, "code") == code && dig(e, "path") == path {
				return a
			}
		}
	}
	a.t.Errorf("%s: no %s at %s of item %s\n%s", a.call, code, path, requestID, a.body)
	return a
}
