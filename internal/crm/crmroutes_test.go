package crm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *crm) route(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/api/v4"), "/"), "/")
	id := int64(0)
	if len(path) > 1 {
		id, _ = strconv.ParseInt(path[1], 10, 64)
	}
	switch route := r.Method + " " + strings.Join(path, "/"); {
	case route == "GET account":
		send(w, map[string]any{"id": 7, "name": "Example", "country": c.country, "currency": "RUB", "current_user_id": 501,
			"is_api_filter_enabled": c.claims, "_embedded": map[string]any{"datetime_settings": map[string]any{"timezone": "Europe/Moscow"}}})
	case route == "GET users":
		list(w, "users", []any{user(501, "Irina Agent", true), user(502, "Oleg Gone", false)})
	case route == "GET leads/pipelines":
		list(w, "pipelines", json.RawMessage(testPipelines))
	case route == "GET leads/custom_fields":
		list(w, "custom_fields", json.RawMessage(testLeadFields))
	case route == "GET contacts/custom_fields":
		list(w, "custom_fields", json.RawMessage(testContactFields))
	case route == "GET contacts":
		c.search(w, r, "contacts", c.contacts)
	case route == "GET companies" && r.URL.Query().Has("query"):
		c.search(w, r, "companies", c.firms)
	case route == "GET companies":
		list(w, "companies", c.filtered(r, c.firms))
	case r.Method == "GET" && path[0] == "companies" && len(path) == 2:
		one(w, c.firms[id])
	case r.Method == "POST" && path[0] == "contacts" && len(path) == 3 && path[2] == "link":
		c.link(w, r, id)
	case r.Method == "GET" && path[0] == "contacts" && len(path) == 2:
		one(w, c.contacts[id])
	case route == "GET leads":
		c.listLeads(w, r)
	case r.Method == "GET" && path[0] == "leads" && len(path) == 2:
		one(w, c.leads[id])
	case r.Method == "GET" && len(path) == 3 && path[2] == "notes":
		list(w, "notes", c.notes[id])
	case route == "GET events":
		list(w, "events", c.events)
	case r.Method == "POST" && len(path) <= 2:
		c.create(w, r, strings.Join(path, "/"))
	default:
		c.t.Errorf("unknown route %s", route)
		w.WriteHeader(http.StatusNotFound)
	}
}

func user(id int, name string, active bool) map[string]any {
	return map[string]any{"id": id, "name": name, "rights": map[string]any{"is_active": active, "is_free": false, "is_admin": true}}
}

func (c *crm) search(w http.ResponseWriter, r *http.Request, name string, all map[int64]map[string]any) {
	q := r.URL.Query().Get("query")
	if q == "" {
		c.t.Errorf("search without a query: %s", r.URL)
	}
	var found []map[string]any
	for _, id := range sortedKeys(all) {
		raw, _ := json.Marshal(all[id])
		plain := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(string(raw))
		if !c.hidden[id] && (strings.Contains(strings.ToLower(string(raw)), strings.ToLower(q)) || strings.Contains(plain, q)) {
			found = append(found, all[id])
		}
	}
	list(w, name, found)
}

// filtered lists what filter[id][] asks for, or everything when there is no filter.
func (c *crm) filtered(r *http.Request, all map[int64]map[string]any) []map[string]any {
	ids := r.URL.Query()["filter[id][]"]
	var found []map[string]any
	for _, id := range sortedKeys(all) {
		if !c.hidden[id] && (len(ids) == 0 || !c.filter || slices.Contains(ids, Decimal(id))) {
			found = append(found, all[id])
		}
	}
	return found
}

// link joins a contact to a company.
func (c *crm) link(w http.ResponseWriter, r *http.Request, contact int64) {
	var in []struct {
		To   int64  `json:"to_entity_id"`
		Type string `json:"to_entity_type"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in) != 1 || in[0].Type != "companies" ||
		c.contacts[contact] == nil || c.firms[in[0].To] == nil {
		c.t.Errorf("link of contact %d: %+v, %v", contact, in, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.contacts[contact]["_embedded"].(map[string]any)["companies"] = []any{map[string]any{"id": in[0].To}}
	list(w, "links", []any{map[string]any{"entity_id": contact, "to_entity_id": in[0].To, "metadata": nil}})
}

func (c *crm) listLeads(w http.ResponseWriter, r *http.Request) {
	found := c.filtered(r, c.leads)
	if r.URL.Query().Get("order[created_at]") == "desc" {
		slices.SortStableFunc(found, func(a, b map[string]any) int { return cmp.Compare(unix(b), unix(a)) })
	}
	list(w, "leads", found)
}

func unix(m map[string]any) int64 {
	n, _ := strconv.ParseInt(fmt.Sprint(m["created_at"]), 10, 64)
	return n
}

func (c *crm) create(w http.ResponseWriter, r *http.Request, what string) {
	raw, _ := io.ReadAll(r.Body)
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var in []map[string]any
	if err := d.Decode(&in); err != nil {
		c.t.Errorf("body of POST %s: %v", what, err)
	}
	made := []any{}
	for i, m := range in {
		c.nextID++
		id := c.nextID
		m["id"], m["created_at"], m["updated_at"] = id, time.Now().Unix(), time.Now().Unix()
		name := what
		switch what {
		case "contacts":
			for _, f := range asList(m["custom_fields_values"]) {
				f["field_type"] = "multitext"
			}
			m["_embedded"] = map[string]any{"leads": []any{}}
			c.contacts[id] = m
			c.hidden[id] = true
		case "leads":
			c.leads[id] = m
		case "companies":
			m["_embedded"] = map[string]any{}
			c.firms[id] = m
			c.hidden[id] = true
		case "leads/notes", "contacts/notes":
			name = "notes"
			lead, _ := strconv.ParseInt(fmt.Sprint(m["entity_id"]), 10, 64)
			m["created_by"] = 501
			c.notes[lead] = append(c.notes[lead], m)
		default:
			c.t.Errorf("unknown route POST %s", what)
		}
		made = append(made, map[string]any{"id": id, "request_id": strconv.Itoa(i)})
		what = name
	}
	list(w, what, made)
}

func asList(v any) []map[string]any {
	var out []map[string]any
	items, _ := v.([]any)
	for _, x := range items {
		if m, ok := x.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func sortedKeys(m map[int64]map[string]any) []int64 {
	var out []int64
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func send(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/hal+json")
	_ = json.NewEncoder(w).Encode(v)
}

func one(w http.ResponseWriter, m map[string]any) {
	if m == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	send(w, m)
}

func list(w http.ResponseWriter, name string, items any) {
	raw, _ := json.Marshal(items)
	if s := string(raw); s == "null" || s == "[]" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	send(w, map[string]any{"_page": 1, "_links": map[string]any{}, "_embedded": map[string]any{name: items}})
}
