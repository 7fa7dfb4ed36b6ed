package deals

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

func TestLeadInput_checksEverythingAtOnce(t *testing.T) {
	m := crmtest.Meta(t)
	good := func(change func(*Draft)) Draft {
		d := Draft{Name: "Lamp", ContactID: 11, PipelineID: 31, StatusID: 312, ResponsibleID: 501, Price: "1500",
			Fields: map[int64][]string{901: {"71"}, 906: {"Example street 1"}}}
		change(&d)
		return d
	}
	for _, c := range []struct {
		name   string
		change func(*Draft)
		want   []string
	}{
		{"good", func(*Draft) {}, nil},
		{"no name", func(d *Draft) { d.Name = "  " }, []string{"name error.required"}},
		{"negative price", func(d *Draft) { d.Price = "-1" }, []string{"price error.negative"}},
		{"stage asks for fields", func(d *Draft) { d.Fields = nil },
			[]string{"fields.901 error.required", "fields.906 error.required"}},
		{"blank is not given", func(d *Draft) { d.Fields[906] = []string{" ", ""} }, []string{"fields.906 error.required"}},
		{"another stage asks for nothing", func(d *Draft) { d.StatusID, d.Fields = 311, nil }, nil},
		{"unsorted is no target", func(d *Draft) { d.StatusID = 310 }, []string{"status_id error.bad_choice"}},
		{"stage of another pipeline", func(d *Draft) { d.PipelineID, d.Fields = 32, map[int64][]string{906: {"x"}} },
			[]string{"status_id error.bad_choice"}},
		{"archived pipeline", func(d *Draft) { d.PipelineID, d.StatusID = 33, 331 }, []string{"pipeline_id error.bad_choice"}},
		{"no stage", func(d *Draft) { d.PipelineID, d.StatusID = 0, 0 }, []string{"pipeline_id error.required"}},
		{"responsible has left", func(d *Draft) { d.ResponsibleID = 502 }, []string{"responsible_id error.bad_choice"}},
		{"responsible is a free user", func(d *Draft) { d.ResponsibleID = 503 }, []string{"responsible_id error.bad_choice"}},
		{"no such choice", func(d *Draft) { d.Fields[901] = []string{"Sofa"} }, []string{"fields.901 error.bad_value"}},
		{"field is gone", func(d *Draft) { d.Fields[999] = []string{"x"} }, []string{"fields.999 error.bad_choice"}},
		{"note too long", func(d *Draft) { d.NoteText = strings.Repeat("n", feed.MaxRunes+1) }, []string{"note error.too_long"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := leadInput(good(c.change), m)
			if d := cmp.Diff(c.want, crmtest.Problems(t, err)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLeadInput_wireForm(t *testing.T) {
	in, sent, err := leadInput(Draft{Name: " Lamp ", ContactID: 11, PipelineID: 31, StatusID: 312, Price: "1 500 ₽",
		Fields: map[int64][]string{906: {"Example street 1"}, 902: {""}, 901: {"71"}}}, crmtest.Meta(t))
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
	if got := sent.FormPath("custom_fields_values.1.values.0.value"); got != "fields.906" {
		t.Errorf("amoCRM's second field is the form's %q", got)
	}
	if got := sent.FormPath("_embedded.contacts.0.id"); got != "contact_id" {
		t.Errorf("amoCRM's contact is the form's %q", got)
	}
}

func TestLeadInput_hiddenUsersAreTrusted(t *testing.T) {
	m := crmtest.Meta(t)
	m.Users, m.UsersHidden = nil, true
	if _, _, err := leadInput(Draft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 777}, m); err != nil {
		t.Errorf("a responsible that can't be checked was refused: %v", err)
	}
}

func TestDealForm_filledFromTheTicket(t *testing.T) {
	f := formOf(crmtest.Meta(t), helpdesk.Ticket{Subject: " Lamp is dark ", LastMessage: "for the agent to choose"})
	want := Draft{Name: "Lamp is dark", PipelineID: 31, StatusID: 311, ResponsibleID: 501}
	if d := cmp.Diff(want, f.Draft); d != "" {
		t.Error(d)
	}
	if f.Currency != "RUB" || len(f.Pipelines) != 2 || len(f.Users) != 1 {
		t.Errorf("currency %q, %d pipelines, %d users", f.Currency, len(f.Pipelines), len(f.Users))
	}
	if got := formOf(crm.Meta{}, helpdesk.Ticket{Client: helpdesk.Client{Name: "Anna"}}).Draft.Name; got != "Anna" {
		t.Errorf("ticket without subject makes deal %q", got)
	}
}
