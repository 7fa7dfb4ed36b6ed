package amocrm

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

// What published clients ask for, beyond the entities that this server keeps.

func TestAPI_kindsThatAreNotKeptAreEmptyLists(t *testing.T) {
	b := startAPI(t, false)
	for _, path := range []string{
		"/roles", "/sources", "/customers", "/customers/segments?page=1&limit=50", "/customers/custom_fields", "/customers/statuses", "/contacts/chats?contact_id=2001",
		"/leads/3001/files", "/contacts/2001/subscriptions",
	} {
		b.do("GET", path, "").want(204)
	}
	b.do("GET", "/customers?limit=251", "").want(422)
	b.do("GET", "/leads/3001/nothing", "").want(404)
}

func TestAPI_linksAndWebhooksAreEmptyListsWhenThereAreNone(t *testing.T) {
	b := startAPI(t, false)
	lone := b.do("POST", "/leads", `[{"name":"Lone"}]`).want(200).id("_embedded.leads.0.id")
	for path, key := range map[string]string{
		fmt.Sprintf("/leads/%d/links", lone):                   "links",
		fmt.Sprintf("/leads/links?filter[entity_id]=%d", lone): "links",
		"/webhooks": "webhooks",
		"/webhooks?filter[destination]=https://example.com/none": "webhooks",
	} {
		b.do("GET", path, "").want(200).is("_total_items", 0).is("_embedded", obj{key: []any{}})
	}
}

func TestAPI_accountTellsItsUUIDByItself(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/account?with=version&with=uuid", "").want(200).is("uuid", "11403fb2-ca06-50a5-b645-b48f3a87fd8e").is("version", 16).is("amojo_id", nil)
}

func TestAPI_fieldGroupByItsTextualID(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/leads/custom_fields/groups/default", "").want(200).is("id", "default").is("entity_type", "leads")
	b.do("GET", "/leads/custom_fields/groups/leads_1", "").want(404)
}

func TestAPI_callNoteNeedsNoSource(t *testing.T) {
	b := startAPI(t, false)
	b.do("POST", "/leads/3001/notes", `[{"note_type":"call_in","params":{"uniq":"u","duration":1,"source":null,"link":null,"phone":"+79990000001"}}]`).want(200)
	b.do("POST", "/leads/3001/notes", `[{"note_type":"call_in","params":{"duration":1}}]`).refused("0", edit.CodeMissing, "params.phone")
}

func TestAPI_readsTellDeletedAndLabour(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/contacts/2001", "").want(200).is("is_deleted", false).is("is_unsorted", false)
	b.do("GET", "/companies/2101", "").want(200).is("is_deleted", false)
	if lead := b.do("GET", "/leads/3001", "").want(200).value().(obj); lead["labor_cost"] != nil || lead["is_deleted"] != false {
		t.Errorf("labor_cost %v, is_deleted %v", lead["labor_cost"], lead["is_deleted"])
	}
}

func TestGate_accountIsFoundBySubdomainAndLinksKeepTheClientsBase(t *testing.T) {
	b := start(t, nil)
	second := b.control("POST", "grant", map[string]any{"account": "second"})["access_token"].(string)
	for _, c := range []struct {
		scheme string
		header []string
	}{{"http", nil}, {"https", []string{"X-Forwarded-Proto", "https"}}} {
		header := append([]string{"Authorization", "Bearer " + second}, c.header...)
		r := b.do("GET", "Second.amocrm.ru", "/api/v4/leads/311", nil, header...)
		wantStatus(t, r, http.StatusOK)
		want := c.scheme + "://Second.amocrm.ru/api/v4/leads/311"
		if got := r.json(t)["_links"].(map[string]any)["self"].(map[string]any)["href"]; got != want {
			t.Errorf("self %v, want %s", got, want)
		}
	}
	wantStatus(t, b.do("GET", "first.amocrm.ru", "/api/v4/leads/311", nil, "Authorization", "Bearer "+second), http.StatusUnauthorized)
}

func TestOAuth_resourceOwnerIsWhoGranted(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	owner := b.api("GET", "/v3/user", access, nil).json(t)
	if owner["id"] != 101.0 || owner["name"] != "Anna Admin" || owner["email"] != "anna@example.com" {
		t.Errorf("owner %v", owner)
	}
	wantStatus(t, b.api("GET", "/v3/user", "x", nil), http.StatusUnauthorized)
	wantStatus(t, b.do("GET", secondHost, "/v3/user", nil, "Authorization", "Bearer "+access), http.StatusUnauthorized)
	b.control("POST", "expire", nil)
	wantStatus(t, b.api("GET", "/v3/user", access, nil), http.StatusUnauthorized)
}

func TestFaults_rateIsSwitchedPutBackAndOutlivesAReset(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	burst := func(n int) (limited int) {
		for range n {
			if b.api("GET", account, access, nil).status == http.StatusTooManyRequests {
				limited++
			}
		}
		return limited
	}
	if got := b.control("POST", "faults", map[string]any{"rate_per_second": 20})["rate_per_second"]; got != 20.0 {
		t.Errorf("rate_per_second %v, want 20", got)
	}
	if n := burst(21); n != 1 { // the test's clock stands
		t.Errorf("%d of 21 limited, want 1", n)
	}
	if got := b.control("DELETE", "faults", nil)["rate_per_second"]; got != 7.0 {
		t.Errorf("cleared: rate_per_second %v, want 7", got)
	}
	if n := burst(1); n != 1 {
		t.Error("not limited after the threshold was put back")
	}
	b.control("POST", "faults", map[string]any{"rate_per_second": 30})
	b.control("POST", "reset", nil)
	if got := b.control("GET", "info", nil)["rate_per_second"]; got != 30.0 {
		t.Errorf("after a reset: rate_per_second %v, want 30", got)
	}
	r := b.do("POST", firstHost, "/_sandbox/faults", `{"rate_per_second":0}`)
	if r.status != http.StatusBadRequest || !strings.Contains(string(r.body), "rate_per_second: accepted is 1 to 1000000") {
		t.Errorf("%d %s", r.status, r.body)
	}
}
