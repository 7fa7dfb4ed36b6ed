package amocrm

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

func TestAPI_nothingFoundIs204(t *testing.T) {
	b := startAPI(t, false)
	for _, path := range []string{
		"/contacts/9", "/leads/9", "/companies/9", "/contacts?query=nobody-has-this", "/leads?page=99", "/companies?page=9223372036854775807",
		"/leads/9/notes", "/companies/notes", "/tasks?filter[id]=9", "/events?filter[type]=robot_replied", "/companies/tags",
		"/leads/unsorted?filter[category][]=mail",
	} {
		b.do("GET", path, "").want(http.StatusNoContent)
	}
}

func TestAPI_aFinalSlashChangesNothing(t *testing.T) {
	b := startAPI(t, false)
	for _, path := range []string{"/users/", "/users/101/", "/leads/", "/leads/3001/notes/", "/leads/pipelines/", "/account/?with=version"} {
		b.do("GET", path, "").want(200)
	}
	b.do("DELETE", "/leads/", "").want(405)
}

func TestAPI_unknownSubObjectIs404(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/leads/pipelines/9", "").want(404).is("detail", "Pipeline not found").keysLike("error-404-pipeline")
	b.do("GET", "/leads/pipelines/9/statuses", "").want(404).is("detail", "Pipeline not found")
	for _, path := range []string{
		fmt.Sprintf("/leads/pipelines/%d/statuses/9", pSales), "/leads/notes/9", "/tasks/9", "/events/nope", "/users/9",
		"/leads/custom_fields/9", "/leads/loss_reasons/9", "/leads/unsorted/nope", "/leads/9/links",
	} {
		b.do("GET", path, "").want(404)
	}
	b.do("DELETE", "/webhooks", `{"destination":"https://example.com/none"}`).want(404)
}

func TestAPI_unknownRouteIs404AndWrongMethodIs405(t *testing.T) {
	b := startAPI(t, false)
	for _, path := range []string{"/nothing", "/leads/x", "/leads/1/nothing", "/leads/notes/notes", "/leads/1/notes/x", "/"} {
		b.do("GET", path, "").want(404).is("title", "Not Found")
	}
	for path, method := range map[string]string{
		"/contacts/2001": "POST", "/leads": "DELETE", "/account": "PATCH", "/leads/1/notes": "DELETE", "/leads/notes/1": "DELETE",
		"/leads/complex": "PATCH", "/leads/unsorted/abc/decline": "GET",
	} {
		a := b.do(method, path, "{}").want(405).is("title", "Method Not Allowed")
		if a.header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow header", method, path)
		}
	}
}

func TestAPI_limitsArePolicedWith422(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/contacts?limit=250", "").want(200)
	b.do("GET", "/contacts?limit=251", "").want(422).is("detail", "Limit 250 per page")
	b.do("GET", "/leads/custom_fields?limit=500", "").want(422)
	b.do("GET", "/events?limit=100", "").want(200)
	b.do("GET", "/events?limit=101", "").want(422).is("detail", "Limit 100 per page")
	many := "[" + strings.Repeat(`{"name":"x"},`, 50) + `{"name":"x"}]`
	b.do("POST", "/leads/complex", many).want(422)
	b.do("POST", "/leads", many).want(200)
	b.do("POST", "/leads", "["+strings.Repeat(`{"name":"x"},`, 250)+`{"name":"x"}]`).want(422)
}

func TestAPI_emptyAndBrokenBodies(t *testing.T) {
	b := startAPI(t, false)
	for _, body := range []string{"", "  ", "[]", "null", "{}"} {
		b.do("POST", "/leads", body).want(400).is("detail", "Request data blank")
	}
	b.do("PATCH", fmt.Sprintf("/leads/%d", lFence), "{}").want(400).is("detail", "Request data blank")
	for _, body := range []string{`{"name":"x"}`, `["x"]`, `[{"name":"x"}`, `[{"name":"x"}] x`, `"x"`} {
		b.do("POST", "/leads", body).want(400).is("detail", "Invalid request body")
	}
	b.do("PATCH", fmt.Sprintf("/leads/%d", lFence), `[{"price":1}]`).want(400)
}

func TestAPI_ordinaryUsersAreKeptFromAdministration(t *testing.T) {
	b := startAPI(t, false)
	b.user = uPlain
	for call, body := range map[string]string{
		"GET /users": "", "GET /users/101": "", "GET /webhooks": "", "POST /webhooks": `{"destination":"https://example.com","settings":["add_lead"]}`,
		"DELETE /webhooks": `{"destination":"https://example.com"}`, "POST /leads/custom_fields": `[{"name":"a","type":"text"}]`,
		"DELETE /leads/custom_fields/701": "",
	} {
		method, path, _ := strings.Cut(call, " ")
		b.do(method, path, body).want(403).is("status", 403)
	}
	b.do("GET", "/account", "").want(200).is("current_user_id", uPlain)
	b.do("GET", "/leads/custom_fields/701", "").want(200)
}

func TestAPI_accountsDoNotSeeEachOther(t *testing.T) {
	b := startAPI(t, false)
	b.at(otherHost, "GET", "/account", "").want(200).is("id", 31000002).is("_links.self.href", "http://"+otherHost+"/api/v4/account")
	b.at(otherHost, "GET", fmt.Sprintf("/contacts/%d", kIvan), "").want(204)
	b.at(otherHost, "GET", "/leads", "").want(204)
	b.at(otherHost, "POST", "/leads/complex", fmt.Sprintf(`[{"name":"x","_embedded":{"contacts":[{"id":%d}]}}]`, kIvan)).
		refused("0", edit.CodeChoice, "_embedded.contacts.0.id")
	b.at(otherHost, "POST", "/leads", fmt.Sprintf(`[{"pipeline_id":%d,"status_id":%d,"responsible_user_id":%d,"custom_fields_values":[{"field_id":%d,"values":[{"value":"x"}]}]}]`,
		pSales, stFirst, uAdmin, fText)).refused("0", edit.CodeChoice, "pipeline_id").refused("0", edit.CodeChoice, "responsible_user_id").
		refused("0", edit.CodeChoice, "custom_fields_values.0.field_id")
	b.at(otherHost, "PATCH", "/leads", fmt.Sprintf(`[{"id":%d,"price":1}]`, lFence)).refused("0", edit.CodeChoice, "id")
	made := b.at(otherHost, "POST", "/leads", `[{}]`).want(200).id("_embedded.leads.0.id")
	b.at(otherHost, "GET", fmt.Sprintf("/leads/%d", made), "").want(200).is("name", fmt.Sprintf("Lead #%d", made)).is("status_id", 611)
	b.do("GET", fmt.Sprintf("/leads/%d", made), "").want(204)
	b.do("GET", fmt.Sprintf("/events?filter[entity]=lead&filter[entity_id]=%d", made), "").want(204)
}

func TestAPI_linksUseTheHostOfTheRequest(t *testing.T) {
	b := startAPI(t, false)
	a := b.at("localhost:9999", "GET", "/leads?limit=1&page=2", "").want(200)
	for _, link := range []string{"_links.self.href", "_links.next.href", "_links.prev.href", "_links.first.href", "_embedded.leads.0._links.self.href"} {
		if s, _ := a.get(link).(string); !strings.HasPrefix(s, "http://localhost:9999/api/v4/leads") {
			t.Errorf("%s is %q", link, s)
		}
	}
}

func TestAPI_routesAreCountedByTheirOwnNames(t *testing.T) {
	b := startAPI(t, false)
	for path, want := range map[string]string{
		"/leads/1/notes": "GET /api/v4/leads/{id}/notes", "/leads/notes/7": "GET /api/v4/leads/notes/{note}",
		"/leads/pipelines/3": "GET /api/v4/leads/pipelines/{id}", "/contacts/5": "GET /api/v4/contacts/{id}",
		"/users/": "GET /api/v4/users", "/leads/1/links/": "GET /api/v4/leads/{id}/links",
	} {
		if got := b.do("GET", path, "").header.Get("X-Test-Route"); got != want {
			t.Errorf("%s is counted as %q, want %q", path, got, want)
		}
	}
}

func TestAPI_parallelCallersDoNotRace(t *testing.T) {
	b := startAPI(t, true)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 10 {
				b.do("POST", "/leads/complex", fmt.Sprintf(`[{"name":"n%d","tags_to_add":[{"name":"t%d"}],"_embedded":{"contacts":[{"name":"c","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"+79990001122"}]}]}]}}]`, i, i))
				b.do("PATCH", fmt.Sprintf("/leads/%d", lFence), fmt.Sprintf(`{"price":%d,"tags_to_add":[{"name":"x%d"}]}`, i, i))
				b.do("GET", "/leads?with=contacts&query=n", "")
				b.do("GET", "/contacts?with=leads&query=9990001122", "")
				b.do("GET", "/events?limit=100", "")
			}
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, id := range b.do("GET", "/leads?limit=250", "").want(200).ids("leads") {
		if seen[id] {
			t.Fatalf("lead %d is listed twice", id)
		}
		seen[id] = true
	}
	if len(seen) != 83 {
		t.Errorf("%d leads, want 83", len(seen))
	}
}
