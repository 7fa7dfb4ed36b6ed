package amocrm

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/when"
)

var (
	choices = []Enum{{ID: 17, Value: "Alpha", Code: "a"}, {ID: 19, Value: "Beta"}, {ID: 23, Value: "17"}}
	kinds   = []Enum{{ID: 1, Value: "WORK"}, {ID: 5, Value: "MOB"}}
)

func onWire(t *testing.T, in FieldInput) string {
	t.Helper()
	b, err := json.Marshal(in.Values)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestInput_everyType(t *testing.T) {
	for _, tt := range []struct {
		kind  string
		enums []Enum
		raw   []string
		want  string
	}{
		{"text", nil, []string{" a "}, `[{"value":"a"}]`},
		{"text", nil, []string{""}, `null`},
		{"text", nil, nil, `null`},
		{"textarea", nil, []string{"a\nb"}, `[{"value":"a\nb"}]`},
		{"url", nil, []string{"https://example.com/a?b=c"}, `[{"value":"https://example.com/a?b=c"}]`},
		{"url", nil, []string{"example.com"}, `[{"value":"https://example.com"}]`},
		{"numeric", nil, []string{"1 500,50"}, `[{"value":"1500.50"}]`},
		{"numeric", nil, []string{"1.234.567,8"}, `[{"value":"1234567.8"}]`},
		{"numeric", nil, []string{"-1'234'567"}, `[{"value":"-1234567"}]`},
		{"numeric", nil, []string{"3,14159"}, `[{"value":"3.14159"}]`},
		{"monetary", nil, []string{"1 500,50 ₽"}, `[{"value":"1500.50"}]`},
		{"monetary", nil, []string{"+0.10"}, `[{"value":"0.10"}]`},
		{"price", nil, []string{"-3"}, `[{"value":"-3"}]`},
		{"checkbox", nil, []string{"on"}, `[{"value":true}]`},
		{"checkbox", nil, []string{"false", "true"}, `[{"value":true}]`},
		{"checkbox", nil, nil, `[{"value":false}]`},
		{"checkbox", nil, []string{"0"}, `[{"value":false}]`},
		{"date", nil, []string{"2020-01-01"}, `[{"value":1577836800}]`},
		{"birthday", nil, []string{"01.01.2020"}, `[{"value":1577836800}]`},
		{"date", nil, []string{"1577836800"}, `[{"value":1577836800}]`},
		{"date", nil, []string{"2020-01-01T23:00:00+03:00"}, `[{"value":1577836800}]`},
		{"date_time", nil, []string{"2020-06-12T12:34"}, `[{"value":1591965240}]`},
		{"date_time", nil, []string{"2020-06-12T15:34:56+03:00"}, `[{"value":1591965296}]`},
		{"date_time", nil, []string{"2020-01-01"}, `[{"value":1577836800}]`},
		{"select", choices, []string{"17"}, `[{"enum_id":17}]`},
		{"select", choices, []string{"beta"}, `[{"enum_id":19}]`},
		{"radiobutton", choices, []string{"a"}, `[{"enum_id":17}]`},
		{"category", nil, []string{"99"}, `[{"enum_id":99}]`},
		{"select", nil, []string{"Text"}, `[{"value":"Text"}]`},
		{"multiselect", choices, []string{"17", "", "Beta"}, `[{"enum_id":17},{"enum_id":19}]`},
		{"multitext", kinds, []string{"+79990000000", "MOB: +15550001111"}, `[{"value":"+79990000000","enum_id":1},{"value":"+15550001111","enum_id":5}]`},
		{"multitext", nil, []string{"home:+79990000000", "a:b"}, `[{"value":"+79990000000","enum_code":"HOME"},{"value":"a:b","enum_code":"WORK"}]`},
		{"multitext", []Enum{{ID: 3, Value: "PRIV"}}, []string{"a@example.com"}, `[{"value":"a@example.com"}]`},
		{"smart_address", nil, []string{"Street 1", "", "Town"}, `[{"value":"Street 1","enum_code":"address_line_1"},{"value":"Town","enum_code":"city"}]`},
		{"smart_address", nil, []string{"zip=109004"}, `[{"value":"109004","enum_code":"zip"}]`},
		{"legal_entity", nil, []string{"Acme", "vat_id=77", "entity_type=1", ""}, `[{"value":{"entity_type":1,"name":"Acme","vat_id":"77"}}]`},
		{"legal_entity", nil, []string{`{"name":"Acme"}`}, `[{"value":{"name":"Acme"}}]`},
		{"linked_entity", nil, []string{`{"entity_id":5,"entity_type":"contacts"}`}, `[{"value":{"entity_id":5,"entity_type":"contacts"}}]`},
		{"chained_list", nil, []string{"1001:12235", "1007:12243"}, `[{"catalog_id":1001,"catalog_element_id":12235},{"catalog_id":1007,"catalog_element_id":12243}]`},
	} {
		in, err := Field{ID: 9, Type: tt.kind, Enums: tt.enums}.Input(tt.raw)
		if err != nil || onWire(t, in) != tt.want || in.FieldID != 9 || in.FieldCode != "" {
			t.Errorf("%s %q: %s, %v; want %s", tt.kind, tt.raw, onWire(t, in), err, tt.want)
		}
	}
}

func TestInput_refusalsNameWhatIsAccepted(t *testing.T) {
	long := strings.Split(strings.Repeat("x,", 7), ",")[:7]
	for _, tt := range []struct {
		kind    string
		raw     []string
		path    string
		accepts string
	}{
		{"numeric", []string{"abc"}, "values.0", "1500.50"},
		{"numeric", []string{"1,500"}, "values.0", "1500.50"},
		{"numeric", []string{"2 500 3"}, "values.0", "1500.50"},
		{"numeric", []string{"5 10"}, "values.0", "1500.50"},
		{"numeric", []string{"1.500,50.2"}, "values.0", "1500.50"},
		{"numeric", []string{"1.500.00"}, "values.0", "1500.50"},
		{"monetary", []string{"2 x 500"}, "values.0", "1500.50"},
		{"numeric", []string{"1e3"}, "values.0", "1500.50"},
		{"numeric", []string{"1", "2"}, "values", "at most 1"},
		{"checkbox", []string{"maybe"}, "values.0", "true or false"},
		{"date", []string{"tomorrow"}, "values.0", "2006-01-02"},
		{"date_time", []string{"12:34"}, "values.0", "2006-01-02T15:04"},
		{"url", []string{"javascript:alert(1)"}, "values.0", "https://"},
		{"url", []string{"no address"}, "values.0", "https://"},
		{"select", []string{"Gamma"}, "values.0", `"Alpha" (17)`},
		{"multiselect", []string{"17", "Gamma"}, "values.1", `"Beta" (19)`},
		{"smart_address", long, "values", "at most 6"},
		{"legal_entity", []string{`{"vat_id":"1"}`}, "values.0", "name"},
		{"items", []string{"not json"}, "values.0", "JSON object"},
		{"supplier", []string{"{}"}, "values.0", "JSON object"},
		{"chained_list", []string{"5"}, "values.0", "catalog_id"},
		{"brand_new", []string{"x"}, "values", "can be written"},
	} {
		f := Field{ID: 9, Name: "Budget", Type: tt.kind, Enums: choices}
		_, err := f.Input(tt.raw)
		e, ok := errors.AsType[*ValueError](err)
		if !ok || e.Path != tt.path || !strings.Contains(e.Accepts, tt.accepts) || !strings.Contains(e.Error(), `"Budget" (9)`) {
			t.Errorf("%s %q: %v; want path %s and %q", tt.kind, tt.raw, err, tt.path, tt.accepts)
		}
	}
	if _, err := (Field{Type: "text", IsComputed: true}).Input([]string{"x"}); err == nil {
		t.Error("a computed field was written")
	}
}

func TestInput_fieldByCodeWithoutID(t *testing.T) {
	in, err := Field{Code: "PHONE", Type: "multitext"}.Input([]string{"+79990000000"})
	if err != nil || in.FieldCode != "PHONE" || in.FieldID != 0 {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestInputIn_daysAreTheAccounts(t *testing.T) {
	msk := time.FixedZone("MSK", 3*3600)
	in, err := Field{Type: "date"}.InputIn(when.Calendar{Zone: msk}, []string{"2020-01-01"})
	if err != nil || onWire(t, in) != `[{"value":1577826000}]` {
		t.Errorf("%s, %v", onWire(t, in), err)
	}
	in, err = Field{Type: "date_time"}.InputIn(when.Calendar{Zone: msk}, []string{"2020-01-01 03:00"})
	if err != nil || onWire(t, in) != `[{"value":1577836800}]` {
		t.Errorf("%s, %v", onWire(t, in), err)
	}
}

// What could be two days is refused with its reason, and the account's order decides.
func TestInputIn_dayAndMonthAreTheAccounts(t *testing.T) {
	for _, kind := range []string{"date", "birthday", "date_time"} {
		f := Field{Type: kind, Name: "When"}
		for order, want := range map[when.Order]string{when.DayFirst: `[{"value":946857600}]`, when.MonthFirst: `[{"value":951868800}]`} {
			if in, err := f.InputIn(when.Calendar{Order: order}, []string{"03/01/2000"}); err != nil || onWire(t, in) != want {
				t.Errorf("%s: %s, %v", kind, onWire(t, in), err)
			}
		}
		for given, reason := range map[string]when.Reason{"03/01/2000": when.Ambiguous, "30 ноября": when.NoYear, "31.02.2000": when.Impossible, "soon": when.NoDate} {
			_, err := f.Input([]string{given})
			e, ok := errors.AsType[*ValueError](err)
			if want := map[string]Want{"date": WantDay, "birthday": WantDay, "date_time": WantMoment}[kind]; !ok || e.Want != want || e.Reason != reason || e.Given != given {
				t.Errorf("%s %q: %+v", kind, given, err)
			}
		}
	}
}

func TestWritable_everyKnownType(t *testing.T) {
	for _, kind := range allTypes() {
		if !(Field{Type: kind}).Writable() {
			t.Errorf("%s is not writable", kind)
		}
	}
	if (Field{Type: "brand_new"}).Writable() || (Field{Type: "text", IsComputed: true}).Writable() {
		t.Error("a field that can't be written says it can")
	}
}

func TestNormalize_ruleValues(t *testing.T) {
	for _, tt := range []struct {
		kind string
		json string
		want string
	}{
		{"text", `[{"value":"asd"}]`, `[{"value":"asd"}]`},
		{"text", `[{"value":5}]`, `[{"value":"5"}]`},
		{"text", `["bare"]`, `[{"value":"bare"}]`},
		{"text", `[{"value":""}]`, `null`},
		{"text", `[]`, `null`},
		{"text", `[null]`, `null`},
		{"numeric", `[{"value":100}]`, `[{"value":"100"}]`},
		{"numeric", `[{"value":"1500.5"}]`, `[{"value":"1500.5"}]`},
		{"monetary", `[{"value":1e3}]`, `[{"value":"1000"}]`},
		{"checkbox", `[{"value":"true"}]`, `[{"value":true}]`},
		{"checkbox", `[{"value":"Да"}]`, `[{"value":true}]`},
		{"checkbox", `["Não "]`, `[{"value":false}]`},
		{"checkbox", `[{"value":0}]`, `[{"value":false}]`},
		{"date", `[{"value":"1577836800"}]`, `[{"value":1577836800}]`},
		{"date", `[{"value":1577836800}]`, `[{"value":1577836800}]`},
		{"date_time", `[{"value":"2020-06-12T12:34:56Z"}]`, `[{"value":1591965296}]`},
		{"select", `[{"enum_id":"17"}]`, `[{"enum_id":17}]`},
		{"select", `[{"enum_id":17,"value":"renamed"}]`, `[{"enum_id":17}]`},
		{"select", `[{"value":"17"}]`, `[{"enum_id":23}]`},
		{"select", `[{"value":19}]`, `[{"enum_id":19}]`},
		{"select", `[{"enum_code":"a"}]`, `[{"enum_id":17}]`},
		{"multiselect", `[{"enum_id":17},{"enum_id":"19"},{"value":""}]`, `[{"enum_id":17},{"enum_id":19}]`},
		{"smart_address", `[{"value":"Street","enum_id":"1"},{"value":"Town","enum_code":"city"}]`, `[{"value":"Street","enum_code":"address_line_1"},{"value":"Town","enum_code":"city"}]`},
		{"legal_entity", `[{"value":{"name":"Acme","entity_type":1}}]`, `[{"value":{"entity_type":1,"name":"Acme"}}]`},
		{"legal_entity", `["Acme"]`, `[{"value":{"name":"Acme"}}]`},
		{"legal_entity", `[{"value":"Acme"}]`, `[{"value":{"name":"Acme"}}]`},
		{"select", `[{"value":"17 (Alpha)"}]`, `[{"enum_id":17}]`},
		{"multiselect", `["\"Alpha\" (17)", {"value":"19 (Be…)"}]`, `[{"enum_id":17},{"enum_id":19}]`},
		{"date", `[{"value":"30 ноября 2026 г."}]`, `[{"value":1795996800}]`},
		{"date", `[{"value":1795996800000}]`, `[{"value":1795996800}]`},
		{"birthday", `[{"value":"12.04.61"}]`, `[{"value":-275270400}]`},
		{"date_time", `[{"value":"Nov 30, 2026, 2:05 PM"}]`, `[{"value":1796047500}]`},
		{"chained_list", `[{"value":"1001:12235"},"1007:12243"]`, `[{"catalog_id":1001,"catalog_element_id":12235},{"catalog_id":1007,"catalog_element_id":12243}]`},
		{"chained_list", `[{"catalog_id":"1001","catalog_element_id":12235}]`, `[{"catalog_id":1001,"catalog_element_id":12235}]`},
	} {
		in, err := Field{ID: 9, Type: tt.kind, Enums: choices}.NormalizeIn(when.Calendar{}, decodeRule(t, tt.json))
		if err != nil || onWire(t, in) != tt.want {
			t.Errorf("%s %s: %s, %v; want %s", tt.kind, tt.json, onWire(t, in), err, tt.want)
		}
	}
	in, err := Field{Type: "multitext", Enums: kinds}.NormalizeIn(when.Calendar{}, decodeRule(t, `[{"value":"+79990000000","enum_code":"MOB"},{"value":"+15550001111","enum_id":"1"}]`))
	if want := `[{"value":"+79990000000","enum_id":5},{"value":"+15550001111","enum_id":1}]`; err != nil || onWire(t, in) != want {
		t.Errorf("multitext: %s, %v", onWire(t, in), err)
	}
}

func decodeRule(t *testing.T, s string) []any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s))
	if len(s)%2 == 0 { // both ways in which callers decode numbers
		d.UseNumber()
	}
	var out []any
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNormalize_refusalsPointIntoTheRule(t *testing.T) {
	for _, tt := range []struct{ kind, json, path string }{
		{"select", `[{"enum_id":17},{"enum_id":19}]`, "values"},
		{"select", `[{"enum_id":99}]`, "values.0.enum_id"},
		{"select", `[{"enum_id":"x"}]`, "values.0.enum_id"},
		{"select", `[{"enum_id":-1}]`, "values.0.enum_id"},
		{"select", `[{"value":"Gamma"}]`, "values.0.value"},
		{"multiselect", `[{"enum_id":17},{"enum_code":"zz"}]`, "values.1.enum_code"},
		{"numeric", `[{"value":"abc"}]`, "values.0.value"},
		{"numeric", `[{"value":[1]}]`, "values.0.value"},
		{"checkbox", `[{"value":true,"enum_code":"x"}]`, "values.0.enum_id"},
		{"text", `[{"value":"x","unit":"kg"}]`, "values.0.unit"},
		{"text", `[{"value":{"a":1}}]`, "values.0.value"},
		{"date", `[{"value":"2020-13-45"}]`, "values.0.value"},
		{"multitext", `[{"value":"+7999","enum_id":77}]`, "values.0.enum_id"},
		{"multitext", `[{"value":"+7999","enum_code":{"a":1}}]`, "values.0.enum_code"},
		{"smart_address", `[{"value":"x","enum_id":7}]`, "values.0.enum_code"},
		{"chained_list", `[{"catalog_id":1}]`, ""},
		{"legal_entity", `[{"value":{"vat_id":"1"}}]`, "values.0.value"},
		{"legal_entity", `[{"value":"","enum_id":1}]`, "values.0.value"},
	} {
		in, err := Field{ID: 9, Type: tt.kind, Enums: choices}.NormalizeIn(when.Calendar{}, decodeRule(t, tt.json))
		if tt.path == "" {
			if err != nil || in.Values != nil {
				t.Errorf("%s %s: %v, %v; want nothing left", tt.kind, tt.json, in, err)
			}
			continue
		}
		if e, ok := errors.AsType[*ValueError](err); !ok || e.Path != tt.path {
			t.Errorf("%s %s: %v, want path %s", tt.kind, tt.json, err, tt.path)
		}
	}
}

func TestNormalize_boundsTheCount(t *testing.T) {
	many := make([]any, maxValues+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	if _, err := (Field{Type: "multiselect"}).NormalizeIn(when.Calendar{}, many); err == nil {
		t.Error("251 values were taken")
	}
}

func TestValueInput_clearsWithNull(t *testing.T) {
	b, err := json.Marshal(FieldInput{FieldID: 1})
	if diff := cmp.Diff(`{"field_id":1,"values":null}`, string(b)); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
