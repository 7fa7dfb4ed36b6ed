package fields

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestShownFields_inTheAccountsOrderAndZone(t *testing.T) {
	l := crmtest.Lead(t, `{"custom_fields_values":[
		{"field_id":999,"field_name":"Deleted field","field_type":"text","values":[{"value":"kept"}]},
		{"field_id":905,"field_name":"Budget","field_type":"monetary","values":[{"value":"1200"}]},
		{"field_id":904,"field_name":"Site","field_type":"url","values":[{"value":"javascript:alert(1)"}]},
		{"field_id":902,"field_name":"Old name","field_type":"date_time","values":[{"value":1700000000}]},
		{"field_id":901,"field_name":"Product","field_type":"select","values":[{"value":"Lamp","enum_id":71}]},
		{"field_id":906,"field_name":"Address","field_type":"text","values":[]}]}`)
	want := []Shown{
		{ID: 901, Name: "Product", Type: "select", Text: []string{"Lamp"}},
		{ID: 902, Name: "Deadline", Type: "date_time", Text: []string{"2023-11-15 01:13:20"}},
		{ID: 904, Name: "Site", Type: "url", Text: []string{"javascript:alert(1)"}},
		{ID: 905, Name: "Budget", Type: "monetary", Text: []string{"1200"}, Currency: "EUR"},
		{ID: 999, Name: "Deleted field", Type: "text", Text: []string{"kept"}},
	}
	if d := cmp.Diff(want, ShownOf(l.Fields, crmtest.Meta(t))); d != "" {
		t.Error(d)
	}
	l = crmtest.Lead(t, `{"custom_fields_values":[{"field_id":904,"field_type":"url","values":[{"value":"https://example.com/a"}]}]}`)
	if got := ShownOf(l.Fields, crmtest.Meta(t))[0].URL; got != "https://example.com/a" {
		t.Errorf("URL %q", got)
	}
}

func TestPartsOf_legalEntity(t *testing.T) {
	for body, want := range map[string][]Part{
		`{"name":"Ollivanders","vat_id":"7712345678","kpp":"771201001","address":"Diagon Alley 1"}`: {
			{"part.vat_id", "7712345678"}, {"part.kpp", "771201001"}, {"", "Diagon Alley 1"}},
		`{"name":"","vat_id":"7712345678","address":"Diagon Alley 1"}`: {{"", "Diagon Alley 1"}},
		`{"name":"Only a name"}`: nil,
		`"a text"`:               nil,
		`{"name":`:               nil,
	} {
		v := amocrm.FieldValue{FieldType: "legal_entity", Values: []amocrm.Value{{Raw: json.RawMessage(body)}}}
		if diff := cmp.Diff(want, partsOf(v)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}
