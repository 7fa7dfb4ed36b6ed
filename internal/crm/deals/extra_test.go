package deals

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

func TestExtraOf_holdsOnlyWhatTheLayoutNames(t *testing.T) {
	var l amocrm.Lead
	if err := json.Unmarshal([]byte(`{"id":1,"custom_fields_values":[
		{"field_id":904,"field_type":"url","values":[{"value":"https://example.com/a"}]},
		{"field_id":905,"field_type":"monetary","values":[{"value":"12"}]}]}`), &l); err != nil {
		t.Fatal(err)
	}
	l.Tags, l.LossReasons, l.CompanyIDs = []amocrm.Tag{{Name: "vip"}}, []amocrm.LossReason{{Name: "price"}}, []amocrm.ID{3}
	got := ExtraOf([]string{fields.FieldStage, fields.CustomID(905), fields.FieldTags}, crmtest.Meta(t), l)
	want := Extra{Fields: []fields.Shown{{ID: 905, Name: "Budget", Type: "monetary", Text: []string{"12"}, Currency: "EUR"}}, Tags: []string{"vip"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Extra{}, ExtraOf(nil, crmtest.Meta(t), l)); diff != "" {
		t.Errorf("without a layout: %s", diff)
	}
	got = ExtraOf([]string{fields.FieldLossReason, fields.FieldCompany}, crmtest.Meta(t), l)
	if diff := cmp.Diff(Extra{LossReason: "price", CompanyIDs: []int64{3}}, got); diff != "" {
		t.Error(diff)
	}
}
