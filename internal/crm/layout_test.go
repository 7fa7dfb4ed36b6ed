package crm

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestLayoutChoices_offerEveryCustomFieldBehindTheStandardOnes(t *testing.T) {
	m := testMeta(t)
	choices := LayoutChoices(m)
	if len(choices) != len(standardFields)+len(m.LeadFields) {
		t.Errorf("%d choices for %d standard and %d custom fields", len(choices), len(standardFields), len(m.LeadFields))
	}
	var seen []string
	for _, c := range choices {
		if slices.Contains(seen, c.ID) || c.ID == "" {
			t.Errorf("id %q twice or empty", c.ID)
		}
		seen = append(seen, c.ID)
	}
	for _, kind := range []string{LayoutList, LayoutCard} {
		for _, id := range LayoutDefault(kind, m) {
			if !slices.Contains(seen, id) {
				t.Errorf("the default of %s holds %q, which can't be chosen", kind, id)
			}
		}
	}
	if i := slices.Index(seen, CustomID(905)); i < 0 || choices[i].Currency != "EUR" || choices[i].Name != "Budget" {
		t.Errorf("monetary field: %+v", choices)
	}
}

func TestLayout(t *testing.T) {
	m := testMeta(t)
	for name, tt := range map[string]struct{ chosen, want []string }{
		"order is kept":             {[]string{CustomID(904), FieldStage, FieldAmount}, []string{CustomID(904), FieldStage, FieldAmount}},
		"unknown ids are dropped":   {[]string{"nonsense", FieldStage, CustomID(99999), "cf:", "cf:-1", "cf:x"}, []string{FieldStage}},
		"repeats are dropped":       {[]string{FieldStage, FieldTags, FieldStage}, []string{FieldStage, FieldTags}},
		"nothing chosen":            {nil, nil},
		"only fields that are gone": {[]string{CustomID(1), CustomID(2)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range Layout(tt.chosen, m) {
				got = append(got, l.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMove(t *testing.T) {
	for name, tt := range map[string]struct {
		id   string
		by   int
		want []string
	}{
		"up": {"c", -1, []string{"a", "c", "b"}}, "down": {"a", 1, []string{"b", "a", "c"}},
		"first up": {"a", -1, []string{"a", "b", "c"}}, "last down": {"c", 1, []string{"a", "b", "c"}},
		"not chosen": {"x", 1, []string{"a", "b", "c"}},
	} {
		chosen := []string{"a", "b", "c"}
		if diff := cmp.Diff(tt.want, Move(chosen, tt.id, tt.by)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !slices.Equal(chosen, []string{"a", "b", "c"}) {
			t.Errorf("%s changed what it was given", name)
		}
	}
}

func TestExtraOf_holdsOnlyWhatTheLayoutNames(t *testing.T) {
	var l amocrm.Lead
	if err := json.Unmarshal([]byte(`{"id":1,"custom_fields_values":[
		{"field_id":904,"field_type":"url","values":[{"value":"https://example.com/a"}]},
		{"field_id":905,"field_type":"monetary","values":[{"value":"12"}]}]}`), &l); err != nil {
		t.Fatal(err)
	}
	l.Tags, l.LossReason, l.CompanyIDs = []amocrm.Tag{{Name: "vip"}}, "price", []amocrm.ID{3}
	got := extraOf([]string{FieldStage, CustomID(905), FieldTags}, testMeta(t), l)
	want := DealExtra{Fields: []Shown{{ID: 905, Name: "Budget", Type: "monetary", Text: []string{"12"}, Currency: "EUR"}}, Tags: []string{"vip"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(DealExtra{}, extraOf(nil, testMeta(t), l)); diff != "" {
		t.Errorf("without a layout: %s", diff)
	}
	got = extraOf([]string{FieldLossReason, FieldCompany}, testMeta(t), l)
	if diff := cmp.Diff(DealExtra{LossReason: "price", CompanyIDs: []int64{3}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPartsOf_legalEntity(t *testing.T) {
	for body, want := range map[string][]Part{
		`{"name":"Ollivanders","vat_id":"7712345678","kpp":"771201001","address":"Diagon Alley 1"}`: {
			{"part.vat_id", "7712345678"}, {"part.kpp", "771201001"}, {"", "Diagon Alley 1"}},
		`{"name":"","vat_id":"7712345678","address":"Diagon Alley 1"}`: {{"", "Diagon Alley 1"}},
		`{"name":"Only a name"}`: nil,
		`"a text"`:               nil,
		`{"name":`:               nil,
	} {
		v := amocrm.FieldValue{FieldType: "legal_entity", Values: []amocrm.Value{{Raw: json.RawMessage(body)}}}
		if diff := cmp.Diff(want, partsOf(v)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestDealName(t *testing.T) {
	ticket := helpdesk.Ticket{ID: 101, Subject: "Chairs  {{client.name}}", Client: helpdesk.Client{Name: "Anna"}}
	for template, want := range map[string]string{
		"":                                 "Chairs  {{client.name}}",
		"{{ticket.subject}}":               "Chairs {{client.name}}", // what the ticket says is not a template
		"#{{ticket.id}} {{ client.name }}": "#101 Anna",
		"  Order\n of {{client.name}} ":    "Order of Anna",
		"{{unknown}} {{ticket.id}}":        "{{unknown}} 101",
		"plain":                            "plain",
		"{{ticket.id}}{{ticket.id}}":       "101101",
	} {
		if got := DealName(template, ticket); got != want {
			t.Errorf("%q gives %q, want %q", template, got, want)
		}
	}
	if got := DealName("{{ticket.subject}}{{ticket.id}}", helpdesk.Ticket{Client: helpdesk.Client{Name: "Anna"}}); got != "Anna" {
		t.Errorf("an empty ticket gives %q", got)
	}
	long := DealName("{{client.name}}", helpdesk.Ticket{Client: helpdesk.Client{Name: string(slices.Repeat([]rune{'я'}, 400))}})
	if n := len([]rune(long)); n != maxNameRunes {
		t.Errorf("%d characters", n)
	}
}

func FuzzDealName(f *testing.F) {
	f.Add("{{client.name}} {{ticket.field.123}} {{x}} {{", "{{ticket.id}}")
	f.Add("{{client.phone{{client.name}}}}", "[[client.name]]")
	f.Fuzz(func(t *testing.T, text, said string) {
		if len(text) > 4096 || len(said) > 4096 {
			t.Skip()
		}
		ticket := helpdesk.Ticket{Subject: said, Client: helpdesk.Client{Name: said}}
		if name := DealName(text, ticket); len([]rune(name)) > maxNameRunes {
			t.Errorf("a name of %d characters", len([]rune(name)))
		}
	})
}

func TestMapTargets_takeWhatTheFormDoesNotFill(t *testing.T) {
	m := testMeta(t)
	m.ContactFields = append(m.ContactFields, amocrm.Field{ID: 980, Name: "Firm", Type: "text"},
		amocrm.Field{ID: 981, Name: "Computed", Type: "text", IsComputed: true}, amocrm.Field{ID: 982, Name: "Papers", Type: "file"})
	var got []int64
	for _, f := range MapTargets(m, EntityContact) {
		got = append(got, int64(f.ID))
		if slices.Contains(draftCodes, f.Code) {
			t.Errorf("%s is filled by the contact's form", f.Code)
		}
	}
	if !slices.Contains(got, 980) || slices.Contains(got, 981) || slices.Contains(got, 982) {
		t.Errorf("targets %v", got)
	}
}

func TestMappedValues_byType(t *testing.T) {
	m := Meta{
		LeadFields: []amocrm.Field{
			{ID: 1, Type: "text"}, {ID: 2, Type: "url"}, {ID: 3, Type: "numeric"}, {ID: 5, Type: "date"},
			{ID: 4, Type: "select", Enums: []amocrm.Enum{{ID: 41, Value: "E-mail", Code: ""}, {ID: 42, Value: "chat"}}},
		},
		ContactFields: []amocrm.Field{{ID: 9, Type: "textarea"}},
	}
	ticket := helpdesk.Ticket{ID: 101, Subject: "Chairs", Channel: "Chat", Client: helpdesk.Client{
		Name: "Anna", Phones: []string{"+79990000000", " "}, Emails: []string{"a@example.com", "b@example.com"},
		Messengers: []helpdesk.Messenger{{Type: "telegram", ID: "@anna"}}, Sites: []string{"example.com"},
	}}
	for name, tt := range map[string]struct {
		rule tenant.FieldMap
		want map[int64][]string
	}{
		"all e-mails as text":          {tenant.FieldMap{From: "client.email", Entity: "lead", FieldID: 1}, map[int64][]string{1: {"a@example.com, b@example.com"}}},
		"messenger":                    {tenant.FieldMap{From: "client.messenger", Entity: "lead", FieldID: 1}, map[int64][]string{1: {"@anna"}}},
		"site as address":              {tenant.FieldMap{From: "client.site", Entity: "lead", FieldID: 2}, map[int64][]string{2: {"example.com"}}},
		"number of the ticket":         {tenant.FieldMap{From: "ticket.id", Entity: "lead", FieldID: 3}, map[int64][]string{3: {"101"}}},
		"choice by its name":           {tenant.FieldMap{From: "ticket.channel", Entity: "lead", FieldID: 4}, map[int64][]string{4: {"42"}}},
		"no such choice":               {tenant.FieldMap{From: "ticket.subject", Entity: "lead", FieldID: 4}, map[int64][]string{}},
		"nothing to take":              {tenant.FieldMap{From: "client.company", Entity: "lead", FieldID: 1}, map[int64][]string{}},
		"a type that does not fit":     {tenant.FieldMap{From: "client.name", Entity: "lead", FieldID: 5}, map[int64][]string{}},
		"a field that is gone":         {tenant.FieldMap{From: "client.name", Entity: "lead", FieldID: 77}, map[int64][]string{}},
		"a contact's field":            {tenant.FieldMap{From: "client.name", Entity: "contact", FieldID: 9}, map[int64][]string{}},
		"a source that does not exist": {tenant.FieldMap{From: "client.secret", Entity: "lead", FieldID: 1}, map[int64][]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, mappedValues([]tenant.FieldMap{tt.rule}, EntityLead, m, ticket)); diff != "" {
				t.Error(diff)
			}
		})
	}
	got := mappedValues([]tenant.FieldMap{{From: "client.name", Entity: "contact", FieldID: 9}}, EntityContact, m, ticket)
	if diff := cmp.Diff(map[int64][]string{9: {"Anna"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPrefill_choicesOfTheTenant(t *testing.T) {
	ticket := helpdesk.Ticket{ID: 5, Subject: "Lamp", Client: helpdesk.Client{Name: "Anna"}}
	for name, tt := range map[string]struct {
		settings tenant.Settings
		want     DealDraft
	}{
		"nothing chosen": {tenant.Settings{}, DealDraft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
		"all chosen": {tenant.Settings{DealName: "{{client.name}}: {{ticket.subject}}", PipelineID: 32, StatusID: 321},
			DealDraft{Name: "Anna: Lamp", PipelineID: 32, StatusID: 321, ResponsibleID: 501}},
		"a stage of another pipeline": {tenant.Settings{PipelineID: 32, StatusID: 311}, DealDraft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
		"a pipeline that is archived": {tenant.Settings{PipelineID: 33, StatusID: 331}, DealDraft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
		"a user who has left":         {tenant.Settings{ResponsibleID: 502}, DealDraft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
	} {
		t.Run(name, func(t *testing.T) {
			a := &Account{tenant: tenant.Tenant{Settings: tt.settings}}
			f := dealFormOf(testMeta(t), ticket)
			if err := a.prefill(t.Context(), &f, ticket); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, f.Draft); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSandboxMapping_fillsContactAndDealForm(t *testing.T) {
	a := sandboxAccount(t)
	meta, err := a.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pick := func(fields []amocrm.Field, kind string) int64 {
		i := slices.IndexFunc(fields, func(f amocrm.Field) bool { return f.Type == kind && !f.IsPredefined && f.Code == "" })
		if i < 0 {
			t.Fatalf("no field of type %s", kind)
		}
		return int64(fields[i].ID)
	}
	remark, number := pick(meta.ContactFields, "textarea"), pick(meta.LeadFields, "numeric")
	a.tenant.Settings.Mapping = []tenant.FieldMap{
		{From: "client.company", Entity: EntityContact, FieldID: remark}, {From: "ticket.id", Entity: EntityLead, FieldID: number},
	}
	ticket := helpdesk.Ticket{ID: 4711, Subject: "Quills", Client: helpdesk.Client{ID: 9001, Name: "Luna", Company: "The Quibbler"}}
	form, err := a.DealForm(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int64][]string{number: {"4711"}}, form.Draft.Fields); diff != "" {
		t.Errorf("deal form: %s", diff)
	}
	draft := a.ContactForm(t.Context(), ticket.Client)
	if draft.Fields, err = a.Mapped(t.Context(), EntityContact, ticket); err != nil {
		t.Fatal(err)
	}
	id, err := a.CreateContact(t.Context(), ticket.Client.ID, draft)
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.API().Contact(t.Context(), amocrm.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(made.Fields, func(v amocrm.FieldValue) bool { return int64(v.FieldID) == remark })
	if i < 0 || !slices.Equal(made.Fields[i].Text(), []string{"The Quibbler"}) {
		t.Errorf("the contact has %+v", made.Fields)
	}
}
