package rules

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// names is vocabulary with what names can be mistaken for.
func names() crm.Meta {
	m := vocabulary()
	m.Users = append(m.Users, amocrm.User{ID: 3, Name: "Bo", Email: "bo@example.com", IsActive: true},
		amocrm.User{ID: 4, Name: "bo", IsActive: true}, amocrm.User{ID: 5, Name: "Free", IsActive: true, IsFree: true})
	m.Pipelines = append(m.Pipelines, amocrm.Pipeline{ID: 30, Name: "Old", IsArchive: true, Statuses: []amocrm.Status{{ID: 300, Name: "Ancient"}}},
		amocrm.Pipeline{ID: 40, Name: "support ", Statuses: []amocrm.Status{{ID: 400, Name: "Twice"}, {ID: 401, Name: "twice"}}})
	m.LeadFields = append(m.LeadFields, amocrm.Field{ID: 9, Name: "Double", Type: "text"}, amocrm.Field{ID: 10, Name: "double", Type: "text"},
		amocrm.Field{ID: 11, Name: "Sum", Type: "numeric"}, amocrm.Field{ID: 12, Name: "Counted", Type: "numeric", IsComputed: true})
	return m
}

func testTicket() helpdesk.Ticket {
	return helpdesk.Ticket{ID: 77, Subject: "Chairs", Channel: "email", Fields: map[int64]string{123: "1500"},
		Client: helpdesk.Client{ID: 5, Name: "Ann", Company: "Chairs\n& Co", Phones: []string{"+1"}}}
}

func TestPlan_namesBecomeIDsAndTemplatesAreFilled(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := names()
	r := Request{TicketID: 77, Comment: "{{ticket.subject}} of {{client.name}}, {{client.email}}", Company: "{{client.company}}",
		Tags: []string{"vip", "VIP", "{{ticket.channel}}", "{{client.site}}"}, Task: &TaskRequest{Text: "Call {{client.phone}}", DueIn: "90m"},
		Fields: LeadFields{Name: "{{ticket.subject}} #{{ticket.id}}", Pipeline: "sales", Status: " NEW", Responsible: "BO@example.com",
			Custom: []CustomField{
				{FieldName: "utm", Values: value(`"{{ticket.channel}}"`)},
				{FieldName: "size", Values: value(`"m"`)},
				{FieldName: "Sum", Values: value(`"{{ticket.field.123}}"`)},
				{FieldID: 9, Values: value(`"{{client.site}}"`)}, // blank: left out
				{FieldID: 99, Values: value(`"newer than we know"`)},
			}}}
	before, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.plan(testTicket(), &m, "en", now, false)
	if err != nil {
		t.Fatal(err)
	}
	want := amocrm.LeadInput{Name: "Chairs #77", PipelineID: 10, StatusID: 100, ResponsibleID: 3,
		TagsToAdd: []amocrm.TagInput{{Name: "vip"}, {Name: "email"}}, Fields: []amocrm.FieldInput{
			{FieldID: 8, Values: []amocrm.ValueInput{{Value: "email"}}},
			{FieldID: 5, Values: []amocrm.ValueInput{{EnumID: 51}}},
			{FieldID: 11, Values: []amocrm.ValueInput{{Value: "1500"}}},
			{FieldID: 99, Values: []amocrm.ValueInput{{Value: json.RawMessage(`"newer than we know"`)}}},
		}}
	if d := cmp.Diff(want, got.lead); d != "" {
		t.Error(d)
	}
	if got.comment != "Chairs of Ann," || got.company != "Chairs & Co" || got.task == nil || got.task.text != "Call +1" ||
		!got.task.due.Equal(now.Add(90*time.Minute)) {
		t.Errorf("%+v %+v", got, got.task)
	}
	if p := got.from.path("custom_fields_values.3.values.0.value"); p != "fields.custom_fields_values[4].values[0].value" {
		t.Errorf("the CRM's path leads to %s", p)
	}
	if after, err := json.Marshal(r); err != nil || string(after) != string(before) {
		t.Errorf("the request itself was changed: %s", after)
	}
}

func TestPlan_nothingGivenIsNothingSent(t *testing.T) {
	m := vocabulary()
	got, err := Request{TicketID: 77}.plan(testTicket(), &m, "en", time.Now(), false)
	if d := cmp.Diff(amocrm.LeadInput{}, got.lead); d != "" || err != nil || got.task != nil || got.comment != "" || got.company != "" {
		t.Errorf("%v %+v\n%s", err, got, d)
	}
}

func TestPlan_longAndBlankTexts(t *testing.T) {
	m, ticket := vocabulary(), testTicket()
	ticket.Subject = strings.Repeat("ж", 300)
	r := Request{TicketID: 77, Comment: strings.Repeat("{{ticket.subject}}", 100), Tags: []string{"{{ticket.subject}}"},
		Company: "{{ticket.subject}}", Task: &TaskRequest{Text: "{{client.site}}"}, Fields: LeadFields{Name: "{{ticket.subject}}{{ticket.subject}}"}}
	got, err := r.plan(ticket, &m, "en", time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string][2]int{
		"name": {len([]rune(got.lead.Name)), MaxName}, "comment": {len([]rune(got.comment)), MaxComment},
		"tag": {len([]rune(got.lead.TagsToAdd[0].Name)), MaxName}, "company": {len([]rune(got.company)), MaxName},
	} {
		if n[0] != n[1] {
			t.Errorf("%s has %d characters, want %d", what, n[0], n[1])
		}
	}
	if got.task.text != got.lead.Name {
		t.Errorf("a task without words says %q", got.task.text)
	}
}

func TestResolve_namesThatAreNotThere(t *testing.T) {
	one := func(name, raw string) LeadFields {
		return LeadFields{Custom: []CustomField{{FieldName: name, At: "fields.custom_fields." + name, Values: value(raw)}}}
	}
	hidden := names()
	hidden.UsersHidden = true
	cases := []struct {
		name   string
		fields LeadFields
		want   string // path code, and a part of the detail
	}{
		{"pipeline", LeadFields{Pipeline: "Slaes"}, "fields.pipeline unknown_choice: did you mean 10 (Sales)?"},
		{"archived pipeline", LeadFields{Pipeline: "Old"}, "fields.pipeline unknown_choice: accepted: 10 (Sales)"},
		{"two pipelines", LeadFields{Pipeline: "Support"}, "fields.pipeline ambiguous_name: 20 (Support), 40 (support )"},
		{"pipeline by its id", LeadFields{Pipeline: "20", Status: "open"}, ""},
		{"stage", LeadFields{Pipeline: "Sales", Status: "Nwe"}, "fields.status unknown_choice: pipeline 10 (Sales) has no such stage; did you mean 100 (New)?"},
		{"stage of another pipeline", LeadFields{PipelineID: 10, Status: "Open"}, "fields.status unknown_choice: accepted: 100 (New), 142 (Won)"},
		{"stage of several pipelines", LeadFields{Status: "won"}, "fields.status ambiguous_name: 10 (Sales), 20 (Support)"},
		{"stage twice in a pipeline", LeadFields{Status: "twice"}, "fields.status ambiguous_name: 400 (Twice), 401 (twice)"},
		{"stage of one pipeline", LeadFields{Status: "Open"}, ""},
		{"stage of none", LeadFields{Status: "Opne"}, "fields.status unknown_choice: did you mean 200 (Open)?"},
		{"stage of an unknown pipeline", LeadFields{PipelineID: 70, Status: "Open"}, "fields.status unknown_choice: pipeline 70 has no such stage"},
		{"id wins over name", LeadFields{PipelineID: 10, Pipeline: "none", StatusID: 100, Status: "none", ResponsibleID: 1, Responsible: "none"}, ""},
		{"two users", LeadFields{Responsible: "BO"}, "fields.responsible_user ambiguous_name: 3 (Bo), 4 (bo)"},
		{"inactive user", LeadFields{Responsible: "gone"}, "fields.responsible_user unknown_choice: 2 (Gone) is deactivated"},
		{"free user", LeadFields{Responsible: "Free"}, "fields.responsible_user unknown_choice: 5 (Free) is deactivated"},
		{"user", LeadFields{Responsible: "Anne"}, "fields.responsible_user unknown_choice: did you mean 1 (Ann)?"},
		{"address", LeadFields{Responsible: "bo@exmaple.com"}, "fields.responsible_user unknown_choice: did you mean 3 (bo@example.com)?"},
		{"field", one("Siez", `"M"`), "fields.custom_fields.Siez unknown_choice: did you mean 5 (Size)?"},
		{"two fields", one("Double", `"M"`), "fields.custom_fields.Double ambiguous_name: 9 (Double), 10 (double)"},
		{"choice", one("Size", `"Mm"`), "fields.custom_fields.Size unknown_choice: accepted: 50 (S), 51 (M)"},
		{"no number", one("Sum", `"much"`), "fields.custom_fields.Sum wrong_type: takes a number"},
		{"number", one("Sum", `1`), ""},
		{"computed", one("Counted", `1`), "fields.custom_fields.Counted wrong_type: by amoCRM itself"},
		{"yet to be filled", one("Sum", `"{{ticket.field.1}}"`), ""},
		{"ids are the CRM's affair", LeadFields{PipelineID: 70, StatusID: 5, ResponsibleID: 70,
			Custom: []CustomField{{FieldID: 5, Values: []CustomValue{{EnumID: 9}}}, {FieldCode: "X", Values: value("1")}}}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, found := resolve(Request{TicketID: 1, Fields: c.fields}, names(), false)
			var got []string
			for _, p := range found {
				got = append(got, p.Path+" "+p.Code+" "+p.Detail)
			}
			head, part, _ := strings.Cut(c.want, ": ")
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], head+" ") || !strings.Contains(got[0], part)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if _, found := resolve(Request{Fields: LeadFields{Responsible: "Ann"}}, hidden, false); len(found) != 1 || found[0].Key != "users_hidden" {
		t.Errorf("users that can't be read: %+v", found)
	}
}

func TestPlan_aNameThatIsNotThereIsLeftOut(t *testing.T) {
	m := names()
	r := Request{TicketID: 1, Fields: LeadFields{Name: "n", Pipeline: "None", Status: "Open", Responsible: "Nobody",
		Custom: []CustomField{{FieldName: "Siez", Values: value(`"M"`)}, {FieldName: "Sum", Values: value(`"much"`)}, {FieldName: "Size", Values: value(`"M"`)}}}}
	got, err := r.plan(testTicket(), &m, "en", time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, p := range got.remarks {
		left = append(left, p.Path+" "+p.Given)
	}
	want := []string{"fields.pipeline None", "fields.responsible_user Nobody", "fields.custom_fields_values[0].field_name Siez: M",
		"fields.custom_fields_values[1].values[0].value much"}
	if d := cmp.Diff(want, left); d != "" {
		t.Error(d)
	}
	if in := got.lead; in.Name != "n" || in.StatusID != 200 || in.PipelineID != 20 || in.ResponsibleID != 0 || len(in.Fields) != 1 || in.Fields[0].FieldID != 5 {
		t.Errorf("the rest is %+v", in)
	}
	r.Strict = true
	var refused *refusal
	if _, err := r.plan(testTicket(), &m, "en", time.Now(), false); !errors.As(err, &refused) || len(refused.problems) != len(want) {
		t.Errorf("strict: %v", err)
	}
	if got, err := (Request{Fields: LeadFields{Status: "New"}}).plan(testTicket(), nil, "en", time.Now(), false); err != nil || len(got.remarks) != 1 {
		t.Errorf("a name without a vocabulary: %v %+v", err, got.remarks)
	}
}

func TestPlan_idsThatAreGoneAreLeftOutOnceJudged(t *testing.T) {
	m := names()
	r := Request{Fields: LeadFields{PipelineID: 70, StatusID: 5, ResponsibleID: 70, Custom: []CustomField{
		{FieldID: 5, Values: []CustomValue{{EnumID: 9}}}, {FieldCode: "X", Values: value("1")}, {FieldID: 5, Values: []CustomValue{{EnumID: 51}, {EnumID: 50}}}}}}
	got, err := r.plan(testTicket(), &m, "en", time.Now(), true)
	if err != nil || len(got.remarks) != 6 {
		t.Errorf("%v %+v", err, got.remarks)
	}
	if in := got.lead; in.PipelineID+in.StatusID+in.ResponsibleID != 0 || len(in.Fields) != 1 || len(in.Fields[0].Values) != 1 || in.Fields[0].Values[0].EnumID != 51 {
		t.Errorf("%+v", in)
	}
}

func TestPlan_aTextThatATicketMakesTooLongIsCut(t *testing.T) {
	m, ticket := names(), testTicket()
	ticket.Subject = strings.Repeat("ж", 300)
	got, err := Request{Fields: LeadFields{Name: "{{ticket.subject}}"}, Company: "{{ticket.subject}}"}.plan(ticket, &m, "en", time.Now(), false)
	if err != nil || len([]rune(got.lead.Name)) != MaxName || len([]rune(got.company)) != MaxName || len(got.remarks) != 2 ||
		got.remarks[0].Path != "fields.name" || got.remarks[0].Given != ticket.Subject {
		t.Errorf("%v %+v", err, got)
	}
}

func TestNear(t *testing.T) {
	have := []string{"Sales", "Support", "Доставка", "e"}
	for typed, want := range map[string]string{
		"sales ": "Sales", "Slaes": "Sales", "Sale": "Sales", "Suport": "Support", "достака": "Доставка", "x": "", "Marketing": "", "": "",
		strings.Repeat("s", 10_000): "",
	} {
		if got := near(typed, have); got != want {
			t.Errorf("%.20s: %q, want %q", typed, got, want)
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add("{{client.name}} {{ticket.field.5}}", "{{ticket.id}}", "Sales", "Open")
	m := names()
	f.Fuzz(func(t *testing.T, text, said, pipeline, stage string) {
		if len(text)+len(said)+len(pipeline)+len(stage) > 4096 {
			t.Skip()
		}
		raw, err := json.Marshal(text)
		if err != nil {
			t.Skip()
		}
		r := Request{Comment: text, Tags: []string{text}, Company: text, Task: &TaskRequest{Text: text}, Fields: LeadFields{Name: text,
			Pipeline: pipeline, Status: stage, Custom: []CustomField{{FieldName: "Code", Values: []CustomValue{{Value: raw}}}}}}
		got, err := r.plan(helpdesk.Ticket{Subject: said, Client: helpdesk.Client{Name: said}}, &m, "en", time.Now(), false)
		var refused *refusal
		if errors.As(err, &refused) && len(refused.problems) > 0 {
			return
		}
		if err != nil || len([]rune(got.comment)) > MaxComment || len([]rune(got.company)) > MaxName {
			t.Errorf("%v %+v", err, got)
		}
	})
}

// What a list of the accepted names is copied from is accepted as it stands there: 10 (Sales).
func TestResolve_takesNamesAsMessagesWriteThem(t *testing.T) {
	m := names()
	for _, p := range m.Open() {
		r, found := resolve(Request{TicketID: 1, Fields: LeadFields{Pipeline: thing{p.ID, p.Name}.String()}}, m, true)
		if len(found) > 0 || r.Fields.PipelineID != int64(p.ID) {
			t.Errorf("pipeline %s: %d, %v", p.Name, r.Fields.PipelineID, found)
		}
		for _, s := range p.Statuses {
			r, found := resolve(Request{TicketID: 1, Fields: LeadFields{PipelineID: int64(p.ID), Status: thing{s.ID, s.Name}.String()}}, m, true)
			if len(found) > 0 || r.Fields.StatusID != int64(s.ID) {
				t.Errorf("stage %s: %d, %v", s.Name, r.Fields.StatusID, found)
			}
		}
	}
	for _, u := range m.Assignable() {
		r, found := resolve(Request{TicketID: 1, Fields: LeadFields{Responsible: thing{u.ID, u.Name}.String()}}, m, true)
		if len(found) > 0 || r.Fields.ResponsibleID != int64(u.ID) {
			t.Errorf("user %s: %d, %v", u.Name, r.Fields.ResponsibleID, found)
		}
	}
	for _, f := range m.LeadFields {
		custom := CustomField{FieldName: thing{f.ID, f.Name}.String(), Values: value(`null`)}
		r, found := resolve(Request{TicketID: 1, Fields: LeadFields{Custom: []CustomField{custom}}}, m, true)
		if r.Fields.Custom[0].FieldID != int64(f.ID) || len(found) > 0 && !f.IsComputed {
			t.Errorf("field %s: %d, %v", f.Name, r.Fields.Custom[0].FieldID, found)
		}
	}
	if _, found := resolve(Request{TicketID: 1, Fields: LeadFields{Pipeline: "99 (Sales)"}}, m, true); len(found) != 1 {
		t.Errorf("an id that the account does not have: %v", found)
	}
}

func TestPlan_pricesInEveryUsualWriting(t *testing.T) {
	for _, c := range []struct {
		json, lang, currency string
		want, key            string
	}{
		{`5000`, "", "", "5000", ""},
		{`"5000"`, "", "", "5000", ""},
		{`1500.5`, "", "", "1500.5", ""},
		{`"1 500,50 ₽"`, "ru", "RUB", "1500.5", ""},
		{`"$1,500"`, "en", "USD", "1500", ""},
		{`"10 тыс."`, "ru", "RUB", "10000", ""},
		{`"85.000"`, "es", "EUR", "85000", ""}, // thousands in the company's language
		{`"85.000"`, "ru", "RUB", "", "amount_unclear"},
		{`"2 x 500"`, "en", "USD", "", "not_amount"},
		{`"about 500"`, "en", "USD", "", "not_amount"},
		{`"500 USD"`, "ru", "RUB", "", "amount_currency"},
		{`"1.005"`, "", "", "", "amount_unclear"},
		{`1.005`, "", "", "", "amount_too_fine"},
		{`1.50`, "es", "EUR", "1.5", ""},
		{`-5`, "", "", "", "negative"},
		{`"-5"`, "", "", "", "negative"},
		{`1e300`, "", "", "", "amount_too_large"},
		{`[1]`, "", "", "", "kind_not_amount"},
		{`""`, "", "", "", ""},
	} {
		r, _, err := Bind(jsonType, []byte(`{"ticketId":1,"fields":{"price":`+c.json+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		m := names()
		m.Account.Currency = c.currency
		got, err := r.plan(testTicket(), &m, c.lang, time.Now(), false)
		key := ""
		if len(got.remarks) == 1 {
			key = got.remarks[0].Key
		}
		if err != nil || string(got.lead.Price) != c.want || key != c.key {
			t.Errorf("%s (%s, %s) is %q with %v, %v", c.json, c.lang, c.currency, got.lead.Price, got.remarks, err)
		}
	}
}
