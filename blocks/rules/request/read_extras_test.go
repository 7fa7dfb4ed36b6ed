package request

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func value(raw ...string) (out []CustomValue) {
	for _, s := range raw {
		out = append(out, CustomValue{Value: json.RawMessage(s)})
	}
	return out
}

func TestBind_namesTagsTaskAndCompany(t *testing.T) {
	fields := LeadFields{Name: "x", Pipeline: "Sales", Status: "New", Responsible: "ann@example.com", Custom: []CustomField{
		{FieldCode: "UTM", Values: value(`"a"`)},
		{FieldName: "Size", Values: value(`"M"`)},
		{FieldID: 123456, Values: value(`"x"`), At: "fields.custom_fields.123456"},
		{FieldName: "Source", Values: value(`"web"`), At: "fields.custom_fields.Source"},
		{FieldName: "UTM_SOURCE", Values: value(`"a"`, `"b"`), At: "fields.custom_fields.UTM_SOURCE"},
	}}
	want := Request{TicketID: 7, Fields: fields, Tags: []string{"vip", "new client"}, Company: "Chairs & Co",
		Task: &TaskRequest{Text: "Call", DueIn: "2d"}, IfOpenDeal: OpenDealAttach}
	const names = `"name":"x","pipeline":" Sales ","status":"New","responsible_user":"ann@example.com",
		"custom_fields_values":[{"field_code":"UTM","values":[{"value":"a"}]},{"field_name":"Size","values":[{"value":"M"}]}],
		"custom_fields":{"Source":"web","UTM_SOURCE":["a","b"],"123456":"x","Blank":"","None":null}`
	const list = `"tags":["vip"," new client ",""],"company":"Chairs & Co","task":{"text":"Call","due_in":"2d"},"if_open_deal":"Attach"`
	const text = `"tags":"vip, new client,","company":"Chairs & Co","task":{"text":"Call","due_in":"2d"},"if_open_deal":"attach"`
	form := url.Values{"ticketId": {"7"}, "fields[name]": {"x"}, "fields[pipeline]": {"Sales"}, "fields[status]": {"New"},
		"fields[responsible_user]": {"ann@example.com"}, "tags[0]": {"vip"}, "tags[1]": {"new client"}, "company": {"Chairs & Co"},
		"fields[custom_fields_values][0][field_code]":       {"UTM"},
		"fields[custom_fields_values][0][values][0][value]": {"a"},
		"fields[custom_fields_values][1][field_name]":       {"Size"},
		"fields[custom_fields_values][1][values][0][value]": {"M"},
		"fields[custom_fields][123456]":                     {"x"},
		"fields[custom_fields][Source]":                     {"web"},
		"fields[custom_fields][UTM_SOURCE][0]":              {"a"}, "fields[custom_fields][UTM_SOURCE][1]": {"b"},
		"task[text]": {"Call"}, "task[due_in]": {"2d"}, "if_open_deal": {"attach"}}
	for name, c := range map[string]struct{ kind, body string }{
		"beside fields":     {jsonType, `{"ticketId":7,"fields":{` + names + `},` + list + `}`},
		"inside fields":     {jsonType, `{"ticketId":7,"fields":{` + names + `,` + list + `},"tags":"","task":null}`},
		"tags with commas":  {jsonType, `{"ticketId":7,"fields":{` + names + `},` + text + `}`},
		"form with numbers": {"application/x-www-form-urlencoded", form.Encode()},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := Bind(c.kind, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// What is stored must be a rule again: it is shown to people, who edit and send it.
func TestBind_readsWhatItStores(t *testing.T) {
	in := Request{TicketID: 7, Fields: LeadFields{Pipeline: "Sales", Custom: []CustomField{{FieldName: "Size", Values: value(`"M"`)}}},
		Tags: []string{"a"}, Company: "C", Task: &TaskRequest{Text: "Call"}, IfOpenDeal: OpenDealSkip, UseMapping: true}
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Bind(jsonType, raw)
	if d := cmp.Diff(in, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

func TestBind_blankExtrasAreNotGiven(t *testing.T) {
	got, _, err := Bind(jsonType, []byte(`{"ticketId":7,"fields":{"custom_fields":[]},"tags":"","company":"","task":[],"if_open_deal":""}`))
	if d := cmp.Diff(Request{TicketID: 7}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	got, _, err = Bind(jsonType, []byte(`{"ticketId":7,"fields":{},"task":"Call"}`))
	if d := cmp.Diff(Request{TicketID: 7, Task: &TaskRequest{Text: "Call"}}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

func TestBind_mistakesInExtras(t *testing.T) {
	long := strings.Repeat("ж", MaxName+1)
	tags := `["a"` + strings.Repeat(`,"a"`, 40) + `]`
	for name, c := range map[string]struct{ body, want string }{
		"both places":        {`"tags":"a","fields":{"tags":["b"]}`, "tags given_twice"},
		"many tags":          {`"fields":{"tags":` + tags + `}`, "~fields.tags too_many"},
		"long tag":           {`"fields":{},"tags":["a","` + long + `"]`, "~tags[1] too_long"},
		"tag that is none":   {`"fields":{},"tags":[{}]`, "~tags[0] wrong_type"},
		"tags are a number":  {`"fields":{},"tags":5`, "~tags wrong_type"},
		"long company":       {`"fields":{},"company":"` + long + `"`, "~company too_long"},
		"task without words": {`"fields":{},"task":{"due_in":"2d"}`, "~task.text required"},
		"long task":          {`"fields":{"task":"` + strings.Repeat("x", MaxTask+1) + `"}`, "~fields.task.text too_long"},
		"odd key in a task":  {`"fields":{},"task":{"text":"x","due":"2d"}`, "task.due unknown_key"},
		"due some day":       {`"fields":{},"task":{"text":"x","due_in":"soon"}`, "~task.due_in wrong_type"},
		"due at once":        {`"fields":{},"task":{"text":"x","due_in":"0m"}`, "~task.due_in out_of_range"},
		"due in two years":   {`"fields":{},"task":{"text":"x","due_in":"366d"}`, "~task.due_in out_of_range"},
		"open deal":          {`"fields":{},"if_open_deal":"merge"`, "if_open_deal unknown_choice"},
		"shorthand is text":  {`"fields":{"custom_fields":"x"}`, "~fields.custom_fields wrong_type"},
		"odd shorthand":      {`"fields":{"custom_fields":{"A":{"valeu":1}}}`, "fields.custom_fields.A.valeu unknown_key"},
		"long field name":    {`"fields":{"custom_fields":{"` + long + `":1}}`, "~fields.custom_fields." + long[:200] + " too_long"},
		"unknown template":   {`"fields":{"name":"{{client.nmae}}","custom_fields":{"A":["x","{{ticket.ids}}"]}}`, "~fields.custom_fields.A[1] unknown_template|~fields.name unknown_template"},
		"template in a tag":  {`"fields":{"tags":["{{ticket.x}}"],"task":"{{client.y}}"}`, "~fields.tags[0] unknown_template|~fields.task.text unknown_template"},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := mistakes(t, `{"ticketId":7,`+c.body+`}`)
			if d := cmp.Diff(strings.Split(c.want, "|"), got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestBind_bracesInAClientsWordsAreText(t *testing.T) {
	got, _, err := Bind(jsonType, []byte(`{"ticketId":7,"comment":"He writes: {{client_name}} and {{ foo }}","fields":{"name":"{{x}}"}}`))
	if err != nil || got.Comment != "He writes: {{client_name}} and {{ foo }}" {
		t.Errorf("%q %v", got.Comment, err)
	}
}

func TestBind_unknownTemplateSaysWhatWasMeant(t *testing.T) {
	r, _ := mistakes(t, `{"ticketId":7,"comment":"From {{client.nam}}","fields":{}}`)
	if len(r.Remarks) != 1 || !strings.HasPrefix(r.Remarks[0].Detail, "there is no {{client.nam}} here; did you mean {{client.name}}? accepted: client.name,") ||
		r.Comment != "From {{client.nam}}" {
		t.Errorf("%+v", r)
	}
	if _, got := mistakes(t, `{"ticketId":7,"comment":"{{ see below }} and {{ticket.field.12}} {{","fields":{}}`); len(got) > 0 {
		t.Errorf("braces that people write: %v", got)
	}
}

func TestFingerprint_ofARuleWithoutTheNewKeysStays(t *testing.T) {
	const before = "2d21366b74086a1951d58688f40688264139b8a7f6d2ac3f06d43f1bcb09d139"
	if got, err := wantPublished(`"asd"`).Fingerprint("t1", ""); got != before || err != nil {
		t.Errorf("a rule that fires again after an update would make a second deal: %s %v", got, err)
	}
}
