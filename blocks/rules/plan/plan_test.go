package plan

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
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
	r := request.Request{TicketID: 77, Comment: "{{ticket.subject}} of {{client.name}}, {{client.email}}", Company: "{{client.company}}",
		Tags: []string{"vip", "VIP", "{{ticket.channel}}", "{{client.site}}"}, Task: &request.TaskRequest{Text: "Call {{client.phone}}", DueIn: "90m"},
		Fields: request.LeadFields{Name: "{{ticket.subject}} #{{ticket.id}}", Pipeline: "sales", Status: " NEW", Responsible: "BO@example.com",
			Custom: []request.CustomField{
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
	got, err := Make(r, testTicket(), &m, "en", now, false)
	if err != nil {
		t.Fatal(err)
	}
	want := bulk.Deal{Name: "Chairs #77", PipelineID: 10, StatusID: 100, ResponsibleID: 3,
		Tags: []string{"vip", "email"}, Fields: []amocrm.FieldInput{
			{FieldID: 8, Values: []amocrm.ValueInput{{Value: "email"}}},
			{FieldID: 5, Values: []amocrm.ValueInput{{EnumID: 51}}},
			{FieldID: 11, Values: []amocrm.ValueInput{{Value: "1500"}}},
			{FieldID: 99, Values: []amocrm.ValueInput{{Value: json.RawMessage(`"newer than we know"`)}}},
		}}
	if d := cmp.Diff(want, got.Deal, cmpopts.IgnoreUnexported(bulk.Contact{})); d != "" {
		t.Error(d)
	}
	if got.Comment != "Chairs of Ann," || got.Company != "Chairs & Co" || got.Task == nil || got.Task.Text != "Call +1" ||
		!got.Task.Due.Equal(now.Add(90*time.Minute)) {
		t.Errorf("%+v %+v", got, got.Task)
	}
	if p := got.From.Path("custom_fields_values.3.values.0.value"); p != "fields.custom_fields_values[4].values[0].value" {
		t.Errorf("the CRM's path leads to %s", p)
	}
	if after, err := json.Marshal(r); err != nil || string(after) != string(before) {
		t.Errorf("the request itself was changed: %s", after)
	}
}

func TestPlan_nothingGivenIsNothingSent(t *testing.T) {
	m := vocabulary()
	got, err := Make(request.Request{TicketID: 77}, testTicket(), &m, "en", time.Now(), false)
	if d := cmp.Diff(bulk.Deal{}, got.Deal, cmpopts.IgnoreUnexported(bulk.Contact{})); d != "" || err != nil || got.Task != nil || got.Comment != "" || got.Company != "" {
		t.Errorf("%v %+v\n%s", err, got, d)
	}
}

func TestPlan_longAndBlankTexts(t *testing.T) {
	m, ticket := vocabulary(), testTicket()
	ticket.Subject = strings.Repeat("ж", 300)
	r := request.Request{TicketID: 77, Comment: strings.Repeat("{{ticket.subject}}", 100), Tags: []string{"{{ticket.subject}}"},
		Company: "{{ticket.subject}}", Task: &request.TaskRequest{Text: "{{client.site}}"}, Fields: request.LeadFields{Name: "{{ticket.subject}}{{ticket.subject}}"}}
	got, err := Make(r, ticket, &m, "en", time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string][2]int{
		"name": {len([]rune(got.Deal.Name)), request.MaxName}, "comment": {len([]rune(got.Comment)), request.MaxComment},
		"tag": {len([]rune(got.Deal.Tags[0])), request.MaxName}, "company": {len([]rune(got.Company)), request.MaxName},
	} {
		if n[0] != n[1] {
			t.Errorf("%s has %d characters, want %d", what, n[0], n[1])
		}
	}
	if got.Task.Text != got.Deal.Name {
		t.Errorf("a task without words says %q", got.Task.Text)
	}
}

func TestResolve_namesThatAreNotThere(t *testing.T) {
	one := func(name, raw string) request.LeadFields {
		return request.LeadFields{Custom: []request.CustomField{{FieldName: name, At: "fields.custom_fields." + name, Values: value(raw)}}}
	}
	hidden := names()
	hidden.UsersHidden = true
	cases := []struct {
		name   string
		fields request.LeadFields
		want   string // path code, and a part of the detail
	}{
		{"pipeline", request.LeadFields{Pipeline: "Slaes"}, "fields.pipeline unknown_choice: did you mean 10 (Sales)?"},
		{"archived pipeline", request.LeadFields{Pipeline: "Old"}, "fields.pipeline unknown_choice: accepted: 10 (Sales)"},
		{"two pipelines", request.LeadFields{Pipeline: "Support"}, "fields.pipeline ambiguous_name: 20 (Support), 40 (support )"},
		{"pipeline by its id", request.LeadFields{Pipeline: "20", Status: "open"}, ""},
		{"stage", request.LeadFields{Pipeline: "Sales", Status: "Nwe"}, "fields.status unknown_choice: pipeline 10 (Sales) has no such stage; did you mean 100 (New)?"},
		{"stage of another pipeline", request.LeadFields{PipelineID: 10, Status: "Open"}, "fields.status unknown_choice: accepted: 100 (New), 142 (Won)"},
		{"stage of several pipelines", request.LeadFields{Status: "won"}, "fields.status ambiguous_name: 10 (Sales), 20 (Support)"},
		{"stage twice in a pipeline", request.LeadFields{Status: "twice"}, "fields.status ambiguous_name: 400 (Twice), 401 (twice)"},
		{"stage of one pipeline", request.LeadFields{Status: "Open"}, ""},
		{"stage of none", request.LeadFields{Status: "Opne"}, "fields.status unknown_choice: did you mean 200 (Open)?"},
		{"stage of an unknown pipeline", request.LeadFields{PipelineID: 70, Status: "Open"}, "fields.status unknown_choice: pipeline 70 has no such stage"},
		{"id wins over name", request.LeadFields{PipelineID: 10, Pipeline: "none", StatusID: 100, Status: "none", ResponsibleID: 1, Responsible: "none"}, ""},
		{"two users", request.LeadFields{Responsible: "BO"}, "fields.responsible_user ambiguous_name: 3 (Bo), 4 (bo)"},
		{"inactive user", request.LeadFields{Responsible: "gone"}, "fields.responsible_user unknown_choice: 2 (Gone) is deactivated"},
		{"free user", request.LeadFields{Responsible: "Free"}, "fields.responsible_user unknown_choice: 5 (Free) is deactivated"},
		{"user", request.LeadFields{Responsible: "Anne"}, "fields.responsible_user unknown_choice: did you mean 1 (Ann)?"},
		{"address", request.LeadFields{Responsible: "bo@exmaple.com"}, "fields.responsible_user unknown_choice: did you mean 3 (bo@example.com)?"},
		{"field", one("Siez", `"M"`), "fields.custom_fields.Siez unknown_choice: did you mean 5 (Size)?"},
		{"two fields", one("Double", `"M"`), "fields.custom_fields.Double ambiguous_name: 9 (Double), 10 (double)"},
		{"choice", one("Size", `"Mm"`), "fields.custom_fields.Size unknown_choice: accepted: 50 (S), 51 (M)"},
		{"no number", one("Sum", `"much"`), "fields.custom_fields.Sum wrong_type: takes a number"},
		{"number", one("Sum", `1`), ""},
		{"computed", one("Counted", `1`), "fields.custom_fields.Counted wrong_type: by amoCRM itself"},
		{"yet to be filled", one("Sum", `"{{ticket.field.1}}"`), ""},
		{"ids are the CRM's affair", request.LeadFields{PipelineID: 70, StatusID: 5, ResponsibleID: 70,
			Custom: []request.CustomField{{FieldID: 5, Values: []request.CustomValue{{EnumID: 9}}}, {FieldCode: "X", Values: value("1")}}}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, found := resolve(request.Request{TicketID: 1, Fields: c.fields}, names(), false)
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
	if _, found := resolve(request.Request{Fields: request.LeadFields{Responsible: "Ann"}}, hidden, false); len(found) != 1 || found[0].Key != "users_hidden" {
		t.Errorf("users that can't be read: %+v", found)
	}
}

func TestPlan_aNameThatIsNotThereIsLeftOut(t *testing.T) {
	m := names()
	r := request.Request{TicketID: 1, Fields: request.LeadFields{Name: "n", Pipeline: "None", Status: "Open", Responsible: "Nobody",
		Custom: []request.CustomField{{FieldName: "Siez", Values: value(`"M"`)}, {FieldName: "Sum", Values: value(`"much"`)}, {FieldName: "Size", Values: value(`"M"`)}}}}
	got, err := Make(r, testTicket(), &m, "en", time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, p := range got.Remarks {
		left = append(left, p.Path+" "+p.Given)
	}
	want := []string{"fields.pipeline None", "fields.responsible_user Nobody", "fields.custom_fields_values[0].field_name Siez: M",
		"fields.custom_fields_values[1].values[0].value much"}
	if d := cmp.Diff(want, left); d != "" {
		t.Error(d)
	}
	if in := got.Deal; in.Name != "n" || in.StatusID != 200 || in.PipelineID != 20 || in.ResponsibleID != 0 || len(in.Fields) != 1 || in.Fields[0].FieldID != 5 {
		t.Errorf("the rest is %+v", in)
	}
	r.Strict = true
	var refused *request.Problems
	if _, err := Make(r, testTicket(), &m, "en", time.Now(), false); !errors.As(err, &refused) || len(refused.List) != len(want) {
		t.Errorf("strict: %v", err)
	}
	if got, err := Make(request.Request{Fields: request.LeadFields{Status: "New"}}, testTicket(), nil, "en", time.Now(), false); err != nil || len(got.Remarks) != 1 {
		t.Errorf("a name without a vocabulary: %v %+v", err, got.Remarks)
	}
}

func TestPlan_idsThatAreGoneAreLeftOutOnceJudged(t *testing.T) {
	m := names()
	r := request.Request{Fields: request.LeadFields{PipelineID: 70, StatusID: 5, ResponsibleID: 70, Custom: []request.CustomField{
		{FieldID: 5, Values: []request.CustomValue{{EnumID: 9}}}, {FieldCode: "X", Values: value("1")}, {FieldID: 5, Values: []request.CustomValue{{EnumID: 51}, {EnumID: 50}}}}}}
	got, err := Make(r, testTicket(), &m, "en", time.Now(), true)
	if err != nil || len(got.Remarks) != 6 {
		t.Errorf("%v %+v", err, got.Remarks)
	}
	if in := got.Deal; in.PipelineID+in.StatusID+in.ResponsibleID != 0 || len(in.Fields) != 1 || len(in.Fields[0].Values) != 1 || in.Fields[0].Values[0].EnumID != 51 {
		t.Errorf("%+v", in)
	}
}

func TestPlan_aTextThatATicketMakesTooLongIsCut(t *testing.T) {
	m, ticket := names(), testTicket()
	ticket.Subject = strings.Repeat("ж", 300)
	got, err := Make(request.Request{Fields: request.LeadFields{Name: "{{ticket.subject}}"}, Company: "{{ticket.subject}}"}, ticket, &m, "en", time.Now(), false)
	if err != nil || len([]rune(got.Deal.Name)) != request.MaxName || len([]rune(got.Company)) != request.MaxName || len(got.Remarks) != 2 ||
		got.Remarks[0].Path != "fields.name" || got.Remarks[0].Given != ticket.Subject {
		t.Errorf("%v %+v", err, got)
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
		r := request.Request{Comment: text, Tags: []string{text}, Company: text, Task: &request.TaskRequest{Text: text}, Fields: request.LeadFields{Name: text,
			Pipeline: pipeline, Status: stage, Custom: []request.CustomField{{FieldName: "Code", Values: []request.CustomValue{{Value: raw}}}}}}
		got, err := Make(r, helpdesk.Ticket{Subject: said, Client: helpdesk.Client{Name: said}}, &m, "en", time.Now(), false)
		var refused *request.Problems
		if errors.As(err, &refused) && len(refused.List) > 0 {
			return
		}
		if err != nil || len([]rune(got.Comment)) > request.MaxComment || len([]rune(got.Company)) > request.MaxName {
			t.Errorf("%v %+v", err, got)
		}
	})
}

// What a list of the accepted names is copied from is accepted as it stands there: 10 (Sales).
func TestResolve_takesNamesAsMessagesWriteThem(t *testing.T) {
	m := names()
	for _, p := range m.Open() {
		r, found := resolve(request.Request{TicketID: 1, Fields: request.LeadFields{Pipeline: ref(p.ID, p.Name).String()}}, m, true)
		if len(found) > 0 || r.Fields.PipelineID != int64(p.ID) {
			t.Errorf("pipeline %s: %d, %v", p.Name, r.Fields.PipelineID, found)
		}
		for _, s := range p.Statuses {
			r, found := resolve(request.Request{TicketID: 1, Fields: request.LeadFields{PipelineID: int64(p.ID), Status: ref(s.ID, s.Name).String()}}, m, true)
			if len(found) > 0 || r.Fields.StatusID != int64(s.ID) {
				t.Errorf("stage %s: %d, %v", s.Name, r.Fields.StatusID, found)
			}
		}
	}
	for _, u := range m.Assignable() {
		r, found := resolve(request.Request{TicketID: 1, Fields: request.LeadFields{Responsible: ref(u.ID, u.Name).String()}}, m, true)
		if len(found) > 0 || r.Fields.ResponsibleID != int64(u.ID) {
			t.Errorf("user %s: %d, %v", u.Name, r.Fields.ResponsibleID, found)
		}
	}
	for _, f := range m.LeadFields {
		custom := request.CustomField{FieldName: ref(f.ID, f.Name).String(), Values: value(`null`)}
		r, found := resolve(request.Request{TicketID: 1, Fields: request.LeadFields{Custom: []request.CustomField{custom}}}, m, true)
		if r.Fields.Custom[0].FieldID != int64(f.ID) || len(found) > 0 && !f.IsComputed {
			t.Errorf("field %s: %d, %v", f.Name, r.Fields.Custom[0].FieldID, found)
		}
	}
	if _, found := resolve(request.Request{TicketID: 1, Fields: request.LeadFields{Pipeline: "99 (Sales)"}}, m, true); len(found) != 1 {
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
		r, _, err := request.Bind("application/json", []byte(`{"ticketId":1,"fields":{"price":`+c.json+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		m := names()
		m.Account.Currency = c.currency
		got, err := Make(r, testTicket(), &m, c.lang, time.Now(), false)
		key := ""
		if len(got.Remarks) == 1 {
			key = got.Remarks[0].Key
		}
		if err != nil || string(got.Deal.Price) != c.want || key != c.key {
			t.Errorf("%s (%s, %s) is %q with %v, %v", c.json, c.lang, c.currency, got.Deal.Price, got.Remarks, err)
		}
	}
}

func value(raw ...string) (out []request.CustomValue) {
	for _, s := range raw {
		out = append(out, request.CustomValue{Value: json.RawMessage(s)})
	}
	return out
}
