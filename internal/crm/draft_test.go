package crm

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
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
	want := ContactDraft{
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

// problems gives "path key" of every field error.
func problems(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*FieldErrors](err)
	if !ok {
		t.Fatalf("not FieldErrors: %v", err)
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Path+" "+f.Key)
	}
	slices.Sort(out)
	return out
}

// problemMap gives the keys of a refused form by path.
func problemMap(t *testing.T, err error) map[string]string {
	t.Helper()
	e, ok := errors.AsType[*FieldErrors](err)
	if !ok {
		t.Fatalf("not FieldErrors: %v", err)
	}
	out := map[string]string{}
	for _, f := range e.Fields {
		out[f.Path] = f.Key
	}
	return out
}

func TestContactDraft_check(t *testing.T) {
	for _, c := range []struct {
		name  string
		draft ContactDraft
		want  []string
	}{
		{"good", ContactDraft{Name: "Anna", Phones: []string{"+79995550123"}, Emails: []string{"a@example.com"}}, nil},
		{"name alone will do", ContactDraft{Name: "Anna"}, nil},
		{"everything at once", ContactDraft{Phones: []string{"+79995550123", "ask Oleg"}, Emails: []string{"a@"}},
			[]string{"emails.0 error.bad_email", "name error.required", "phones.1 error.bad_phone"}},
		{"too long", ContactDraft{Name: strings.Repeat("я", 256), Position: strings.Repeat("p", 256)},
			[]string{"name error.too_long", "position error.too_long"}},
		{"too many", ContactDraft{Name: "A", Emails: slices.Repeat([]string{"a@example.com"}, 21)}, []string{"emails error.too_many"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, problems(t, c.draft.check())); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestContactInput_writesWhatTheAccountHas(t *testing.T) {
	d := ContactDraft{Name: "Anna", Position: "Buyer", Phones: []string{"+79995550123", "+12025550143"},
		Emails: []string{"a@example.com"}, Messengers: []helpdesk.Messenger{{Type: "skype", ID: "anna"}, {Type: "telegram", ID: "@anna"}}}
	in, sent := contactInput(d, testMeta(t))
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
		if got := sent.formPath(path); got != form {
			t.Errorf("formPath(%q) = %q, want %q", path, got, form)
		}
	}
	bare, _ := contactInput(d, Meta{})
	if len(bare.Fields) != 2 {
		t.Errorf("account without the fields: %+v; want phones and e-mails only", bare.Fields)
	}
}

func TestLeadInput_checksEverythingAtOnce(t *testing.T) {
	m := testMeta(t)
	good := func(change func(*DealDraft)) DealDraft {
		d := DealDraft{Name: "Lamp", ContactID: 11, PipelineID: 31, StatusID: 312, ResponsibleID: 501, Price: "1500",
			Fields: map[int64][]string{901: {"71"}, 906: {"Example street 1"}}}
		change(&d)
		return d
	}
	for _, c := range []struct {
		name   string
		change func(*DealDraft)
		want   []string
	}{
		{"good", func(*DealDraft) {}, nil},
		{"no name", func(d *DealDraft) { d.Name = "  " }, []string{"name error.required"}},
		{"negative price", func(d *DealDraft) { d.Price = "-1" }, []string{"price error.negative"}},
		{"stage asks for fields", func(d *DealDraft) { d.Fields = nil },
			[]string{"fields.901 error.required", "fields.906 error.required"}},
		{"blank is not given", func(d *DealDraft) { d.Fields[906] = []string{" ", ""} }, []string{"fields.906 error.required"}},
		{"another stage asks for nothing", func(d *DealDraft) { d.StatusID, d.Fields = 311, nil }, nil},
		{"unsorted is no target", func(d *DealDraft) { d.StatusID = 310 }, []string{"status_id error.bad_choice"}},
		{"stage of another pipeline", func(d *DealDraft) { d.PipelineID, d.Fields = 32, map[int64][]string{906: {"x"}} },
			[]string{"status_id error.bad_choice"}},
		{"archived pipeline", func(d *DealDraft) { d.PipelineID, d.StatusID = 33, 331 }, []string{"pipeline_id error.bad_choice"}},
		{"no stage", func(d *DealDraft) { d.PipelineID, d.StatusID = 0, 0 }, []string{"pipeline_id error.required"}},
		{"responsible has left", func(d *DealDraft) { d.ResponsibleID = 502 }, []string{"responsible_id error.bad_choice"}},
		{"responsible is a free user", func(d *DealDraft) { d.ResponsibleID = 503 }, []string{"responsible_id error.bad_choice"}},
		{"no such choice", func(d *DealDraft) { d.Fields[901] = []string{"Sofa"} }, []string{"fields.901 error.bad_value"}},
		{"field is gone", func(d *DealDraft) { d.Fields[999] = []string{"x"} }, []string{"fields.999 error.bad_choice"}},
		{"note too long", func(d *DealDraft) { d.NoteText = strings.Repeat("n", maxNoteRunes+1) }, []string{"note error.too_long"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := leadInput(good(c.change), m)
			if d := cmp.Diff(c.want, problems(t, err)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLeadInput_wireForm(t *testing.T) {
	in, sent, err := leadInput(DealDraft{Name: " Lamp ", ContactID: 11, PipelineID: 31, StatusID: 312, Price: "1 500 ₽",
		Fields: map[int64][]string{906: {"Example street 1"}, 902: {""}, 901: {"71"}}}, testMeta(t))
	if err != nil {
		t.Fatal(err)
	}
	want := amocrm.LeadInput{Name: "Lamp", Price: "1500", PipelineID: 31, StatusID: 312,
		Fields: []amocrm.FieldInput{
			{FieldID: 901, Values: []amocrm.ValueInput{{EnumID: 71}}},
			{FieldID: 906, Values: []amocrm.ValueInput{{Value: "Example street 1"}}},
		},
		Embedded: &amocrm.LeadLinks{Contacts: []amocrm.ContactInput{{ID: 11}}}}
	if d := cmp.Diff(want, in); d != "" {
		t.Error(d)
	}
	if got := sent.formPath("custom_fields_values.1.values.0.value"); got != "fields.906" {
		t.Errorf("amoCRM's second field is the form's %q", got)
	}
	if got := sent.formPath("_embedded.contacts.0.id"); got != "contact_id" {
		t.Errorf("amoCRM's contact is the form's %q", got)
	}
}

func TestLeadInput_hiddenUsersAreTrusted(t *testing.T) {
	m := testMeta(t)
	m.Users, m.UsersHidden = nil, true
	if _, _, err := leadInput(DealDraft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 777}, m); err != nil {
		t.Errorf("a responsible that can't be checked was refused: %v", err)
	}
}

func TestRequiredFields_onlyThoseAFormCanAskFor(t *testing.T) {
	var ids []int64
	for _, f := range requiredFields(testMeta(t).LeadFields, 31, 312) {
		ids = append(ids, int64(f.ID))
	}
	if d := cmp.Diff([]int64{901, 906}, ids); d != "" {
		t.Error(d)
	}
	if got := requiredFields(testMeta(t).LeadFields, 31, 311); len(got) != 0 {
		t.Errorf("first stage requires %+v", got)
	}
}

func TestDealForm_filledFromTheTicket(t *testing.T) {
	f := dealFormOf(testMeta(t), helpdesk.Ticket{Subject: " Lamp is dark ", LastMessage: "for the agent to choose"})
	want := DealDraft{Name: "Lamp is dark", PipelineID: 31, StatusID: 311, ResponsibleID: 501}
	if d := cmp.Diff(want, f.Draft); d != "" {
		t.Error(d)
	}
	if f.Currency != "RUB" || len(f.Pipelines) != 2 || len(f.Users) != 1 {
		t.Errorf("currency %q, %d pipelines, %d users", f.Currency, len(f.Pipelines), len(f.Users))
	}
	if got := dealFormOf(Meta{}, helpdesk.Ticket{Client: helpdesk.Client{Name: "Anna"}}).Draft.Name; got != "Anna" {
		t.Errorf("ticket without subject makes deal %q", got)
	}
}

func TestRefused_mapsTheCRMsComplaints(t *testing.T) {
	sent := sentFields{{path: "fields.901"}, {path: "fields.906"}}
	err := Refused(&amocrm.Error{Kind: amocrm.KindInvalid, Validation: []amocrm.FieldError{
		{Code: "NotSupportedChoice", Path: "custom_fields_values.1.values.0.value", Detail: "not a valid choice"},
		{Code: "InvalidType", Path: "price", Detail: "should be int"},
		{Code: "NotSupportedChoice", Path: "price", Detail: "second complaint of one field"},
		{Code: "8f2a", Path: "weird", Detail: "strange"},
	}}, sent.formPath)
	e, ok := errors.AsType[*FieldErrors](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	want := []FieldError{
		{Path: "fields.906", Key: KeyBadChoice, Text: "not a valid choice"}, {Path: "price", Key: KeyBadValue, Text: "should be int"},
		{Path: "", Key: KeyFromTheCRM, Text: "strange"},
	}
	if d := cmp.Diff(want, e.Fields); d != "" {
		t.Error(d)
	}
	if !errors.Is(err, amocrm.ErrInvalid) {
		t.Error("the CRM's answer is lost")
	}
	bare := Refused(&amocrm.Error{Kind: amocrm.KindInvalid, Title: "Bad Request"}, sent.formPath)
	if d := cmp.Diff([]string{" error.crm_refused"}, problems(t, bare)); d != "" {
		t.Error(d)
	}
	down := &amocrm.Error{Kind: amocrm.KindUpstream}
	if got := Refused(down, sent.formPath); got != error(down) {
		t.Errorf("an outage became %v", got)
	}
}
