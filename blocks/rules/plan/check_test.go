package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

func TestSent_pathOfTheRule(t *testing.T) {
	s := Sent{{index: 2, values: []int{1, 3}}}
	for crm, want := range map[string]string{
		"status_id":                                                  "fields.status_id",
		"custom_fields_values":                                       "fields.custom_fields_values",
		"custom_fields_values.0.field_id":                            "fields.custom_fields_values[2].field_id",
		"custom_fields_values.0.values.1.value":                      "fields.custom_fields_values[2].values[3].value",
		"custom_fields_values.7.values.9.value":                      "fields.custom_fields_values[7].values[9].value",
		"_embedded.contacts.0.responsible_user_id":                   "contact.responsible_user_id",
		"_embedded.contacts.0.custom_fields_values.1.values.0.value": "contact.custom_fields_values[1].values[0].value",
	} {
		if got := s.Path(crm); got != want {
			t.Errorf("%s leads to %s, want %s", crm, got, want)
		}
	}
}

func vocabulary() crm.Meta {
	return crm.Meta{
		At:    time.Now(),
		Users: []amocrm.User{{ID: 1, Name: "Ann", IsActive: true}, {ID: 2, Name: "Gone"}},
		Pipelines: []amocrm.Pipeline{
			{ID: 10, Name: "Sales", Statuses: []amocrm.Status{{ID: 100, Name: "New"}, {ID: 142, Name: "Won"}}},
			{ID: 20, Name: "Support", Statuses: []amocrm.Status{{ID: 200, Name: "Open"}, {ID: 142, Name: "Won"}}}},
		LeadFields: []amocrm.Field{
			{ID: 5, Name: "Size", Type: "select", Enums: []amocrm.Enum{{ID: 50, Value: "S"}, {ID: 51, Value: "M"}}},
			{ID: 6, Name: "When", Type: "date"}, {ID: 7, Name: "Odd", Type: "hologram"}, {ID: 8, Name: "Code", Code: "UTM", Type: "text"}},
	}
}

func TestCheck_namesWhatTheAccountLacksAndWhatItHas(t *testing.T) {
	one := func(c request.CustomField) request.LeadFields {
		return request.LeadFields{Custom: []request.CustomField{c}}
	}
	text := func(s string) []request.CustomValue { return []request.CustomValue{{Value: []byte(s)}} }
	cases := []struct {
		name   string
		fields request.LeadFields
		want   string // path code, and a part of the detail
	}{
		{"all known", request.LeadFields{PipelineID: 10, StatusID: 100, ResponsibleID: 1}, ""},
		{"nothing given", request.LeadFields{}, ""},
		{"pipeline", request.LeadFields{PipelineID: 30, StatusID: 100}, "fields.pipeline_id unknown_choice: 10 (Sales), 20 (Support)"},
		{"stage of another pipeline", request.LeadFields{PipelineID: 10, StatusID: 200}, "fields.status_id unknown_choice: 100 (New), 142 (Won)"},
		{"stage alone", request.LeadFields{StatusID: 200}, ""},
		{"unknown stage alone", request.LeadFields{StatusID: 5}, "fields.status_id unknown_choice: 10 (Sales)"},
		{"user", request.LeadFields{ResponsibleID: 3}, "fields.responsible_user_id unknown_choice: 1 (Ann)"},
		{"field", one(request.CustomField{FieldID: 99, Values: text(`"x"`)}), "fields.custom_fields_values[0].field_id unknown_choice: 5 (Size), 6 (When)"},
		{"field code", one(request.CustomField{FieldCode: "NONE", Values: text(`"x"`)}), "fields.custom_fields_values[0].field_code unknown_choice"},
		{"known field code", one(request.CustomField{FieldCode: "utm", Values: text(`"x"`)}), ""},
		{"choice", one(request.CustomField{FieldID: 5, Values: []request.CustomValue{{EnumID: 52}}}),
			"fields.custom_fields_values[0].values[0].enum_id unknown_choice: 50 (S), 51 (M)"},
		{"known choice", one(request.CustomField{FieldID: 5, Values: []request.CustomValue{{EnumID: 50}}}), ""},
		{"no date", one(request.CustomField{FieldID: 6, Values: text(`"soon"`)}), "fields.custom_fields_values[0].values[0].value wrong_type"},
		{"date", one(request.CustomField{FieldID: 6, Values: text(`"1577836800"`)}), ""},
		{"type that we don't know", one(request.CustomField{FieldID: 7, Values: text(`"x"`)}), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range Check(request.Request{TicketID: 1, Fields: c.fields}, vocabulary()) {
				got = append(got, p.Path+" "+p.Code+" "+p.Detail)
			}
			head, part, _ := strings.Cut(c.want, ": ")
			switch {
			case c.want == "":
				if d := cmp.Diff([]string(nil), got); d != "" {
					t.Error(d)
				}
			case len(got) != 1 || !strings.HasPrefix(got[0], head) || !strings.Contains(got[0], part):
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWould_stageThatRequiresAFieldAndStagesThatSurprise(t *testing.T) {
	m := names()
	m.Pipelines[0].IsMain = true
	m.Pipelines[0].Statuses = append([]amocrm.Status{{ID: 99, Name: "In", Type: amocrm.StatusTypeUnsorted}}, m.Pipelines[0].Statuses...)
	m.LeadFields[0].RequiredStatuses = []amocrm.PipelineStatus{{PipelineID: 10, StatusID: 100}}
	for name, c := range map[string]struct {
		fields request.LeadFields
		want   string
	}{
		"the first stage of the main pipeline requires it": {request.LeadFields{}, "required_field"},
		"given":           {request.LeadFields{Custom: []request.CustomField{{FieldName: "Size", Values: value(`"M"`)}}}, ""},
		"given but blank": {request.LeadFields{Custom: []request.CustomField{{FieldName: "Size", Values: value(`""`)}}}, "required_field"},
		"another stage":   {request.LeadFields{PipelineID: 20, StatusID: 200}, ""},
		"closed":          {request.LeadFields{PipelineID: 10, Status: "Won"}, "closed_stage"},
		"archived":        {request.LeadFields{PipelineID: 30}, "archived_pipeline"},
		"unsorted":        {request.LeadFields{PipelineID: 10, StatusID: 99}, "unsorted_stage"},
	} {
		r := request.Request{TicketID: 1, Fields: c.fields}
		p, err := Make(r, testTicket(), &m, "en", time.Now(), false)
		if err != nil {
			t.Fatal(err)
		}
		pipeline, stage := landing(p.Deal, m)
		var got []string
		for _, x := range slices.Concat(unfilled(p.Deal.Fields, pipeline, stage, m), doubts(r, pipeline, stage)) {
			got = append(got, x.Key)
			if x.Path == "" || !strings.Contains(x.Detail, stage.Name) && !strings.Contains(x.Detail, pipeline.Name) {
				t.Errorf("%s: %+v", name, x)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}

func TestMake_whatIsBlankOrLeftOutIsNotSent(t *testing.T) {
	for name, fields := range map[string]string{
		"blank": `"custom_fields_values":{"0":{"field_id":"9","values":[{"value":""},{"value":true}]},"1":{"field_code":"SITE","values":[{"value":null}]}}`,
		"left out": `"custom_fields_values":[{"field_id":"x","values":[{"value":"lost with its field"}]},
			{"field_id":9,"values":[{"enum_id":"one"},{"value":"stays"}]}]`,
	} {
		r, _, err := request.Bind("application/json", []byte(`{"ticketId":1,"fields":{`+fields+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		in, from := dealOf(r.Fields, nil)
		if len(in.Fields) != 1 || len(in.Fields[0].Values) != 1 || in.Fields[0].FieldID != 9 {
			t.Errorf("%s: sent %+v", name, in.Fields)
		}
		index := map[string]string{"blank": "0", "left out": "1"}[name]
		if p := from.Path("custom_fields_values.0.values.0.value"); p != "fields.custom_fields_values["+index+"].values[1].value" {
			t.Errorf("%s: the CRM's path leads to %s", name, p)
		}
	}
}
