package amocrm

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/when"
)

// allTypes are the types of amocrm.md §3.4 and those that the official library knows beside them.
func allTypes() []string {
	return []string{
		"text", "numeric", "checkbox", "select", "multiselect", "date", "url", "date_time", "textarea", "radiobutton",
		"streetaddress", "smart_address", "birthday", "legal_entity", "multitext", "monetary", "file", "tracking_data",
		"chained_list", "price", "category", "items", "linked_entity", "payer", "supplier", "org_legal_name",
	}
}

func values(t *testing.T, kind, raw string) FieldValue {
	t.Helper()
	var v FieldValue
	if err := json.Unmarshal([]byte(`{"field_id":1,"field_type":"`+kind+`","values":`+raw+`}`), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestText_everyType(t *testing.T) {
	for _, tt := range []struct {
		kind, raw string
		want      []string
	}{
		{"text", `[{"value":"a"}]`, []string{"a"}},
		{"text", `[{"value":5}]`, []string{"5"}},
		{"text", `[{"value":""}]`, nil},
		{"text", `null`, nil},
		{"numeric", `[{"value":"100"}]`, []string{"100"}},
		{"numeric", `[{"value":1.50}]`, []string{"1.50"}},
		{"monetary", `[{"value":"12345678901234567890.05"}]`, []string{"12345678901234567890.05"}},
		{"checkbox", `[{"value":true}]`, []string{"true"}},
		{"checkbox", `[{"value":false}]`, []string{"false"}},
		{"checkbox", `[{"value":"1"}]`, []string{"true"}},
		{"checkbox", `[{"value":0}]`, []string{"false"}},
		{"date", `[{"value":1577836800}]`, []string{"2020-01-01"}},
		{"date", `[{"value":"1577836800"}]`, []string{"2020-01-01"}},
		{"birthday", `[{"value":"2020-04-10T00:00:00+00:00"}]`, []string{"2020-04-10"}},
		{"date", `[{"value":"some day"}]`, []string{"some day"}},
		{"date_time", `[{"value":1591965240}]`, []string{"2020-06-12 12:34"}},
		{"date_time", `[{"value":1591965296}]`, []string{"2020-06-12 12:34:56"}},
		{"select", `[{"value":"A","enum_id":17,"enum_code":null}]`, []string{"A"}},
		{"select", `[{"enum_id":17}]`, []string{"#17"}},
		{"multiselect", `[{"value":"A"},{"value":"B"}]`, []string{"A", "B"}},
		{"multitext", `[{"value":"+7999","enum_code":"MOB"}]`, []string{"+7999"}},
		{"smart_address", `[{"value":"Street 1","enum_id":1},{"value":"","enum_id":2},{"value":"Town","enum_code":"city"}]`, []string{"Street 1", "Town"}},
		{"legal_entity", `[{"value":{"name":"Acme","vat_id":"1"}}]`, []string{"Acme"}},
		{"items", `[{"value":{"sku":"S","description":"D"}}]`, []string{"D"}},
		{"linked_entity", `[{"value":{"name":null,"entity_id":5,"entity_type":"contacts"}}]`, []string{"contacts 5"}},
		{"file", `[{"value":{"file_uuid":"u","file_name":"a.pdf"}}]`, []string{"a.pdf"}},
		{"chained_list", `[{"catalog_id":1,"catalog_element_id":2}]`, []string{"#2"}},
		{"brand_new", `[{"value":"plain"},{"value":{"a": 1}},{"value":[1, 2]}]`, []string{"plain", `{"a":1}`, "[1,2]"}},
		{"brand_new", `[{"other":7}]`, []string{`{"other":7}`}},
		{"brand_new", `["bare", 5]`, []string{"bare", "5"}},
	} {
		if diff := cmp.Diff(tt.want, values(t, tt.kind, tt.raw).Text()); diff != "" {
			t.Errorf("%s %s: %s", tt.kind, tt.raw, diff)
		}
	}
}

func TestDecode_dayIsThatOfTheNearestMidnight(t *testing.T) {
	day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("+3", 3*3600), time.FixedZone("-3", -3*3600), time.FixedZone("+10", 36000), time.FixedZone("-8", -8*3600)} {
		for name, midnight := range map[string]time.Time{"of UTC": day, "of the zone": time.Date(2020, 1, 1, 0, 0, 0, 0, zone)} {
			raw, err := json.Marshal([]map[string]int64{{"value": midnight.Unix()}})
			if err != nil {
				t.Fatal(err)
			}
			if got := values(t, "date", string(raw)).Decode(zone)[0]; got != day {
				t.Errorf("midnight %s read in %s: %v", name, zone, got)
			}
		}
	}
}

func TestTextIn_timesAreTheAccounts(t *testing.T) {
	v := values(t, "date_time", `[{"value":1591965240}]`)
	if got := v.TextIn(time.FixedZone("+3", 3*3600)); got[0] != "2020-06-12 15:34" {
		t.Errorf("%q", got)
	}
}

func TestValueError_doesNotRepeatAClientsValue(t *testing.T) {
	f := Field{ID: 7, Name: "Amount", Type: "numeric"}
	_, err := f.InputIn(when.Calendar{}, []string{"Anna +79990000001"})
	bad, ok := errors.AsType[*ValueError](err)
	if !ok || bad.Given == "" || strings.Contains(err.Error(), "Anna") || strings.Contains(err.Error(), "7999") {
		t.Errorf("%v, given %q", err, bad.Given)
	}
}
