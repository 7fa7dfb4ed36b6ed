package people

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// contactJSON decodes a contact as the connector would.
func contactJSON(t *testing.T, body string) amocrm.Contact {
	t.Helper()
	var c amocrm.Contact
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

const annaJSON = `{"id":11,"name":"Anna Example","custom_fields_values":[
	{"field_id":1,"field_code":"PHONE","field_type":"multitext","values":[{"value":"8 (999) 555-01-23","enum_code":"WORK"},{"value":"+1 202 555 0143","enum_code":"MOB"}]},
	{"field_id":2,"field_code":"EMAIL","field_type":"multitext","values":[{"value":" Anna@Example.com ","enum_code":"WORK"}]},
	{"field_id":9,"field_code":null,"field_type":"text","values":[{"value":"+79995550777"}]}]}`

func TestMatch_saysWhichKeyFits(t *testing.T) {
	anna := contactJSON(t, annaJSON)
	for _, c := range []struct {
		name   string
		client helpdesk.Client
		want   []Match
	}{
		{"phone with eight prefix", helpdesk.Client{Phones: []string{"+79995550123"}}, []Match{{MatchPhone, "8 (999) 555-01-23"}}},
		{"second phone", helpdesk.Client{Phones: []string{"001 202 555 0143"}}, []Match{{MatchPhone, "+1 202 555 0143"}}},
		{"e-mail in another case with blanks", helpdesk.Client{Emails: []string{"  aNNa@example.COM"}}, []Match{{MatchEmail, "Anna@Example.com"}}},
		{"both", helpdesk.Client{Phones: []string{"79995550123"}, Emails: []string{"anna@example.com"}},
			[]Match{{MatchPhone, "8 (999) 555-01-23"}, {MatchEmail, "Anna@Example.com"}}},
		{"number in another field is a near-miss", helpdesk.Client{Phones: []string{"+79995550777"}}, nil},
		{"same last ten digits of another country", helpdesk.Client{Phones: []string{"+49 999 5550123"}}, nil},
		{"part of the e-mail", helpdesk.Client{Emails: []string{"nna@example.com"}}, nil},
		{"no keys", helpdesk.Client{Name: "Anna Example"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := keysOf(c.client, "RU").match(anna, "RU")
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestQueries_distinctAndNeverEmpty(t *testing.T) {
	c := helpdesk.Client{
		Phones: []string{"", "8 999 555-01-23", "+7 999 555 01 23", "12", "abc", "+79995550999"},
		Emails: []string{"", "0", "A@example.com", "a@EXAMPLE.com ", "not an address", "x@"},
	}
	got := keysOf(c, "RU").queries("RU")
	if d := cmp.Diff([]string{"9995550123", "9995550999", "a@example.com"}, got); d != "" {
		t.Error(d)
	}
	if q := keysOf(helpdesk.Client{Phones: []string{" "}, Emails: []string{" "}}, "RU").queries("RU"); len(q) != 0 {
		t.Errorf("queries of nobody: %q", q)
	}
}

func TestKeys_areBounded(t *testing.T) {
	var c helpdesk.Client
	for i := range 40 {
		c.Phones = append(c.Phones, "+7999555"+string(rune('0'+i/10))+string(rune('0'+i%10))+"00")
		c.Emails = append(c.Emails, string(rune('a'+i%26))+crm.Decimal(int64(i))+"@example.com")
	}
	k := keysOf(c, "RU")
	if len(k.phones) != maxKeys || len(k.emails) != maxKeys {
		t.Errorf("%d phones, %d e-mails; want %d of each", len(k.phones), len(k.emails), maxKeys)
	}
}

func TestVerified_dropsNearMissesAndOrdersByUpdate(t *testing.T) {
	f := hits{contacts: []amocrm.Contact{
		contactJSON(t, `{"id":1,"name":"Old","updated_at":100,"custom_fields_values":[{"field_code":"PHONE","field_type":"multitext","values":[{"value":"+79995550123"}]}]}`),
		contactJSON(t, `{"id":2,"name":"9995550123 in a name","updated_at":900,"custom_fields_values":null}`),
		contactJSON(t, `{"id":3,"name":"New","updated_at":500,"custom_fields_values":[{"field_code":"PHONE","field_type":"multitext","values":[{"value":"89995550123"}]}]}`),
		contactJSON(t, `{"id":4,"name":"Binned","updated_at":990,"is_deleted":true,"custom_fields_values":[{"field_code":"PHONE","field_type":"multitext","values":[{"value":"89995550123"}]}]}`),
		contactJSON(t, `{"id":5,"name":"Made","updated_at":50}`),
	}}
	var ids []int64
	hits := f.verified(helpdesk.Client{Phones: []string{"+7 999 555-01-23"}}, "RU", crm.Recalled{Contacts: []int64{5}})
	for _, h := range hits {
		ids = append(ids, int64(h.contact.ID))
	}
	if d := cmp.Diff([]int64{3, 1, 5}, ids); d != "" {
		t.Fatal(d)
	}
	if d := cmp.Diff([]Match{{Kind: MatchRemembered}}, hits[2].matched); d != "" {
		t.Error(d)
	}
}

func TestSameClient_byKeyElseByName(t *testing.T) {
	keyed := contactJSON(t, `{"id":1,"name":"Anna Example","custom_fields_values":[
		{"field_code":"PHONE","field_type":"multitext","values":[{"value":"8 (999) 555-01-23"}]},
		{"field_code":"EMAIL","field_type":"multitext","values":[{"value":"Anna@Example.com"}]}]}`)
	blank := contactJSON(t, `{"id":2,"first_name":"Anna","last_name":"Example","custom_fields_values":[
		{"field_code":"PHONE","field_type":"multitext","values":[{"value":" "}]}]}`)
	for _, c := range []struct {
		name    string
		contact amocrm.Contact
		client  helpdesk.Client
		want    bool
	}{
		{"phone", keyed, helpdesk.Client{Phones: []string{"+79995550123"}}, true},
		{"e-mail in another case", keyed, helpdesk.Client{Phones: []string{"+79990000000"}, Emails: []string{" anna@example.com "}}, true},
		{"a name is no key where there are others", keyed, helpdesk.Client{Name: "Anna Example", Phones: []string{"+79990000000"}}, false},
		{"name", blank, helpdesk.Client{Name: " anna example ", Emails: []string{""}}, true},
		{"another name", blank, helpdesk.Client{Name: "Anna", Emails: []string{""}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SameClient(c.contact, c.client, "RU"); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
