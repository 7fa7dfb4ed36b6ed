package fields

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestMapTargets_takeWhatTheFormDoesNotFill(t *testing.T) {
	m := crmtest.Meta(t)
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
	m := crm.Meta{
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
