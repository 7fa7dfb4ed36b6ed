package amocrm

import (
	"testing"
)

func TestAPI_onlyAdministratorsMayWhatTheDocumentationKeepsForThem(t *testing.T) {
	b := startAPI(t, false)
	calls := []struct{ method, path, body string }{
		{"GET", "/users", ""}, {"GET", "/users/101", ""}, {"POST", "/users", "[]"},
		{"GET", "/roles", ""}, {"GET", "/roles/1", ""}, {"POST", "/roles", "[]"},
		{"GET", "/sources", ""}, {"POST", "/sources", "[]"}, {"GET", "/sources/1", ""},
		{"GET", "/contacts/chats?contact_id=2001", ""}, {"POST", "/contacts/chats", "[]"},
		{"GET", "/webhooks", ""}, {"POST", "/webhooks", "{}"}, {"DELETE", "/webhooks", "{}"},
		{"POST", "/leads/pipelines", "[]"}, {"PATCH", "/leads/pipelines/502", `{"name":"x"}`}, {"DELETE", "/leads/pipelines/502", ""},
		{"POST", "/leads/pipelines/501/statuses", "[]"}, {"PATCH", "/leads/pipelines/501/statuses/602", `{"name":"x"}`},
		{"DELETE", "/leads/pipelines/501/statuses/602", ""},
	}
	for _, kind := range []string{"leads", "contacts", "companies", "catalogs/1"} {
		path := "/" + kind + "/custom_fields"
		calls = append(calls, []struct{ method, path, body string }{
			{"POST", path, "[]"}, {"PATCH", path, "[]"}, {"PATCH", path + "/701", "{}"}, {"DELETE", path + "/701", ""},
			{"POST", path + "/groups", "[]"}, {"PATCH", path + "/groups/default", "{}"}, {"DELETE", path + "/groups/default", ""},
		}...)
	}
	for _, user := range []int64{uPlain, uFree} {
		b.user = user
		for _, c := range calls {
			b.do(c.method, c.path, c.body).want(403).is("title", "Forbidden")
		}
	}
	b.user = uAdmin
	b.do("GET", "/leads/pipelines/502", "").want(200).is("name", "After sales")
	b.do("GET", "/leads/pipelines/501/statuses/602", "").want(200).is("name", "Talks")
	b.do("GET", "/roles", "").want(204)
}

func TestAPI_everybodyMayReadPipelinesAndFields(t *testing.T) {
	b := startAPI(t, false)
	b.user = uPlain
	for _, path := range []string{
		"/account", "/leads/pipelines", "/leads/pipelines/501", "/leads/pipelines/501/statuses", "/leads/custom_fields", "/leads/custom_fields/701",
		"/leads/custom_fields/groups", "/leads/custom_fields/groups/default", "/leads/loss_reasons",
	} {
		b.do("GET", path, "").want(200)
	}
	b.do("POST", "/catalogs", `[{"name":"Mine"}]`).want(200)
}
