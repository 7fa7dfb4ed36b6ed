package people

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// The card and a rule's deal find the contact of the local amoCRM exactly when the two have a line in common, whatever amoCRM's own
// search makes of the number.
func TestPeople_hostileTables(t *testing.T) {
	a := crmtest.Sandbox(t)
	read := func(region string) *crm.Account {
		there := a.Tenant()
		there.Settings.Region = region
		return crm.NewAccount(crm.Deps{DB: a.DB(), Cache: a.Cache(), Indexed: 100_000}, there, a.API())
	}
	built := ""
	check := func(code, region, mine, theirs, source string, want bool) {
		t.Helper()
		ctx := context.Background()
		if region != built {
			built = region
			if err := read(region).Index().Visit(ctx); err != nil {
				t.Fatal(err)
			}
		}
		made, err := a.API().CreateContacts(ctx, []amocrm.ContactInput{{Name: "Somebody",
			Fields: []amocrm.FieldInput{{FieldCode: code, Values: []amocrm.ValueInput{{Value: theirs, EnumCode: "WORK"}}}}}})
		if err != nil {
			t.Fatalf("%q: %v", theirs, err)
		}
		id := int64(made[0].ID)
		c := helpdesk.Client{Name: "Somebody", Phones: []string{mine}}
		if code == "EMAIL" {
			c.Phones, c.Emails = nil, []string{mine}
		}
		found, err := New(read(region)).loadPeople(ctx, c, crm.Recalled{}) // past the cache
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(found.Contacts, func(p Person) bool { return p.ID == id }); got != want {
			t.Errorf("%s: client %q, contact %q: on the card %v, want %v (%s)", region, mine, theirs, got, want, source)
		}
		ruled, _, err := New(read(region)).Resolve(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		if got := ruled == id; got != want {
			t.Errorf("%s: client %q, contact %q: of the rule's deal %v, want %v (%s)", region, mine, theirs, got, want, source)
		}
		body, _ := json.Marshal(map[string]any{"entity": "contacts", "id": id})
		resp, err := http.Post(a.API().Base()+"/_sandbox/delete", "application/json", bytes.NewReader(body))
		if err != nil || resp.StatusCode >= 300 {
			t.Fatalf("delete: %v", err)
		}
		_ = resp.Body.Close()
	}
	phones := pairs(t, "phones.tsv")
	slices.SortStableFunc(phones, func(x, y []string) int { return bytes.Compare([]byte(x[1]), []byte(y[1])) })
	for _, p := range phones {
		check("PHONE", p[1], p[2], p[3], p[4], p[0] == "same")
		check("PHONE", p[1], p[3], p[2], p[4], p[0] == "same")
	}
	for _, p := range pairs(t, "emails.tsv") {
		check("EMAIL", "RU", p[1], p[2], p[3], p[0] == "same")
		check("EMAIL", "RU", p[2], p[1], p[3], p[0] == "same")
	}
}

func TestSearch_wholeNumberFindsFormerForms(t *testing.T) {
	a := crmtest.Sandbox(t)
	made, err := a.API().CreateContacts(t.Context(), []amocrm.ContactInput{{Name: "Somebody",
		Fields: []amocrm.FieldInput{{FieldCode: "PHONE", Values: []amocrm.ValueInput{{Value: "+55 62 9691-5034", EnumCode: "WORK"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Index().Visit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := New(a).Search(t.Context(), "+55 62 99691-5034")
	if err != nil || len(got) != 1 || got[0].ID != int64(made[0].ID) {
		t.Errorf("%+v, %v", got, err)
	}
}
