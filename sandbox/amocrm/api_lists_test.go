package amocrm

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func TestAPI_searchFindsNearMissesToo(t *testing.T) {
	b := startAPI(t, false)
	everybody := []int64{kIvan, kAnna, kLone}
	for query, want := range map[string][]int64{
		"9991234567":       {kIvan},
		"+7 999 123 45 67": {kIvan},
		"123-45-67":        {kIvan},
		"8(999)1234567":    nil,     // stored with +7: another text
		"4567":             {kAnna}, // too short for digits, and Ivan has "45-67"
		"345":              nil,     // "3-45" as stored, and too short for digits
		"12345":            {kIvan},
		"иВАн":             {kIvan},
		"IVAN@example.COM": {kIvan},
		"example.com":      {kIvan},
		"2002":             {kAnna},
		"999":              {kIvan, kAnna},
		"99976":            {kAnna},
		"":                 everybody,
		"  ":               everybody,
	} {
		got := b.do("GET", "/contacts?query="+url.QueryEscape(query), "").ids("contacts")
		if !slices.Equal(got, want) {
			t.Errorf("query %q finds %v, want %v", query, got, want)
		}
	}
	if got := b.do("GET", "/leads?query=fen", "").ids("leads"); !slices.Equal(got, []int64{lFence}) {
		t.Errorf("leads by name: %v", got)
	}
	if got := b.do("GET", "/leads?query=web", "").ids("leads"); !slices.Equal(got, []int64{lFence}) {
		t.Errorf("leads by a choice's text: %v", got)
	}
}

func TestAPI_newContactsAreFoundAfterTheIndexLag(t *testing.T) {
	b := startAPI(t, true)
	b.s.state.Write(func(w *world.World) { w.IndexLag = 2 * time.Second })
	id := b.do("POST", "/contacts", `[{"name":"Fresh","created_at":1000}]`).want(200).id("_embedded.contacts.0.id")
	b.do("GET", "/contacts?query=fresh", "").want(204)
	b.do("GET", fmt.Sprintf("/contacts/%d", id), "").want(200)
	b.do("GET", fmt.Sprintf("/contacts?filter[id]=%d", id), "").want(200)
	b.do("GET", "/contacts?query=lone", "").want(200)
	b.wait(2 * time.Second)
	b.do("GET", "/contacts?query=fresh", "").want(200)
}

func TestAPI_filtersAreIgnoredWithoutTheOption(t *testing.T) {
	off, on := startAPI(t, false), startAPI(t, true)
	off.do("GET", "/account?with=is_api_filter_enabled", "").is("is_api_filter_enabled", false)
	on.do("GET", "/account?with=is_api_filter_enabled", "").is("is_api_filter_enabled", true)
	all := []int64{lFence, lRoof, lBin}
	for filter, want := range map[string][]int64{
		"filter[id][]=3001&filter[id][]=3003": {lFence, lBin},
		"filter[id][0]=3002":                  {lRoof},
		"filter[id]=3002,3003":                {lRoof, lBin},
		"filter[id]=x":                        nil,
		"filter[name]=Fence":                  {lFence},
		"filter[pipeline_id][0]=502":          {lRoof},
		"filter[statuses][0][pipeline_id]=501&filter[statuses][0][status_id]=602":              {lFence},
		"filter[statuses][0][pipeline_id]=502&filter[statuses][0][status_id]=602":              nil,
		"filter[price][from]=50&filter[price][to]=999":                                         {lRoof},
		"filter[responsible_user_id]=102":                                                      {lRoof},
		"filter[custom_fields_values][704][]=711":                                              {lFence},
		"filter[custom_fields_values][704][]=712":                                              nil,
		"filter[created_at][from]=1":                                                           all,
		"filter[created_at][to]=1":                                                             nil,
		"filter[closed_at][from]=1":                                                            {lRoof},
		"filter[closest_task_at][from]=1":                                                      {lFence},
		"filter[id][]=3001&filter[name]=Roof":                                                  nil,
		"filter%5Bid%5D%5B%5D=3001":                                                            {lFence},
		"filter[statuses][0][pipeline_id]=501&filter[statuses][0][status_id]=142&filter[id]=1": nil,
	} {
		if got := off.do("GET", "/leads?"+filter, "").want(200).ids("leads"); !slices.Equal(got, all) {
			t.Errorf("without the option %s gives %v", filter, got)
		}
		if got := on.do("GET", "/leads?"+filter, "").ids("leads"); !slices.Equal(got, want) {
			t.Errorf("%s gives %v, want %v", filter, got, want)
		}
	}
	if got := on.do("GET", "/contacts?filter[id][]=2003&filter[id][]=2001", "").ids("contacts"); !slices.Equal(got, []int64{kIvan, kLone}) {
		t.Errorf("contacts by id: %v", got)
	}
}

func TestAPI_notesTasksAndEventsFilterAlways(t *testing.T) {
	b := startAPI(t, false)
	b.do("POST", fmt.Sprintf("/leads/%d/notes", lRoof), `[{"note_type":"service_message","params":{"service":"s","text":"x"}}]`).want(200)
	b.do("GET", "/leads/notes?filter[note_type][]=service_message", "").want(200).is("_embedded.notes.0.entity_id", lRoof).is("_embedded.notes.1", nil)
	b.do("GET", fmt.Sprintf("/leads/notes?filter[entity_id][]=%d", lFence), "").want(200).is("_embedded.notes.0.params.text", "hello").is("_embedded.notes.1", nil)
	b.do("GET", "/tasks?filter[is_completed]=0", "").want(200).is("_embedded.tasks.0.text", "Call").is("_embedded.tasks.1", nil)
	b.do("GET", fmt.Sprintf("/tasks?filter[entity_type]=leads&filter[entity_id][]=%d", lRoof), "").want(200).is("_embedded.tasks.0.text", "Done").
		is("_embedded.tasks.0.result", []any{}).is("_embedded.tasks.1", nil)
	b.do("GET", "/events?filter[type]=task_completed,lead_added&filter[entity][]=lead&filter[entity_id][]=3002", "").want(200).
		is("_embedded.events.0.type", "task_completed").is("_embedded.events.1.type", "lead_added").is("_embedded.events.2", nil)
	b.do("GET", "/events?filter[entity_id][]=3002", "").want(400)
	b.do("GET", "/events?filter[created_at][from]=9999999999", "").want(204)
	b.do("GET", "/events?filter[value_after][leads_statuses][0][pipeline_id]=502&filter[value_after][leads_statuses][0][status_id]=143", "").want(200).
		is("_embedded.events.0.entity_id", lRoof).is("_embedded.events.1", nil)
}

func TestAPI_pagesFollowEachOther(t *testing.T) {
	b := startAPI(t, false)
	for range 5 {
		b.do("POST", "/contacts", `[{"name":"x"}]`).want(200)
	}
	first := b.do("GET", "/contacts?limit=3&with=leads", "").want(200).is("_page", 1).is("_links.prev", nil).is("_links.first", nil)
	next, _ := first.get("_links.next.href").(string)
	var seen []int64
	seen = append(seen, first.ids("contacts")...)
	var last answer
	for range 5 {
		if next == "" {
			break
		}
		u, err := url.Parse(next)
		if err != nil {
			t.Fatal(err)
		}
		if u.Query().Get("with") != "leads" || u.Query().Get("limit") != "3" {
			t.Errorf("the next link forgets parameters: %s", next)
		}
		last = b.do("GET", strings.TrimPrefix(u.RequestURI(), "/api/v4"), "").want(200)
		seen = append(seen, last.ids("contacts")...)
		next, _ = last.get("_links.next.href").(string)
	}
	if len(seen) != 8 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 8 {
		t.Errorf("walked over %v", seen)
	}
	last.is("_links.next", nil).is("_page", 3)
	for _, key := range []string{"_total_items", "_page_count"} {
		if _, there := first.value().(map[string]any)[key]; there {
			t.Errorf("contacts tell %s", key)
		}
	}
	b.do("GET", "/users?limit=3", "").want(200).is("_total_items", 4).is("_page_count", 2).is("_page", 1)
	b.do("GET", "/contacts?order[id]=desc&limit=1", "").want(200).is("_embedded.contacts.0.id", float64(seen[7]))
}

func TestAPI_customFieldsComeFiftyAPage(t *testing.T) {
	b := startAPI(t, false)
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"name":"f","type":"text"},`, 60), ",") + "]"
	b.do("POST", "/leads/custom_fields", many).want(201)
	first := b.do("GET", "/leads/custom_fields", "").want(200).is("_total_items", 68).is("_page_count", 2)
	if n := len(first.ids("custom_fields")); n != 50 {
		t.Errorf("%d fields on the first page", n)
	}
	first.keysLike("custom-fields-list", append(fieldKeysOfToday("_embedded.custom_fields.*."), "_links.next", "_links.last")...)
	if n := len(b.do("GET", "/leads/custom_fields?page=2", "").want(200).is("_links.next", nil).ids("custom_fields")); n != 18 {
		t.Errorf("%d fields on the second page", n)
	}
}

func TestAPI_embeddedPeopleComeWhenAskedFor(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/leads/%d", lFence)
	b.do("GET", path, "").want(200).is("_embedded.contacts", nil).is("_embedded.companies.0.id", coWorks)
	b.do("GET", path+"?with=contacts", "").want(200).is("_embedded.contacts.0.id", kIvan).is("_embedded.contacts.0.is_main", true).
		is("_embedded.contacts.1.is_main", false)
	b.do("GET", fmt.Sprintf("/contacts/%d?with=leads", kIvan), "").want(200).is("_embedded.leads.0.id", lFence).is("_embedded.leads.1.id", lRoof).
		is("closest_task_at", nil).is("_embedded.companies.0.id", coWorks)
	b.do("GET", fmt.Sprintf("/contacts/%d?with=leads", kLone), "").want(200).is("_embedded.leads", []any{})
	b.do("GET", fmt.Sprintf("/leads/%d?with=loss_reason", lRoof), "").want(200).is("_embedded.loss_reason.0.name", "Too expensive").is("loss_reason_id", lossPrice)
	b.do("GET", path+"?with=loss_reason", "").want(200).is("_embedded.loss_reason", []any{}).is("closed_at", nil)
}

func TestAPI_onlyDeletedShowsTheBin(t *testing.T) {
	b := startAPI(t, false)
	uid, _ := b.do("GET", "/leads/unsorted", "").get("_embedded.unsorted.0.uid").(string)
	b.do("DELETE", "/leads/unsorted/"+uid+"/decline", "").want(200)
	b.do("GET", fmt.Sprintf("/leads/%d", lBin), "").want(204)
	b.do("GET", "/leads?with=only_deleted", "").want(200).is("_embedded.leads.0.id", lBin).is("_embedded.leads.0.name", nil).
		is("_embedded.leads.0.is_deleted", true).is("_embedded.leads.1", nil)
}
