package deals

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/tenant"
)

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
		if got := Name(template, ticket); got != want {
			t.Errorf("%q gives %q, want %q", template, got, want)
		}
	}
	if got := Name("{{ticket.subject}}{{ticket.id}}", helpdesk.Ticket{Client: helpdesk.Client{Name: "Anna"}}); got != "Anna" {
		t.Errorf("an empty ticket gives %q", got)
	}
	long := Name("{{client.name}}", helpdesk.Ticket{Client: helpdesk.Client{Name: string(slices.Repeat([]rune{'я'}, 400))}})
	if n := len([]rune(long)); n != crm.MaxNameRunes {
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
		if name := Name(text, ticket); len([]rune(name)) > crm.MaxNameRunes {
			t.Errorf("a name of %d characters", len([]rune(name)))
		}
	})
}

func TestPrefill_choicesOfTheTenant(t *testing.T) {
	ticket := helpdesk.Ticket{ID: 5, Subject: "Lamp", Client: helpdesk.Client{Name: "Anna"}}
	for name, tt := range map[string]struct {
		settings tenant.Settings
		want     Draft
	}{
		"nothing chosen": {tenant.Settings{}, Draft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
		"all chosen": {tenant.Settings{DealName: "{{client.name}}: {{ticket.subject}}", PipelineID: 32, StatusID: 321},
			Draft{Name: "Anna: Lamp", PipelineID: 32, StatusID: 321, ResponsibleID: 501}},
		"a stage of another pipeline": {tenant.Settings{PipelineID: 32, StatusID: 311}, Draft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
		"a pipeline that is archived": {tenant.Settings{PipelineID: 33, StatusID: 331}, Draft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
		"a user who has left":         {tenant.Settings{ResponsibleID: 502}, Draft{Name: "Lamp", PipelineID: 31, StatusID: 311, ResponsibleID: 501}},
	} {
		t.Run(name, func(t *testing.T) {
			a := New(crm.NewAccount(crm.Deps{}, tenant.Tenant{Settings: tt.settings}, nil))
			f := formOf(crmtest.Meta(t), ticket)
			if err := a.prefill(t.Context(), &f, ticket); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, f.Draft); diff != "" {
				t.Error(diff)
			}
		})
	}
}
