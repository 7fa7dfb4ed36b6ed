package amocrm

import (
	"net/http"
	"strings"
	"testing"
)

// saysNotKept checks the answer about a kind that this server does not keep.
func (r reply) saysNotKept(t *testing.T, kind string) {
	t.Helper()
	wantStatus(t, r, http.StatusNotImplemented)
	detail, _ := r.json(t)["detail"].(string)
	if r.header.Get("X-Sandbox-Not-Kept") != kind || !strings.Contains(detail, "does not keep "+kind) {
		t.Errorf("header %q, detail %q; want both to name %q", r.header.Get("X-Sandbox-Not-Kept"), detail, kind)
	}
}

func TestAPI_kindsThatAreNotKeptSaySo(t *testing.T) {
	b := startAPI(t, false)
	for _, c := range []struct{ method, path, kind string }{
		{"POST", "/customers", "customers"}, {"GET", "/customers/7", "customers"}, {"PATCH", "/customers/7", "customers"},
		{"POST", "/customers/7/link", "customers"}, {"POST", "/customers/mode", "customers"}, {"GET", "/customers/custom_fields/groups", "customers"},
		{"GET", "/roles/1", "roles"}, {"POST", "/roles", "roles"}, {"POST", "/sources", "sources"}, {"DELETE", "/sources/5", "sources"},
		{"POST", "/contacts/chats", "chats of contacts"}, {"GET", "/talks/1", "talks"}, {"POST", "/talks/1/close", "talks"},
		{"GET", "/chats/templates", "chat templates"}, {"POST", "/short_links", "short links"}, {"GET", "/widgets", "widgets"},
		{"GET", "/website_buttons", "website buttons"}, {"GET", "/files/x/links", "files"}, {"PUT", "/leads/3001/files", "files"},
		{"DELETE", "/contacts/2001/files", "files"}, {"POST", "/leads/3001/subscriptions", "subscriptions"},
		{"POST", "/users", "users made by a program"}, {"GET", "/catalogs/products/settings", "product settings"},
	} {
		a := b.do(c.method, c.path, "[]").want(http.StatusNotImplemented)
		reply{a.status, a.header, a.body}.saysNotKept(t, c.kind)
	}
}

func TestAPI_emptyListsOfKindsThatAreNotKeptSaySo(t *testing.T) {
	b := startAPI(t, false)
	for path, kind := range map[string]string{"/roles": "roles", "/customers": "customers", "/contacts/chats": "chats of contacts", "/leads/3001/files": "files"} {
		if got := b.do("GET", path, "").want(204).header.Get("X-Sandbox-Not-Kept"); got != kind {
			t.Errorf("%s: header %q, want %q", path, got, kind)
		}
	}
	if got := b.do("GET", "/leads?page=9", "").want(204).header.Get("X-Sandbox-Not-Kept"); got != "" {
		t.Errorf("an empty page of leads: header %q, want none", got)
	}
}

func TestAPI_addressesThatAmoCRMDoesNotHaveStayUnknown(t *testing.T) {
	b := startAPI(t, false)
	for _, path := range []string{"/nothing", "/leads/3001/nothing", "/contacts/x/files", "/customer"} {
		if got := b.do("GET", path, "").want(404).header.Get("X-Sandbox-Not-Kept"); got != "" {
			t.Errorf("%s: header %q, want none", path, got)
		}
	}
	b.do("DELETE", "/users", "").want(405)
}

func TestForeign_oldAddressesThatClientsStillAskAreNotKept(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.api("POST", "/api/v2/salesbot/run", access, "[]").saysNotKept(t, "salesbots")
	b.api("GET", "/api/v2/products_settings", access, nil).saysNotKept(t, "product settings")
	wantStatus(t, b.api("POST", "/api/v2/salesbot/run", "x", "[]"), http.StatusUnauthorized)
}
