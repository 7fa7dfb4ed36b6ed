package deals

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

func TestDeal_cardWithNamesAndFields(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "", 21)
	f.CRM.AddContact(12, "Oleg", "", "", 21)
	f.CRM.AddCompany(44, "Example Ltd", 21)
	f.CRM.Set(func(c *fake.CRM) {
		c.Leads[21]["custom_fields_values"] = []any{map[string]any{"field_id": 902, "field_type": "date_time", "values": []any{map[string]any{"value": 1700000000}}}}
		embedded := c.Leads[21]["_embedded"].(map[string]any)
		embedded["tags"] = []any{map[string]any{"id": 1, "name": "vip"}}
		embedded["loss_reason"] = []any{map[string]any{"id": 3, "name": "Too dear"}}
	})
	card, err := f.Deal(t.Context(), 21)
	if err != nil {
		t.Fatal(err)
	}
	base := f.CRM.Server.URL
	if d := cmp.Diff([]Named{{11, "Anna", base + "/contacts/detail/11", true}, {12, "Oleg", base + "/contacts/detail/12", false}}, card.Contacts); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Named{{ID: 44, Name: "Example Ltd", URL: base + "/companies/detail/44"}}, card.Companies); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]fields.Shown{{ID: 902, Name: "Deadline", Type: "date_time", Text: []string{"2023-11-15 01:13:20"}}}, card.Fields); d != "" {
		t.Error(d)
	}
	if card.LossReason != "Too dear" || !cmp.Equal(card.Tags, []string{"vip"}) || card.Pipeline != "Sales" {
		t.Errorf("%+v", card)
	}
}

func TestDeal_goneIsGoneEvenWithOldData(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "", 21)
	if _, err := f.Deal(t.Context(), 21); err != nil {
		t.Fatal(err)
	}
	f.CRM.Set(func(c *fake.CRM) { delete(c.Leads, 21) })
	if err := f.ForgetData(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Deal(t.Context(), 21); !errors.Is(err, crm.ErrGone) {
		t.Errorf("%v", err)
	}
	if _, err := f.Deal(t.Context(), 404); !errors.Is(err, crm.ErrGone) {
		t.Errorf("%v", err)
	}
}
