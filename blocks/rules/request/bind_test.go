package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"github.com/sidecard/sidecard/internal/body"
)

const jsonType = "application/json"

// publishedRule is the helpdesk's published example with its variable filled in.
func publishedRule(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "usedesk", "freecreatelead.trigger-action.json"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(raw, []byte("{{ticket_id}}"), []byte("101"))
}

func ruleData(t *testing.T) map[string]any {
	t.Helper()
	var doc struct{ Data map[string]any }
	if err := json.Unmarshal(publishedRule(t), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Data
}

// brackets writes a tree as PHP does.
func brackets(name string, v any, out url.Values) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			key := k
			if name != "" {
				key = name + "[" + k + "]"
			}
			brackets(key, x, out)
		}
	case []any:
		for i, x := range v {
			brackets(fmt.Sprintf("%s[%d]", name, i), x, out)
		}
	case float64:
		out.Set(name, fmt.Sprintf("%.0f", v))
	default:
		out.Set(name, fmt.Sprint(v))
	}
}

func wantPublished(text string) Request {
	return Request{
		AmoClientID: "1ff6828b-c10c-43f8-98d0-370001e85b6c", TicketID: 101, Comment: "4444",
		Fields: LeadFields{Name: "gg", Price: "1", StatusID: 55524250, PipelineID: 6516490, ResponsibleID: 9311182,
			Custom: []CustomField{
				{FieldID: 1025541, Values: []CustomValue{{Value: json.RawMessage(text)}}},
				{FieldID: 1372537, Values: []CustomValue{{EnumID: 705377}}},
				{FieldID: 1372539, Values: []CustomValue{{EnumID: 705381}, {EnumID: 705385}}},
			}},
	}
}

func TestBind_publishedRuleInEveryEncoding(t *testing.T) {
	data := ruleData(t)
	bare, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	form, wrappedForm := url.Values{}, url.Values{}
	brackets("", data, form)
	brackets("data", data, wrappedForm)
	wrappedForm.Set("url", "https://sidecard.example.com/api/freeCreateLead")
	var multi bytes.Buffer
	w := multipart.NewWriter(&multi)
	for k := range form {
		if err := w.WriteField(k, form.Get(k)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const formType = "application/x-www-form-urlencoded; charset=utf-8"
	want := wantPublished(`"asd"`)
	fields, err := json.Marshal(data["fields"])
	if err != nil {
		t.Fatal(err)
	}
	twice, err := json.Marshal(string(bare))
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(bare)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, contentType, body string }{
		{"bare JSON", jsonType + "; charset=UTF-8", string(bare)},
		{"JSON with a byte order mark", jsonType, "\xef\xbb\xbf" + string(bare)},
		{"wrapped JSON", jsonType, string(publishedRule(t))},
		{"JSON that is called a form", formType, string(bare)},
		{"JSON that is called nothing", "", string(bare)},
		{"form", formType, form.Encode()},
		{"wrapped form", formType, wrappedForm.Encode()},
		{"form with the data as JSON text", formType, url.Values{"data": {string(bare)}}.Encode()},
		{"form with another field as JSON text", formType, url.Values{"payload": {string(bare)}, "source": {"form"}}.Encode()},
		{"form with the fields as JSON text", formType, url.Values{"amoClientId": {want.AmoClientID}, "ticketId": {"101"}, "comment": {"4444"}, "fields": {string(fields)}}.Encode()},
		{"form whose only name is the data", formType, url.QueryEscape(string(bare)) + "="},
		{"JSON as text", "text/plain", string(bare)},
		{"doubled content type", jsonType + ", " + jsonType, string(bare)},
		{"JSON that was encoded twice", jsonType, string(twice)},
		{"in UTF-16", jsonType, string(utf16)},
		{"multipart", w.FormDataContentType(), multi.String()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, key, err := Bind(c.contentType, []byte(c.body))
			if err != nil || key != "" {
				t.Fatalf("key %q, error %v", key, err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestBind_looseTypes(t *testing.T) {
	got, key, err := Bind(jsonType, []byte(`{"key":" sk_abc ","ticketId":" 7 ","comment":4444,"note":"ignored","fields":{
		"name":12,"price":"","status_id":"55","pipeline_id":6.0,
		"custom_fields_values":{"0":{"field_id":"9","values":[{"value":""},{"value":true}]},
		                        "1":{"field_code":"SITE","values":[{"value":null}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Request{TicketID: 7, Comment: "4444", Fields: LeadFields{Name: "12", StatusID: 55, PipelineID: 6,
		Custom: []CustomField{
			{FieldID: 9, Values: []CustomValue{{Value: json.RawMessage(`""`)}, {Value: json.RawMessage(`true`)}}},
			{FieldCode: "SITE", Values: []CustomValue{{Value: json.RawMessage(`null`)}}},
		}}}
	if d := cmp.Diff(want, got); d != "" || key != "sk_abc" {
		t.Errorf("key %q\n%s", key, d)
	}
}

// mistakes are the paths and codes of what is wrong with a body: what stops the job, and with a ~ what is left out.
func mistakes(t *testing.T, body string) (r Request, got []string) {
	t.Helper()
	r, _, err := Bind(jsonType, []byte(body))
	var p *Problems
	if err != nil && !errors.As(err, &p) {
		t.Fatalf("got %v, want problems", err)
	}
	if p == nil {
		p = &Problems{}
	}
	for _, x := range append(p.List, r.Remarks...) {
		mark := ""
		if x.Remark {
			mark = "~"
		}
		got = append(got, mark+x.Path+" "+x.Code)
		if x.Detail == "" || x.Remark && x.Given == "" && x.Code != CodeRequired {
			t.Errorf("%s says nothing", x.Path)
		}
	}
	return r, got
}

func TestBind_namesEveryMistakeAtOnce(t *testing.T) {
	long := strings.Repeat("ж", MaxComment+1)
	many := strings.TrimSuffix(strings.Repeat(`{"field_id":1,"values":[{"value":"x"}]},`, MaxFields+1), ",")
	cases := []struct {
		name, body string
		want       []string // path code
	}{
		{"blank ticket", `{"ticketId":" ","fields":{}}`, []string{"ticketId unfilled_variable"}},
		{"variable not filled in", `{"ticketId":"{{ticket_id}}","fields":{}}`, []string{"ticketId unfilled_variable"}},
		{"nothing", `{}`, []string{"fields required", "ticketId required"}},
		{"ticket under another name", `{"ticket_id":5,"fields":{}}`, []string{"ticketId required"}},
		{"ticket 0", `{"ticketId":0,"fields":{}}`, []string{"ticketId out_of_range"}},
		{"ticket is a word", `{"ticketId":"abc","fields":{}}`, []string{"ticketId wrong_type"}},
		{"fields is text", `{"ticketId":1,"fields":"x"}`, []string{"fields wrong_type"}},
		{"fields is nothing", `{"ticketId":1,"fields":null}`, []string{"fields required"}},
		{"values too long together", `{"ticketId":1,"fields":{"custom_fields_values":[{"field_id":1,"values":[{"value":"` + strings.Repeat("x", MaxValues/2) +
			`"}]},{"field_id":2,"values":[{"value":"` + strings.Repeat("x", MaxValues/2) + `"}]}]}}`, []string{"~fields.custom_fields_values[1] too_long"}},
		{"too long", `{"ticketId":1,"fields":{"name":"` + long[:2*256] + `"},"comment":"` + long + `"}`,
			[]string{"~comment too_long", "~fields.name too_long"}},
		{"too many fields", `{"ticketId":1,"fields":{"custom_fields_values":[` + many + `]}}`,
			[]string{"~fields.custom_fields_values too_many"}},
		{"long integration", `{"ticketId":1,"amoClientId":"` + long[:2*101] + `","fields":{}}`, []string{"amoClientId too_long"}},
		{"odd options", `{"ticketId":1,"use_mapping":"maybe","strict":"very","fields":{}}`, []string{"strict wrong_type", "use_mapping wrong_type"}},
		{"all over", `{"ticketId":1,"fields":{"statusId":5,"price":-1,"status_id":-2,"pipeline_id":"x","name":{"a":1},
			"custom_fields_values":[
				{"field_id":0,"values":[{"enum_id":1}]},
				{"values":[{"value":"a"},{"enum_id":"z"}]},
				{"field_id":3,"values":[]},
				{"field_id":4,"values":[{}, {"enumId":4}]},
				{"field_id":5,"value":"x"}, "six"]}}`,
			[]string{
				"fields.custom_fields_values[3].values[1].enumId unknown_key",
				"fields.custom_fields_values[4].value unknown_key",
				"fields.statusId unknown_key",
				"~fields.custom_fields_values[0].field_id out_of_range",
				"~fields.custom_fields_values[1].field_id required",
				"~fields.custom_fields_values[1].values[1].enum_id wrong_type",
				"~fields.custom_fields_values[2].values required",
				"~fields.custom_fields_values[3].values[0] required",
				"~fields.custom_fields_values[4].values required",
				"~fields.custom_fields_values[5] wrong_type",
				"~fields.name wrong_type",
				"~fields.pipeline_id wrong_type",
				"~fields.price out_of_range",
				"~fields.status_id out_of_range",
			}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, got := mistakes(t, c.body)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestBind_whatAValueCarriesCostsTheValueOnly(t *testing.T) {
	subject := strings.Repeat("ж", 300)
	r, got := mistakes(t, `{"ticketId":1,"comment":{"a":1},"company":7,"tags":["a",["b"]],"task":{"text":"Call","due_in":"soon"},"fields":{
		"name":"`+subject+`","price":-5,"status_id":"won","responsible_user_id":[],"custom_fields_values":[
			{"field_id":"x","values":[{"value":"lost with its field"}]},
			{"field_id":5,"values":[{"value":"stays"},{"enum_id":"one"}]}]}}`)
	want := []string{"~comment wrong_type", "~fields.custom_fields_values[0].field_id wrong_type",
		"~fields.custom_fields_values[1].values[1].enum_id wrong_type", "~fields.name too_long", "~fields.price out_of_range",
		"~fields.responsible_user_id wrong_type", "~fields.status_id wrong_type", "~tags[1] wrong_type", "~task.due_in wrong_type"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.Remarks[3].Given != subject || r.Remarks[4].Given != "-5" || r.Remarks[0].Given != `{"a":1}` {
		t.Errorf("remarks hold %+v", r.Remarks)
	}
	r.Remarks = nil
	left := Request{TicketID: 1, Company: "7", Tags: []string{"a"}, Task: &TaskRequest{Text: "Call"}, Fields: LeadFields{Name: subject[:2*MaxName],
		Custom: []CustomField{{}, {FieldID: 5, Values: []CustomValue{{Value: json.RawMessage(`"stays"`)}, {}}}}}}
	if d := cmp.Diff(left, r); d != "" {
		t.Error(d)
	}
}

func TestBind_flagsAsTextsAndNumbers(t *testing.T) {
	for body, want := range map[string]Request{
		`"use_mapping":true,"strict":"0"`: {UseMapping: true}, `"use_mapping":" TRUE ","strict":1`: {UseMapping: true, Strict: true},
		`"use_mapping":2,"strict":"1.0"`: {UseMapping: true, Strict: true}, `"use_mapping":[],"strict":" "`: {}, `"use_mapping":null,"strict":""`: {},
	} {
		got, _, err := Bind(jsonType, []byte(`{"ticketId":1,"fields":{},`+body+`}`))
		if err != nil || got.UseMapping != want.UseMapping || got.Strict != want.Strict {
			t.Errorf("%s: %v %v, %v", body, got.UseMapping, got.Strict, err)
		}
	}
}

func TestBind_strictRefusesValuesToo(t *testing.T) {
	_, got := mistakes(t, `{"ticketId":1,"strict":true,"fields":{"price":-5}}`)
	if d := cmp.Diff([]string{"fields.price out_of_range"}, got); d != "" {
		t.Error(d)
	}
}

func TestBind_unknownKeySaysWhatIsAccepted(t *testing.T) {
	_, _, err := Bind(jsonType, []byte(`{"ticketId":1,"fields":{"pipline_id":5}}`))
	if err == nil || !strings.Contains(err.Error(), `fields.pipline_id: is not known here; did you mean "pipeline_id"? accepted: name, price, status_id`) {
		t.Errorf("got %v", err)
	}
}

func TestBind_keyComesBackBesideProblems(t *testing.T) {
	_, key, err := Bind(jsonType, []byte(`{"data":{"key":"sk_x","fields":{}}}`))
	if key != "sk_x" || err == nil {
		t.Errorf("key %q, error %v", key, err)
	}
}

func TestBind_brokenBodies(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	cases := []struct{ name, contentType, body, want string }{
		{"no JSON", jsonType, "{\n \"a\": 1, // note\n \"b\": ?}", "line 3, column 7: invalid character '?'"},
		{"cut", jsonType, `{"ticketId":`, "line 1, column 12: the JSON ends too early"},
		{"trailing", jsonType, "{}\n{}", "there is more after the end"},
		{"empty", jsonType, "", "the body is empty"},
		{"many values", jsonType, `{"a":[` + strings.Repeat("1,", 10_000) + "1]}", "more than 10000 values"},
		{"list", jsonType, "[]", "must be a JSON object"},
		{"not UTF-8", jsonType, "{\"comment\":\"\xff\"}", "not UTF-8"},
		{"deep form", form, "a" + strings.Repeat("[b]", 20) + "=1", "can't be read"},
		{"open bracket", form, "a[b=1", "can't be read"},
		{"value and group", form, "a=1&a[b]=2", "both a value and a group"},
		{"group and value", form, "a[b]=2&a=1", "both a value and a group"},
		{"many pairs", form, strings.Repeat("a=1&", 2001), "more than 2000"},
		{"multipart without boundary", "multipart/form-data", "x", "without a boundary"},
		{"multipart cut", "multipart/form-data; boundary=x", "--x\r\nContent-Disp", "broken"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Bind(c.contentType, []byte(c.body))
			var s *body.SyntaxError
			if !errors.As(err, &s) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	for _, kind := range []string{"text/plain", "application/xml", "", "/;"} {
		var ct *body.ContentTypeError
		if _, _, err := Bind(kind, []byte("<x/>")); !errors.As(err, &ct) {
			t.Errorf("%q: got %v, want a content type error", kind, err)
		}
	}
}

func TestBind_phpEmptyFields(t *testing.T) {
	if _, _, err := Bind(jsonType, []byte(`{"ticketId":"1","fields":[]}`)); err != nil {
		t.Error(err)
	}
}

func FuzzBind(f *testing.F) {
	f.Add(jsonType, []byte(`{"ticketId":1,"fields":{"custom_fields_values":[{"field_id":1,"values":[{"value":{"a":1}}]}]}}`))
	f.Add("application/x-www-form-urlencoded", []byte("fields[a][][b]=1&ticketId=4"))
	f.Add("text/plain", []byte("{\"ticketId\":1, // one\nand two\n\"fields\":{},}"))
	f.Add("application/x-www-form-urlencoded", []byte("payload=%7B%22ticketId%22%3A1%2C%22fields%22%3A%22%7B%7D%22%7D&x=1"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r, _, err := Bind(contentType, body)
		if err == nil && r.TicketID <= 0 {
			t.Errorf("accepted without a ticket: %s", body)
		}
	})
}

// A form names custom fields by their ids, which are no indices of a list.
func TestBind_aFormsCustomFieldsAreFoundByTheirIds(t *testing.T) {
	t.Parallel()
	r, _, err := Bind("application/x-www-form-urlencoded",
		[]byte("ticketId=7&fields[name]=x&fields[custom_fields][1025541]=web&fields[custom_fields][1372537][]=a&fields[custom_fields][1372537][]=b"))
	if err != nil || len(r.Remarks) != 0 || len(r.Fields.Custom) != 2 || len(r.Fields.Custom[1].Values) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}
