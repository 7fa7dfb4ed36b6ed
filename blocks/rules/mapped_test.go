package rules

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestWork_mappingFillsWhatTheRuleLeavesOpenAndOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	const text = 1025541 // the published rule fills it with "asd"
	open, own := published(101), published(103)
	open.Fields.Custom, open.UseMapping, own.UseMapping = nil, true, true
	silent := published(102)
	silent.Fields.Custom = nil
	for name, c := range map[string]struct {
		rule request.Request
		want string
	}{
		"asked":                 {open, "Ann Example"},
		"not asked":             {silent, ""},
		"the rule's value wins": {own, "asd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			if _, err := h.dir.Update(t.Context(), h.tenant.ID, func(tn *tenant.Tenant) error {
				tn.Settings.Mapping = []tenant.FieldMap{{From: "client.name", Entity: fields.EntityLead, FieldID: text}}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			h.desk.add(c.rule.TicketID, 55, "Ann Example", "+79990000001")
			h.run(h.Service)
			h.until(h.accept(c.rule).ID, ledger.StateDone)
			leads, _, _ := h.crm.snapshot()
			fields, _ := leads[0]["custom_fields_values"].(arr)
			got := ""
			for _, f := range fields {
				if f.(obj)["field_id"] == float64(text) {
					got = fmt.Sprint(f.(obj)["values"].(arr)[0].(obj)["value"])
				}
			}
			if got != c.want {
				t.Errorf("the field holds %q, want %q: %v", got, c.want, fields)
			}
		})
	}
}

func TestBind_useMappingIsTrueOrFalse(t *testing.T) {
	for raw, want := range map[string]bool{`true`: true, `"true"`: true, `1`: true, `"1"`: true, `false`: false, `""`: false, `null`: false} {
		got, _, err := request.Bind("application/json", []byte(`{"ticketId":1,"fields":{"name":"x"},"use_mapping":`+raw+`}`))
		if err != nil || got.UseMapping != want {
			t.Errorf("%s: %v %v, want %v", raw, got.UseMapping, err, want)
		}
	}
	if _, _, err := request.Bind("application/json", []byte(`{"ticketId":1,"fields":{"name":"x"},"use_mapping":"perhaps"}`)); err == nil {
		t.Error("perhaps is taken for an answer")
	}
}
