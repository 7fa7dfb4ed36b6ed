package plan

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

var everyType = strings.Fields("text textarea streetaddress tracking_data org_legal_name url numeric price monetary checkbox date birthday date_time select " +
	"radiobutton category multiselect multitext smart_address legal_entity items linked_entity payer supplier file chained_list")

// accountOf has one field of a type, and asks for nothing else.
func accountOf(kind, dateFormat string) crm.Meta {
	return crm.Meta{At: time.Now(), Account: amocrm.Account{Timezone: "Europe/Moscow", DateFormat: dateFormat}, LeadFields: []amocrm.Field{{ID: 7, Name: "Field", Type: kind,
		Enums: []amocrm.Enum{{ID: 17, Value: "Alpha", Code: "a"}, {ID: 19, Value: "Beta"}, {ID: 23, Value: strings.Repeat("Long name ", 20)}}}}}
}

// judged fires a rule for the field with these values[] and says what is wrong with it, as a dry run does.
func judged(t testing.TB, m crm.Meta, values []any, short bool) (request.Request, []request.Problem) {
	t.Helper()
	fields := map[string]any{"custom_fields_values": []any{map[string]any{"field_id": 7, "values": values}}}
	if short {
		fields = map[string]any{"custom_fields": map[string]any{"Field": values}}
	}
	raw, err := json.Marshal(map[string]any{"ticketId": 1, "fields": fields})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := request.Bind("application/json", raw)
	if p, ok := err.(*request.Problems); ok {
		return r, append(p.List, r.Remarks...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, append(r.Remarks, Check(r, m)...)
}

// oddValues are values that some type of field does not take.
var oddValues = []any{nil, true, "", "x", "soon", "03.04.26", "03/04/2026", "31.02.2026", "30 ноября", "12345", "1,500", "Gamma", "17", "1001:", "{", `{"a":1}`, "javascript:x", -1, 0, 99, 1e300,
	map[string]any{"enum_id": 99}, map[string]any{"catalog_id": 1, "catalog_element_id": -1}, map[string]any{"value": map[string]any{"vat_id": "1"}}, map[string]any{"value": "x", "enum_code": "zz"}}

// hostile draws what a rule may hold by mistake.
func hostile(t *rapid.T) any {
	scalar := rapid.OneOf(rapid.SampledFrom(oddValues), rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int(), func(n int) any { return n }))
	key := rapid.SampledFrom([]string{"value", "value", "enum_id", "enum_code", "catalog_id", "catalog_element_id", "name", "vat_id", "entity_id", "foo"})
	return rapid.OneOf(scalar,
		rapid.Map(rapid.MapOfN(key, scalar, 0, 3), func(m map[string]any) any { return m }),
		rapid.Map(rapid.MapOfN(key, rapid.Map(scalar, func(v any) any { return []any{v} }), 0, 2), func(m map[string]any) any { return m }),
		rapid.Map(rapid.MapOfN(key, rapid.Map(rapid.MapOfN(key, scalar, 0, 2), func(m map[string]any) any { return m }), 0, 2), func(m map[string]any) any { return m }),
	).Draw(t, "value")
}

var (
	example = regexp.MustCompile(`https://\S+|\d{4}-\d\d-\d\d(T\d\d:\d\d)?|\d{4}\.\d\d|\d{4}:\d+|\b1500\b`)
	word    = regexp.MustCompile(`[a-z0-9_]+`)
)

// asked returns the values that a problem says are accepted, read from its own words.
func asked(t testing.TB, kind string, p request.Problem) (out []any) {
	t.Helper()
	_, detail, _ := strings.Cut(p.Detail, "Field")
	for _, text := range example.FindAllString(detail, -1) {
		out = append(out, text, map[string]any{"value": text})
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			out = append(out, n)
		}
	}
	has := func(words string) bool { return strings.Contains(detail, words) }
	if has("Unix seconds") {
		out = append(out, 1796036709, "1796036709")
	}
	if has("true or false") {
		out = append(out, true, false, "true", "false")
	}
	if has("takes text") {
		out = append(out, "text", map[string]any{"value": "text"})
	}
	if has("JSON object") {
		out = append(out, map[string]any{"value": map[string]any{"name": "x", "foo": 1}}, map[string]any{"name": "x"}, `{"name":"x"}`)
	}
	if has("the name alone") {
		out = append(out, "x")
	}
	if has(`"catalog_id" and "catalog_element_id"`) {
		out = append(out, map[string]any{"catalog_id": 1001, "catalog_element_id": 12235}, map[string]any{"catalog_id": "1001", "catalog_element_id": "12235"})
	}
	if _, parts, ok := strings.Cut(detail, `"enum_code" is one of `); ok {
		for _, part := range word.FindAllString(parts, -1) {
			out = append(out, map[string]any{"value": "x", "enum_code": part})
		}
	}
	if _, choices, ok := strings.Cut(detail, "accepted: "); ok && p.Key == "field_choice" {
		for _, choice := range strings.Split(choices, ", ") {
			id, name, _ := strings.Cut(strings.TrimSuffix(choice, ")"), " (")
			if kind == "multitext" { // the kind of a number
				out = append(out, map[string]any{"value": "+79990000000", "enum_id": id})
				continue
			}
			out = append(out, choice, id, map[string]any{"enum_id": id}, map[string]any{"value": choice})
			if !strings.HasSuffix(name, "…") {
				out = append(out, name)
			}
		}
	}
	return out
}

// Whatever a dry run asks for is accepted: nobody is sent from one refusal to the next.
func TestDryRun_whatItAsksForIsAccepted(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range everyType {
		for _, v := range oddValues {
			satisfied(t, t, kind, "m/d/Y", []any{v}, false, seen)
		}
	}
	for range 5 { // of the 100 draws that a check has
		rapid.Check(t, func(rt *rapid.T) {
			kind := rapid.SampledFrom(everyType).Draw(rt, "type")
			values := rapid.SliceOfN(rapid.Custom(hostile), 1, 2).Draw(rt, "values")
			format := rapid.SampledFrom([]string{"d.m.Y", "m/d/Y", ""}).Draw(rt, "format")
			satisfied(t, rt, kind, format, values, rapid.Bool().Draw(rt, "short"), seen)
		})
	}
	for _, key := range []string{"field_takes_text", "field_takes_url", "field_takes_number", "field_takes_flag", "field_takes_date", "field_takes_time", "field_choice",
		"field_takes_line", "field_takes_named", "field_takes_object", "field_takes_chain", "field_takes_value", "field_date_ambiguous", "field_date_impossible", "field_date_yearless"} {
		if !seen[key] {
			t.Errorf("%s was never asked for", key)
		}
	}
}

// satisfied gives a rule everything that its dry run asks for, in both forms.
func satisfied(t testing.TB, fail rapid.TB, kind, format string, values []any, short bool, seen map[string]bool) {
	m := accountOf(kind, format)
	_, problems := judged(t, m, values, short)
	for _, p := range problems {
		var replacements []any
		switch p.Key {
		case "not_object", "not_text", "not_whole", "kind_not_whole", "not_positive", "no_form", "no_value", "too_long":
			continue // the shape of a rule, whatever the field is
		case "field_takes_at_most":
			if n, err := strconv.Atoi(p.Params["Count"]); err != nil || n < 1 {
				fail.Fatalf("%s: %s", kind, p.Detail)
			}
			continue
		case "unknown_key":
			for _, key := range strings.Split(p.Params["Accepted"], ", ") {
				if _, again := judged(t, m, []any{map[string]any{key: nil, "value": "x"}}, short); hasKey(again, "unknown_key") {
					fail.Fatalf("%s: %q is said to be accepted: %v", kind, key, again)
				}
			}
			continue
		case "field_takes_value":
			replacements = []any{map[string]any{"value": sample(kind)}}
		default:
			replacements = asked(t, kind, p)
		}
		if len(replacements) == 0 {
			fail.Fatalf("%s %v: asks for nothing that can be given: %s: %s", kind, values, p.Key, p.Detail)
		}
		seen[p.Key] = true
		for _, v := range replacements {
			for _, short := range []bool{false, true} {
				r, again := judged(t, m, []any{v}, short)
				if len(again) > 0 {
					fail.Fatalf("%s asks: %s: %s\n%v (short %v) is refused: %v", kind, p.Key, p.Detail, v, short, again)
				}
				if in, _ := dealOf(r.Fields, &m); len(in.Fields) != 1 || len(in.Fields[0].Values) == 0 {
					fail.Fatalf("%s: %v is accepted and not sent: %+v", kind, v, in)
				}
			}
		}
	}
}

func hasKey(list []request.Problem, key string) bool {
	for _, p := range list {
		if p.Key == key {
			return true
		}
	}
	return false
}

// sample is a value that a type takes.
func sample(kind string) any {
	switch kind {
	case "url":
		return "https://example.com"
	case "checkbox":
		return true
	case "date", "birthday", "date_time":
		return "2026-11-30"
	}
	return "1"
}

// Every shape that the vendor documents is taken in both forms of a rule, and sent.
func TestBind_everyDocumentedShapeOfEveryType(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "amocrm", "custom-fields-values-write-by-type.json"))
	if err != nil {
		t.Fatal(err)
	}
	var documented map[string][]json.RawMessage
	if err := json.Unmarshal(raw, &documented); err != nil {
		t.Fatal(err)
	}
	type entry struct {
		Values []any `json:"values"`
	}
	count := 0
	for kinds, list := range documented {
		for _, raw := range list {
			var one entry
			var several []entry
			if json.Unmarshal(raw, &several) != nil {
				if err := json.Unmarshal(raw, &one); err != nil {
					t.Fatal(err)
				}
				several = []entry{one}
			}
			for _, e := range several {
				for _, kind := range strings.Split(kinds, ", ") {
					if len(e.Values) > 1 && strings.Contains("select radiobutton category", kind) ||
						strings.Contains("numeric price monetary", kind) && strings.Trim(fmt.Sprint(e.Values[0].(map[string]any)["value"]), "0123456789.") != "" {
						continue // the list names several types with their examples mixed
					}
					m := accountOf(kind, "d.m.Y")
					m.LeadFields[0].Enums = append(m.LeadFields[0].Enums, amocrm.Enum{ID: 31, Value: "Значение 1"}, amocrm.Enum{ID: 32, Value: "Значение 4"}, amocrm.Enum{ID: 48224, Value: "WORK", Code: "WORK"},
						amocrm.Enum{ID: 48226, Value: "HOME", Code: "HOME"})
					for _, short := range []bool{false, true} {
						r, problems := judged(t, m, e.Values, short)
						in, _ := dealOf(r.Fields, &m)
						if len(problems) > 0 || len(in.Fields) != 1 || len(in.Fields[0].Values) != len(e.Values) {
							t.Errorf("%s %v (short %v): %v, %+v", kind, e.Values, short, problems, in.Fields)
						}
						count++
						if kind != "chained_list" {
							continue
						}
						if sent, err := json.Marshal(in.Fields[0].Values); err != nil || string(sent) != `[{"catalog_id":1001,"catalog_element_id":12235},{"catalog_id":1007,"catalog_element_id":12243}]` {
							t.Errorf("sent %s, %v", sent, err)
						}
					}
				}
			}
		}
	}
	if count < 40 {
		t.Errorf("only %d shapes were tried", count)
	}
}

// What the helpdesk had no value for is left out, whatever the field's type.
func TestLeadInput_levelOfAChainedListWithoutItsElementIsLeftOut(t *testing.T) {
	m := accountOf("chained_list", "")
	r, problems := judged(t, m, []any{map[string]any{"catalog_id": 1001, "catalog_element_id": ""}, map[string]any{"catalog_id": 1007, "catalog_element_id": 5}}, false)
	in, _ := dealOf(r.Fields, &m)
	if len(problems) > 0 || len(in.Fields) != 1 || len(in.Fields[0].Values) != 1 || in.Fields[0].Values[0].CatalogElementID != 5 {
		t.Errorf("%v %+v", problems, in.Fields)
	}
}
