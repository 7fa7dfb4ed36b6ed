package people

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

func TestContactDraft_fromTheClient(t *testing.T) {
	got := draftOf(helpdesk.Client{
		Name: " Anna Example ", Company: "Example Ltd", Position: "Buyer",
		Phones:     []string{"8 999 555-01-23", "+7 (999) 555 01 23", "", "ask Oleg"},
		Emails:     []string{"Anna@example.com", "anna@EXAMPLE.com ", ""},
		Messengers: []helpdesk.Messenger{{Type: "Telegram", ID: " @anna "}, {Type: "telegram", ID: "@anna"}, {Type: "viber", ID: ""}},
		Sites:      []string{"example.com", "EXAMPLE.com"},
	}, "RU")
	want := Draft{
		Name: "Anna Example", Company: "Example Ltd", Position: "Buyer", Phones: []string{"+79995550123", "ask Oleg"},
		Emails: []string{"Anna@example.com"}, Messengers: []helpdesk.Messenger{{Type: "telegram", ID: "@anna"}}, Sites: []string{"example.com"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := draftOf(helpdesk.Client{Phones: []string{"89995550123"}, Emails: []string{"a@example.com"}}, "RU").Name; got != "a@example.com" {
		t.Errorf("nameless client is called %q", got)
	}
	if got := draftOf(helpdesk.Client{Phones: []string{"89995550123"}}, "RU").Name; got != "+79995550123" {
		t.Errorf("nameless client without e-mail is called %q", got)
	}
}

func TestContactDraft_check(t *testing.T) {
	for _, c := range []struct {
		name  string
		draft Draft
		want  []string
	}{
		{"good", Draft{Name: "Anna", Phones: []string{"+79995550123"}, Emails: []string{"a@example.com"}}, nil},
		{"name alone will do", Draft{Name: "Anna"}, nil},
		{"everything at once", Draft{Phones: []string{"+79995550123", "ask Oleg"}, Emails: []string{"a@"}},
			[]string{"emails.0 error.bad_email", "name error.required", "phones.1 error.bad_phone"}},
		{"too long", Draft{Name: strings.Repeat("я", 256), Position: strings.Repeat("p", 256)},
			[]string{"name error.too_long", "position error.too_long"}},
		{"too many", Draft{Name: "A", Emails: slices.Repeat([]string{"a@example.com"}, 21)}, []string{"emails error.too_many"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, crmtest.Problems(t, c.draft.check())); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestContactInput_writesWhatTheAccountHas(t *testing.T) {
	d := Draft{Name: "Anna", Position: "Buyer", Phones: []string{"+79995550123", "+12025550143"},
		Emails: []string{"a@example.com"}, Messengers: []helpdesk.Messenger{{Type: "skype", ID: "anna"}, {Type: "telegram", ID: "@anna"}}}
	in, sent := contactInput(d, crmtest.Meta(t))
	want := amocrm.ContactInput{Name: "Anna", Fields: []amocrm.FieldInput{
		{FieldCode: "PHONE", Values: []amocrm.ValueInput{{Value: "+79995550123", EnumCode: "WORK"}, {Value: "+12025550143", EnumCode: "WORK"}}},
		{FieldCode: "EMAIL", Values: []amocrm.ValueInput{{Value: "a@example.com", EnumCode: "WORK"}}},
		{FieldCode: "POSITION", Values: []amocrm.ValueInput{{Value: "Buyer"}}},
		{FieldCode: "IM", Values: []amocrm.ValueInput{{Value: "anna", EnumID: 5}, {Value: "@anna", EnumID: 6}}},
	}}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Error(diff)
	}
	for path, form := range map[string]string{
		"custom_fields_values.0.values.1.value": "phones.1", "custom_fields_values.1.values.0.value": "emails.0",
		"custom_fields_values.2.values.0.value": "position", "custom_fields_values.3.values.1.enum_id": "messengers.1",
		"custom_fields_values.1": "emails", "name": "name", "responsible_user_id": "responsible_id",
		"custom_fields_values.9.field_id": "", "something.new": "", "": "",
	} {
		if got := sent.FormPath(path); got != form {
			t.Errorf("formPath(%q) = %q, want %q", path, got, form)
		}
	}
	bare, _ := contactInput(d, crm.Meta{})
	if len(bare.Fields) != 2 {
		t.Errorf("account without the fields: %+v; want phones and e-mails only", bare.Fields)
	}
}
