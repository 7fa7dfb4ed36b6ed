package amocrm

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// remove puts something into the bin by the control route.
func (b *bench) remove(entity string, id int64) {
	b.t.Helper()
	if got := b.control("POST", "delete", map[string]any{"account": "first", "entity": entity, "id": id})["deleted"]; got != float64(id) {
		b.t.Fatalf("deleted %v, want %d", got, id)
	}
}

// wantNoLinks fails unless the list of links is an empty one.
func (b *bench) wantNoLinks(path, access string) {
	b.t.Helper()
	if n := b.api("GET", path, access, nil).json(b.t)["_total_items"]; n != 0.0 {
		b.t.Errorf("%s: %v links", path, n)
	}
}

func TestDelete_contactIsGoneFromApiLinksAndLists(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	b.remove("contacts", 201)
	for _, path := range []string{"/api/v4/contacts/201", "/api/v4/contacts", "/api/v4/contacts?query=0000001"} {
		wantStatus(t, b.api("GET", path, access, nil), http.StatusNoContent)
	}
	b.wantNoLinks("/api/v4/leads/301/links", access)
	lead := b.api("GET", "/api/v4/leads/301?with=contacts", access, nil).json(t)
	if left := lead["_embedded"].(map[string]any)["contacts"].([]any); len(left) != 0 {
		t.Errorf("the lead still has %v", left)
	}
	wantStatus(t, b.api("PATCH", "/api/v4/contacts/201", access, `{"name":"x"}`), http.StatusBadRequest)
	events := b.api("GET", "/api/v4/events?filter[type]=contact_deleted", access, nil).json(t)
	e := events["_embedded"].(map[string]any)["events"].([]any)[0].(map[string]any)
	if e["entity_id"] != 201.0 || e["entity_type"] != "contact" || len(e["value_after"].([]any)) != 0 || e["created_by"] != 101.0 {
		t.Errorf("event %v", e)
	}
}

func TestDelete_leadIsGoneAndListedAsDeletedOnly(t *testing.T) {
	b := start(t, nil)
	rc := receive(t, 200)
	access, _ := b.grant()
	b.subscribe(access, rc.url, "delete_lead", "update_lead")
	b.remove("leads", 301)
	if got := rc.wait(t, 0); valueOf(got, "leads[delete][0][id]") != "301" {
		t.Errorf("webhook %v", got)
	}
	for _, path := range []string{"/api/v4/leads/301", "/api/v4/leads"} {
		wantStatus(t, b.api("GET", path, access, nil), http.StatusNoContent)
	}
	b.wantNoLinks("/api/v4/contacts/201/links", access)
	contact := b.api("GET", "/api/v4/contacts/201?with=leads", access, nil).json(t)
	if left := contact["_embedded"].(map[string]any)["leads"].([]any); len(left) != 0 {
		t.Errorf("the contact still has %v", left)
	}
	bin := b.api("GET", "/api/v4/leads?with=only_deleted", access, nil).json(t)
	if l := bin["_embedded"].(map[string]any)["leads"].([]any)[0].(map[string]any); l["id"] != 301.0 || l["is_deleted"] != true {
		t.Errorf("bin holds %v", l)
	}
	wantStatus(t, b.api("GET", "/api/v4/events?filter[type]=lead_deleted", access, nil), http.StatusOK)
}

func TestDelete_leavesTheOtherContactsWithOneMain(t *testing.T) {
	b := startAPI(t, true)
	b.s.state.Write(func(w *world.World) {
		a := w.Accounts[0]
		if !b.s.editor.BinByHand(w, a, "contacts", kIvan) || b.s.editor.BinByHand(w, a, "contacts", kIvan) {
			t.Error("a contact is deleted once")
		}
	})
	b.do("GET", "/leads/3001?with=contacts", "").want(200).is("_embedded.contacts.0.id", kAnna).
		is("_embedded.contacts.0.is_main", true).is("_embedded.contacts.1", nil)
}

func TestDelete_wrongInputNamesTheField(t *testing.T) {
	b := start(t, nil)
	for body, want := range map[string]string{
		`{"entity":"tasks","id":1}`:                      `entity: accepted is \"contacts\" or \"leads\"`,
		`{"entity":"leads"}`:                             "id: there is no 0 among the leads",
		`{"entity":"leads","id":311}`:                    "id: there is no 311 among the leads",
		`{"entity":"leads","id":"x"}`:                    "id: accepted is",
		`{"account":"third","entity":"leads","id":301}`:  "account: no account",
		`{"entity":"contacts","id":201,"forever":false}`: "account, entity, id",
	} {
		r := b.do("POST", firstHost, "/_sandbox/delete", body)
		if r.status != http.StatusBadRequest || !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %d %s, want 400 with %s", body, r.status, r.body, want)
		}
	}
}

func TestWeb_deleteButtonPutsIntoTheBin(t *testing.T) {
	b := start(t, nil)
	for _, c := range []struct{ card, list string }{{"/leads/detail/301", "/leads/"}, {"/contacts/detail/201", "/contacts/"}} {
		if page := string(b.do("GET", firstHost, c.card, nil).body); !strings.Contains(page, `action="`+c.card+`/delete"`) {
			t.Fatalf("%s has no button:\n%s", c.card, page)
		}
		wantStatus(t, b.do("POST", firstHost, c.card+"/delete", "", "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
		wantStatus(t, b.do("GET", firstHost, c.card, nil), http.StatusOK)
		r := b.do("POST", firstHost, c.card+"/delete", "")
		wantStatus(t, r, http.StatusSeeOther)
		if to := r.header.Get("Location"); to != c.list {
			t.Errorf("leads to %s, want %s", to, c.list)
		}
		wantStatus(t, b.do("GET", firstHost, c.card, nil), http.StatusNotFound)
		wantStatus(t, b.do("POST", firstHost, c.card+"/delete", ""), http.StatusNotFound)
	}
}
