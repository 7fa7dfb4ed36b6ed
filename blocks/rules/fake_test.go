package rules

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// obj and arr are what a body is made of.
type (
	obj = map[string]any
	arr = []any
)

// fakeCRM is an amoCRM account in memory, written from amocrm.md §3-§6. It knows the few calls that a job makes and
// fails the test on any other.
type fakeCRM struct {
	*httptest.Server
	t *testing.T

	mu        sync.Mutex
	token     string
	lastID    int64
	contacts  []obj
	leads     []obj
	notes     []obj
	tasks     []obj
	companies []obj
	patches   []string
	lags      bool // the search does not find what was made by the API
	merge     bool // everything goes into the first deal
	vague     bool // refusals name no item
	calls     map[string]int
	faults    map[string][]fault // by "METHOD path", used up one by one
	onLead    func(id int64)     // after a lead was made
	ahead     time.Duration      // of its clock
	dateAhead time.Duration      // of what its Date says, of that clock
}

// fault spoils one call: after carrying it out (or not) the connection is cut, or status and body are answered.
type fault struct {
	commit bool
	cut    bool
	status int
	body   string
	header map[string]string
	before func() // before anything is done
	do     func() // before the answer
}

func newCRM(t *testing.T) *fakeCRM {
	c := &fakeCRM{t: t, token: "access-1", lastID: 1000, calls: map[string]int{}, faults: map[string][]fault{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *fakeCRM) spoil(call string, f ...fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[call] = append(c.faults[call], f...)
}

// hook has f called after every lead that is made, before the CRM answers.
func (c *fakeCRM) hook(f func(id int64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onLead = f
}

func (c *fakeCRM) count(call string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[call]
}

func (c *fakeCRM) snapshot() (leads, notes, contacts []obj) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.leads), slices.Clone(c.notes), slices.Clone(c.contacts)
}

func (c *fakeCRM) now() int64 { return time.Now().Add(c.ahead).Unix() }

// apiUser is who is logged in, and so the author of what the API makes.
const apiUser = 7

func (c *fakeCRM) id() int64 { c.lastID++; return c.lastID }

// addContact puts a contact with a phone into the account.
func (c *fakeCRM) addContact(name, phone string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.id()
	c.contacts = append(c.contacts, obj{"id": id, "name": name, "updated_at": time.Now().Unix(),
		"custom_fields_values": arr{obj{"field_id": 11, "field_code": "PHONE", "field_type": "multitext",
			"values": arr{obj{"value": phone}}}}})
	return id
}

func (c *fakeCRM) dropContact(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.contacts = slices.DeleteFunc(c.contacts, func(o obj) bool { return o["id"] == id })
}

func (c *fakeCRM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v4")
	call := r.Method + " " + path
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	c.calls[call]++
	allowed := r.Header.Get("Authorization") == "Bearer "+c.token
	var f fault
	if list := c.faults[call]; len(list) > 0 && allowed {
		f, c.faults[call] = list[0], list[1:]
	}
	if f.before != nil {
		c.mu.Unlock()
		f.before()
		c.mu.Lock()
	}
	status, answer := 401, any(obj{"title": "Unauthorized", "status": 401})
	var made int64
	if spoiled := f.cut || f.status != 0; allowed && (!spoiled || f.commit) {
		status, answer, made = c.answer(r, path, body)
	}
	hook := c.onLead
	w.Header().Set("Date", time.Unix(c.now(), 0).Add(c.dateAhead).UTC().Format(http.TimeFormat))
	c.mu.Unlock()
	if made != 0 && hook != nil {
		hook(made)
	}
	if f.do != nil {
		f.do()
	}
	switch {
	case f.cut:
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			c.t.Error(err)
			return
		}
		_ = conn.Close() // the cut is the point
		return
	case f.status != 0:
		for k, v := range f.header {
			w.Header().Set(k, v)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(f.status)
		fmt.Fprint(w, f.body)
		return
	}
	w.Header().Set("Content-Type", "application/hal+json")
	w.WriteHeader(status)
	if answer != nil {
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			c.t.Error(err)
		}
	}
}

// answer carries a call out; c.mu is held. made is the id of a new lead.
func (c *fakeCRM) answer(r *http.Request, path string, body []byte) (status int, answer any, made int64) {
	list := func(name string, items []obj) (int, any, int64) {
		if len(items) == 0 {
			return 204, nil, 0
		}
		return 200, obj{"_page": 1, "_links": obj{}, "_embedded": obj{name: items}}, 0
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch call := r.Method + " " + path; {
	case call == "GET /account":
		return 200, obj{"id": 31, "name": "Example", "subdomain": "example", "current_user_id": apiUser, "country": "RU",
			"currency": "RUB", "is_api_filter_enabled": true}, 0
	case call == "GET /users":
		return list("users", []obj{{"id": 9311182, "name": "Agent", "rights": obj{"is_active": true}}})
	case call == "GET /leads/pipelines":
		return list("pipelines", []obj{{"id": 6516490, "name": "Sales", "is_main": true, "_embedded": obj{"statuses": arr{
			obj{"id": 55524250, "name": "New", "pipeline_id": 6516490}, obj{"id": 142, "name": "Won", "pipeline_id": 6516490}}}}})
	case call == "GET /leads/custom_fields":
		return list("custom_fields", []obj{{"id": 1025541, "name": "Text", "type": "text"},
			{"id": 1372537, "name": "One", "type": "select", "enums": arr{obj{"id": 705377, "value": "A"}}},
			{"id": 1372539, "name": "Many", "type": "multiselect", "enums": arr{obj{"id": 705381, "value": "B"}, obj{"id": 705385, "value": "C"}}},
			{"id": 20, "name": "When", "type": "date"}})
	case call == "GET /contacts/custom_fields":
		return list("custom_fields", []obj{{"id": 11, "name": "Phone", "code": "PHONE", "type": "multitext", "enums": arr{obj{"id": 1, "value": "WORK"}}},
			{"id": 12, "name": "E-mail", "code": "EMAIL", "type": "multitext", "enums": arr{obj{"id": 2, "value": "WORK"}}}})
	case call == "GET /contacts" && r.URL.Query().Get("query") != "":
		var hits []obj
		for _, x := range c.contacts {
			if raw, err := json.Marshal(x); err == nil && (!c.lags || x["created_by"] == nil) && strings.Contains(string(raw), r.URL.Query().Get("query")) {
				hits = append(hits, x)
			}
		}
		return list("contacts", hits)
	case r.Method == "GET" && len(parts) == 2 && parts[0] == "contacts":
		return c.one(c.withLeads(c.contacts), parts[1])
	case call == "GET /leads":
		all := slices.Clone(c.leads)
		if ids := r.URL.Query()["filter[id][]"]; len(ids) > 0 {
			all = slices.DeleteFunc(all, func(l obj) bool { return !slices.Contains(ids, fmt.Sprint(l["id"])) })
		}
		slices.Reverse(all)
		if limit, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil {
			all = all[:min(len(all), limit)]
		}
		return list("leads", all)
	case r.Method == "GET" && len(parts) == 2 && parts[0] == "leads":
		return c.one(c.leads, parts[1])
	case call == "POST /leads/complex":
		return c.complex(body)
	case call == "GET /companies", call == "POST /companies":
		return c.company(r, body)
	case call == "POST /tasks":
		return c.task(body)
	case call == "GET /tasks":
		return list("tasks", slices.Clone(c.tasks))
	case r.Method == "PATCH" && len(parts) == 2 && parts[0] == "leads":
		c.patches = append(c.patches, string(body))
		return 200, obj{"id": 1, "updated_at": 1}, 0
	case call == "POST /leads/notes":
		return c.note(body)
	case r.Method == "GET" && len(parts) == 3 && parts[0] == "leads" && parts[2] == "notes":
		return list("notes", slices.DeleteFunc(slices.Clone(c.notes), func(n obj) bool { return fmt.Sprint(n["entity_id"]) != parts[1] }))
	}
	c.t.Errorf("unexpected call %s %s", r.Method, r.URL)
	return 404, nil, 0
}

// withLeads adds to contacts the ids of their leads, as with=leads does.
func (c *fakeCRM) withLeads(contacts []obj) (out []obj) {
	for _, x := range contacts {
		var ids arr
		for _, l := range c.leads {
			if fmt.Sprint(l["_embedded"].(obj)["contacts"].(arr)[0].(obj)["id"]) == fmt.Sprint(x["id"]) {
				ids = append(ids, obj{"id": l["id"]})
			}
		}
		y := maps.Clone(x)
		y["_embedded"] = obj{"leads": ids}
		out = append(out, y)
	}
	return out
}

func (c *fakeCRM) one(items []obj, id string) (int, any, int64) {
	for _, x := range items {
		if fmt.Sprint(x["id"]) == id {
			return 200, x, 0
		}
	}
	return 204, nil, 0
}

// mistake is one reason of a refused item.
type mistake struct{ request, code, path string }

func refuse(found []mistake) (int, any, int64) {
	var items arr
	for _, m := range found {
		items = append(items, obj{"request_id": m.request, "errors": arr{obj{"code": m.code, "path": m.path,
			"detail": "The value you selected is not a valid choice."}}})
	}
	return 400, obj{"validation-errors": items, "title": "Bad Request", "status": 400}, 0
}

// complex makes leads with their contacts, all or none; it takes the members of amocrm.md §5.3 and no others.
func (c *fakeCRM) complex(body []byte) (int, any, int64) {
	var in []obj
	if err := json.Unmarshal(body, &in); err != nil || len(in) == 0 || len(in) > 50 {
		c.t.Errorf("complex body %s: %v", body, err)
		return 400, nil, 0
	}
	var wrong []mistake
	for _, lead := range in {
		wrong = append(wrong, c.mistakes(lead)...)
	}
	if c.vague && len(wrong) > 0 {
		return 400, obj{"title": "Bad Request", "detail": "Something is wrong", "status": 400}, 0
	}
	if len(wrong) > 0 {
		return refuse(wrong)
	}
	var out arr
	var first int64
	for _, lead := range in {
		made := c.makeLead(lead)
		if first == 0 {
			first = made["id"].(int64)
		}
		out = append(out, made)
	}
	return 200, out, first
}

func (c *fakeCRM) mistakes(lead obj) (wrong []mistake) {
	rid := fmt.Sprint(lead["request_id"])
	for k := range lead {
		if !slices.Contains([]string{"name", "price", "status_id", "pipeline_id", "responsible_user_id", "custom_fields_values",
			"request_id", "tags_to_add", "_embedded"}, k) {
			c.t.Errorf("complex got %q", k)
		}
	}
	if s := lead["status_id"]; s != nil && s != 55524250.0 {
		wrong = append(wrong, mistake{rid, "NotSupportedChoice", "status_id"})
	}
	if fields, ok := lead["custom_fields_values"].(arr); ok {
		for i, f := range fields {
			if f.(obj)["field_id"] == 999.0 {
				wrong = append(wrong, mistake{rid, "NotSupportedChoice", "custom_fields_values." + strconv.Itoa(i) + ".field_id"})
			}
			for k, v := range f.(obj)["values"].(arr) {
				if v.(obj)["enum_id"] == 5.0 {
					wrong = append(wrong, mistake{rid, "NotSupportedChoice", fmt.Sprintf("custom_fields_values.%d.values.%d.enum_id", i, k)})
				}
			}
		}
	}
	if n := len(lead["_embedded"].(obj)["contacts"].(arr)); n != 1 {
		c.t.Errorf("a lead with %d contacts", n)
	}
	if id, ok := lead["_embedded"].(obj)["contacts"].(arr)[0].(obj)["id"].(float64); ok &&
		!slices.ContainsFunc(c.contacts, func(o obj) bool { return o["id"] == int64(id) }) {
		wrong = append(wrong, mistake{rid, "NotSupportedChoice", "_embedded.contacts.0.id"})
	}
	return wrong
}

func (c *fakeCRM) makeLead(lead obj) obj {
	rid := lead["request_id"]
	contact := lead["_embedded"].(obj)["contacts"].(arr)[0].(obj)
	var contactID int64
	if id, ok := contact["id"].(float64); ok {
		contactID = int64(id)
	} else {
		contactID = c.id()
		contact["id"], contact["updated_at"], contact["created_by"] = contactID, time.Now().Unix(), apiUser
		if fields, ok := contact["custom_fields_values"].(arr); ok {
			for _, f := range fields { // reads name the code, writes may use the id
				if code, ok := map[any]string{11.0: "PHONE", 12.0: "EMAIL"}[f.(obj)["field_id"]]; ok {
					f.(obj)["field_code"] = code
				}
			}
		}
		c.contacts = append(c.contacts, contact)
	}
	if c.merge && len(c.leads) > 0 {
		return obj{"id": c.leads[0]["id"], "contact_id": contactID, "company_id": nil, "request_id": arr{rid}, "merged": true}
	}
	id := c.id()
	delete(lead, "request_id")
	lead["id"], lead["created_at"], lead["created_by"] = id, c.now(), apiUser
	lead["_embedded"] = obj{"contacts": arr{obj{"id": contactID, "is_main": true}}}
	c.leads = append(c.leads, lead)
	return obj{"id": id, "contact_id": contactID, "company_id": nil, "request_id": arr{rid}, "merged": false}
}

func (c *fakeCRM) note(body []byte) (int, any, int64) {
	var in []obj
	if err := json.Unmarshal(body, &in); err != nil || len(in) == 0 {
		c.t.Errorf("notes body %s: %v", body, err)
		return 400, nil, 0
	}
	var out arr
	for _, n := range in {
		id, rid := c.id(), n["request_id"]
		delete(n, "request_id")
		n["id"], n["created_at"], n["created_by"] = id, c.now(), apiUser
		c.notes = append(c.notes, n)
		out = append(out, obj{"id": id, "entity_id": n["entity_id"], "request_id": rid})
	}
	return 200, obj{"_embedded": obj{"notes": out}}, 0
}

func (c *fakeCRM) task(body []byte) (int, any, int64) {
	var in []obj
	if err := json.Unmarshal(body, &in); err != nil || len(in) == 0 {
		c.t.Errorf("tasks body %s: %v", body, err)
		return 400, nil, 0
	}
	var out arr
	for _, n := range in {
		id, rid := c.id(), n["request_id"]
		delete(n, "request_id")
		n["id"], n["created_at"], n["created_by"], n["is_completed"] = id, c.now(), apiUser, false
		c.tasks = append(c.tasks, n)
		out = append(out, obj{"id": id, "request_id": rid})
	}
	return 200, obj{"_embedded": obj{"tasks": out}}, 0
}

func (c *fakeCRM) company(r *http.Request, body []byte) (int, any, int64) {
	if r.Method == "GET" {
		var hits []obj
		for _, x := range c.companies {
			if strings.Contains(fmt.Sprint(x["name"]), r.URL.Query().Get("query")) {
				hits = append(hits, x)
			}
		}
		if len(hits) == 0 {
			return 204, nil, 0
		}
		return 200, obj{"_page": 1, "_links": obj{}, "_embedded": obj{"companies": hits}}, 0
	}
	var in []obj
	if err := json.Unmarshal(body, &in); err != nil || len(in) != 1 {
		c.t.Errorf("companies body %s: %v", body, err)
		return 400, nil, 0
	}
	in[0]["id"] = c.id()
	c.companies = append(c.companies, in[0])
	return 200, obj{"_embedded": obj{"companies": arr{obj{"id": in[0]["id"], "request_id": "0"}}}}, 0
}
