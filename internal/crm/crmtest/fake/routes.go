package fake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *CRM) route(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/api/v4"), "/"), "/")
	id := int64(0)
	if len(path) > 1 {
		id, _ = strconv.ParseInt(path[1], 10, 64)
	}
	switch route := r.Method + " " + strings.Join(path, "/"); {
	case route == "GET account":
		send(w, map[string]any{"id": 7, "name": "Example", "country": c.Country, "currency": "RUB", "current_user_id": 501,
			"is_api_filter_enabled": c.Claims, "_embedded": map[string]any{"datetime_settings": map[string]any{"timezone": "Europe/Moscow"}}})
	case route == "GET users":
		list(w, "users", []any{user(501, "Irina Agent", true), user(502, "Oleg Gone", false)})
	case route == "GET leads/pipelines":
		list(w, "pipelines", json.RawMessage(Pipelines))
	case route == "GET leads/custom_fields":
		list(w, "custom_fields", json.RawMessage(LeadFields))
	case route == "GET contacts/custom_fields":
		list(w, "custom_fields", json.RawMessage(ContactFields))
	case route == "GET contacts":
		c.search(w, r, "contacts", c.Contacts)
	case route == "GET companies" && r.URL.Query().Has("query"):
		c.search(w, r, "companies", c.Companies)
	case route == "GET companies":
		list(w, "companies", c.filtered(r, c.Companies))
	case r.Method == "GET" && path[0] == "companies" && len(path) == 2:
		one(w, c.Companies[id])
	case r.Method == "POST" && path[0] == "contacts" && len(path) == 3 && path[2] == "link":
		c.link(w, r, id)
	case r.Method == "GET" && path[0] == "contacts" && len(path) == 2:
		one(w, c.Contacts[id])
	case route == "GET leads":
		c.listLeads(w, r)
	case r.Method == "GET" && path[0] == "leads" && len(path) == 2:
		one(w, c.Leads[id])
	case r.Method == "GET" && len(path) == 3 && path[2] == "notes":
		list(w, "notes", c.Notes[id])
	case route == "GET events":
		list(w, "events", c.Events)
	case r.Method == "POST" && len(path) <= 2:
		c.create(w, r, strings.Join(path, "/"))
	default:
		c.T.Errorf("unknown route %s", route)
		w.WriteHeader(http.StatusNotFound)
	}
}

func user(id int, name string, active bool) map[string]any {
	return map[string]any{"id": id, "name": name, "rights": map[string]any{"is_active": active, "is_free": false, "is_admin": true}}
}

func (c *CRM) search(w http.ResponseWriter, r *http.Request, name string, all map[int64]map[string]any) {
	q := r.URL.Query().Get("query")
	if q == "" {
		c.T.Errorf("search without a query: %s", r.URL)
	}
	var found []map[string]any
	for _, id := range slices.Sorted(maps.Keys(all)) {
		raw, _ := json.Marshal(all[id])
		plain := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(string(raw))
		if !c.Hidden[id] && (strings.Contains(strings.ToLower(string(raw)), strings.ToLower(q)) || strings.Contains(plain, q)) {
			found = append(found, all[id])
		}
	}
	list(w, name, found)
}

// filtered lists what filter[id][] asks for, or everything when there is no filter.
func (c *CRM) filtered(r *http.Request, all map[int64]map[string]any) []map[string]any {
	ids := r.URL.Query()["filter[id][]"]
	var found []map[string]any
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if !c.Hidden[id] && (len(ids) == 0 || !c.Filter || slices.Contains(ids, strconv.FormatInt(id, 10))) {
			found = append(found, all[id])
		}
	}
	return found
}

// link joins a contact to a company.
func (c *CRM) link(w http.ResponseWriter, r *http.Request, contact int64) {
	var in []struct {
		To   int64  `json:"to_entity_id"`
		Type string `json:"to_entity_type"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in) != 1 || in[0].Type != "companies" ||
		c.Contacts[contact] == nil || c.Companies[in[0].To] == nil {
		c.T.Errorf("link of contact %d: %+v, %v", contact, in, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.Contacts[contact]["_embedded"].(map[string]any)["companies"] = []any{map[string]any{"id": in[0].To}}
	list(w, "links", []any{map[string]any{"entity_id": contact, "to_entity_id": in[0].To, "metadata": nil}})
}

func (c *CRM) listLeads(w http.ResponseWriter, r *http.Request) {
	found := c.filtered(r, c.Leads)
	if r.URL.Query().Get("order[created_at]") == "desc" {
		slices.SortStableFunc(found, func(a, b map[string]any) int { return cmp.Compare(unix(b), unix(a)) })
	}
	list(w, "leads", found)
}

func unix(m map[string]any) int64 {
	n, _ := strconv.ParseInt(fmt.Sprint(m["created_at"]), 10, 64)
	return n
}

func (c *CRM) create(w http.ResponseWriter, r *http.Request, what string) {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	var in []map[string]any
	if err := d.Decode(&in); err != nil {
		c.T.Errorf("body of POST %s: %v", what, err)
	}
	made := []any{}
	for i, m := range in {
		c.nextID++
		id := c.nextID
		m["id"], m["created_at"], m["updated_at"] = id, time.Now().Unix(), time.Now().Unix()
		name := what
		switch what {
		case "contacts":
			fields, _ := m["custom_fields_values"].([]any)
			for _, f := range fields {
				f.(map[string]any)["field_type"] = "multitext"
			}
			m["_embedded"] = map[string]any{"leads": []any{}}
			c.Contacts[id] = m
			c.Hidden[id] = true
		case "leads":
			c.Leads[id] = m
		case "companies":
			m["_embedded"] = map[string]any{}
			c.Companies[id] = m
			c.Hidden[id] = true
		case "leads/notes", "contacts/notes":
			name = "notes"
			lead, _ := strconv.ParseInt(fmt.Sprint(m["entity_id"]), 10, 64)
			m["created_by"] = 501
			c.Notes[lead] = append(c.Notes[lead], m)
		default:
			c.T.Errorf("unknown route POST %s", what)
		}
		made = append(made, map[string]any{"id": id, "request_id": strconv.Itoa(i)})
		what = name
	}
	list(w, what, made)
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

// The vocabulary of the account.
const Pipelines = `[
	{"id":31,"name":"Sales","sort":1,"is_main":true,"_embedded":{"statuses":[
		{"id":310,"name":"Unsorted","sort":10,"type":1,"pipeline_id":31,"color":"#c1c1c1"},
		{"id":311,"name":"First contact","sort":20,"type":0,"pipeline_id":31,"color":"#99CCFF"},
		{"id":312,"name":"Talks","sort":30,"type":0,"pipeline_id":31,"color":"red;}body{"},
		{"id":142,"name":"Won","sort":10000,"type":0,"pipeline_id":31,"color":"#CCFF66"},
		{"id":143,"name":"Lost","sort":11000,"type":0,"pipeline_id":31,"color":"#D5D8DB"}]}},
	{"id":32,"name":"Repairs","sort":2,"is_main":false,"_embedded":{"statuses":[
		{"id":320,"name":"Unsorted","sort":10,"type":1,"pipeline_id":32,"color":"#c1c1c1"},
		{"id":321,"name":"In the workshop","sort":20,"type":0,"pipeline_id":32,"color":"#fffeb2"}]}},
	{"id":33,"name":"Old","sort":3,"is_archive":true,"_embedded":{"statuses":[
		{"id":331,"name":"Somewhere","sort":20,"type":0,"pipeline_id":33,"color":"#fffeb2"}]}}]`

const LeadFields = `[
	{"id":901,"name":"Product","type":"select","sort":1,"enums":[{"id":71,"value":"Lamp","sort":1},{"id":72,"value":"Chair","sort":2}],
		"required_statuses":[{"pipeline_id":31,"status_id":312}]},
	{"id":902,"name":"Deadline","type":"date_time","sort":2,"enums":null,"required_statuses":null},
	{"id":903,"name":"Score","type":"numeric","sort":3,"is_computed":true,"required_statuses":[{"pipeline_id":31,"status_id":312}]},
	{"id":904,"name":"Site","type":"url","sort":4},
	{"id":905,"name":"Budget","type":"monetary","sort":5,"currency":"EUR"},
	{"id":906,"name":"Address","type":"text","sort":6,"required_statuses":[{"pipeline_id":32,"status_id":312},{"pipeline_id":31,"status_id":312}]}]`

const ContactFields = `[
	{"id":801,"name":"Phone","code":"PHONE","type":"multitext","enums":[{"id":1,"value":"WORK"}]},
	{"id":802,"name":"E-mail","code":"EMAIL","type":"multitext","enums":[{"id":2,"value":"WORK"}]},
	{"id":803,"name":"Position","code":"POSITION","type":"text"},
	{"id":804,"name":"IM","code":"IM","type":"multitext","enums":[{"id":5,"value":"SKYPE"},{"id":6,"value":"OTHER"}]}]`
