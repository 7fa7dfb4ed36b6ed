package amocrm

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestID_everySpelling(t *testing.T) {
	for raw, want := range map[string]ID{
		`5`: 5, `"5"`: 5, `" 7 "`: 7, `null`: 0, `""`: 0, `false`: 0, `[]`: 0, `0`: 0, `"0"`: 0, `5.0`: 5, `1e3`: 1000,
		`9007199254740993`: 9007199254740993, `"-4"`: -4,
	} {
		var got ID = 99
		if err := json.Unmarshal([]byte(raw), &got); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", raw, got, err, want)
		}
	}
	for _, raw := range []string{`"x"`, `true`, `5.5`, `{"a":1}`, `[1]`} {
		var got ID
		if err := json.Unmarshal([]byte(raw), &got); err == nil {
			t.Errorf("%s became %d", raw, got)
		}
	}
}

func TestNumber_everySpelling(t *testing.T) {
	for raw, want := range map[string]Number{`5`: 5, `"5.25"`: 5.25, `null`: 0, `false`: 0, `""`: 0, `-1`: -1} {
		var got Number = 99
		if err := json.Unmarshal([]byte(raw), &got); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", raw, got, err, want)
		}
	}
	for _, raw := range []string{`"x"`, `"NaN"`, `"Inf"`, `true`, `{"a":1}`} {
		var got Number
		if err := json.Unmarshal([]byte(raw), &got); err == nil {
			t.Errorf("%s became %v", raw, got)
		}
	}
}

func TestModels_tolerateEmptyAndDeletedEntities(t *testing.T) {
	for _, raw := range []string{
		`{"id":"1","name":null,"created_at":null,"closed_at":false,"price":"","custom_fields_values":[],"_embedded":[]}`,
		`{"id":1,"updated_at":"5","closest_task_at":0,"custom_fields_values":{},"_embedded":null,"is_deleted":true}`,
		`{"id":1,"_embedded":{"tags":null,"companies":{},"contacts":[],"leads":false,"loss_reason":{"id":1,"name":"x"}}}`,
	} {
		if l := oneOf[Lead](t, raw); l.ID != 1 || l.ClosedAt != 0 || len(l.Fields) != 0 {
			t.Errorf("lead %s: %+v", raw, l)
		}
		if c := oneOf[Contact](t, raw); c.ID != 1 || c.ClosestTaskAt != 0 {
			t.Errorf("contact %s: %+v", raw, c)
		}
	}
	if u := oneOf[User](t, `{"id":1,"rights":[]}`); u.IsActive {
		t.Errorf("user without rights: %+v", u)
	}
	if a := oneOf[Account](t, `{"id":1,"_embedded":{"datetime_settings":[]}}`); a.Timezone != "" {
		t.Errorf("account: %+v", a)
	}
}

func TestModels_decodingReplacesOldContent(t *testing.T) {
	l := Lead{Name: "old", LeadEmbedded: LeadEmbedded{LossReasons: []LossReason{{Name: "old"}}, Contacts: []LeadMember{{1, true}}}}
	if err := json.Unmarshal([]byte(`{"id":2}`), &l); err != nil || l.LossReason() != "" || l.Contacts != nil || l.Name != "" {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestValue_keepsWhatItDoesNotKnow(t *testing.T) {
	for raw, want := range map[string]Value{
		`{"value":"x","enum_id":"5","enum":"WORK"}`:      {Raw: json.RawMessage(`"x"`), EnumID: 5, EnumCode: "WORK"},
		`{"value":null,"enum_id":null,"enum_code":null}`: {Raw: json.RawMessage(`null`)},
		`{"catalog_id":1,"catalog_element_id":2}`:        {Rest: map[string]json.RawMessage{"catalog_id": json.RawMessage("1"), "catalog_element_id": json.RawMessage("2")}},
		`{"value":1,"enum_id":"odd","enum_code":{"a":1}}`: {Raw: json.RawMessage("1"), Rest: map[string]json.RawMessage{
			"enum_id": json.RawMessage(`"odd"`), "enum_code": json.RawMessage(`{"a":1}`)}},
		`1412380800`: {Raw: json.RawMessage("1412380800")},
	} {
		var got Value
		if err := json.Unmarshal([]byte(raw), &got); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", raw, diff)
		}
	}
}

// TestFieldValues_neverCrash feeds any JSON through every type's decoder.
func TestFieldValues_neverCrash(t *testing.T) {
	types := append(allTypes(), "", "something_new", "ai_summary")
	scalars := rapid.SampledFrom([]any{nil, true, false, "", "0", "x", "12", "2026-01-02T00:00:00Z", 0.0, 1.5, 1e300, -7.0,
		map[string]any{}, map[string]any{"name": []any{1.0}}, map[string]any{"entity_id": "x"}, []any{}, []any{map[string]any{}}})
	rapid.Check(t, func(t *rapid.T) {
		element := rapid.MapOf(rapid.SampledFrom([]string{"value", "enum_id", "enum_code", "enum", "catalog_id", "catalog_element_id", "extra"}), scalars).Draw(t, "element")
		raw, err := json.Marshal([]any{map[string]any{"field_id": 1, "field_type": rapid.SampledFrom(types).Draw(t, "type"), "values": []any{element, scalars.Draw(t, "bare")}}})
		if err != nil {
			t.Fatal(err)
		}
		var v FieldValues
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if n, m := len(v[0].Decode(nil)), len(v[0].Values); n != m {
			t.Fatalf("%s: %d decoded of %d", raw, n, m)
		}
		v[0].Text()
	})
}
