package crm

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
)

func TestExtraOf_holdsOnlyWhatTheLayoutNames(t *testing.T) {
	var l amocrm.Lead
	if err := json.Unmarshal([]byte(`{"id":1,"custom_fields_values":[
		{"field_id":904,"field_type":"url","values":[{"value":"https://example.com/a"}]},
		{"field_id":905,"field_type":"monetary","values":[{"value":"12"}]}]}`), &l); err != nil {
		t.Fatal(err)
	}
	l.Tags, l.LossReason, l.CompanyIDs = []amocrm.Tag{{Name: "vip"}}, "price", []amocrm.ID{3}
	got := extraOf([]string{FieldStage, CustomID(905), FieldTags}, testMeta(t), l)
	want := DealExtra{Fields: []Shown{{ID: 905, Name: "Budget", Type: "monetary", Text: []string{"12"}, Currency: "EUR"}}, Tags: []string{"vip"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(DealExtra{}, extraOf(nil, testMeta(t), l)); diff != "" {
		t.Errorf("without a layout: %s", diff)
	}
	got = extraOf([]string{FieldLossReason, FieldCompany}, testMeta(t), l)
	if diff := cmp.Diff(DealExtra{LossReason: "price", CompanyIDs: []int64{3}}, got); diff != "" {
		t.Error(diff)
	}
}
