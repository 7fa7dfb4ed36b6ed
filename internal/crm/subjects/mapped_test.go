package subjects

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/tenant"
)

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
	tn := a.Tenant()
	tn.Settings.Mapping = []tenant.FieldMap{
		{From: "client.company", Entity: fields.EntityContact, FieldID: remark}, {From: "ticket.id", Entity: fields.EntityLead, FieldID: number},
	}
	a = Of(crm.NewAccount(crm.Deps{DB: a.DB(), Cache: a.Cache()}, tn, a.API()))
	ticket := helpdesk.Ticket{ID: 4711, Subject: "Quills", Client: helpdesk.Client{ID: 9001, Name: "Luna", Company: "The Quibbler"}}
	form, err := a.DealForm(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int64][]string{number: {"4711"}}, form.Draft.Fields); diff != "" {
		t.Errorf("deal form: %s", diff)
	}
	draft := a.ContactForm(t.Context(), ticket.Client)
	if draft.Fields, err = a.Mapped(t.Context(), fields.EntityContact, ticket); err != nil {
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
