package amocrm

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/when"
)

// What an account holds is not ours to choose: any JSON in a custom field is shown as text, never a panic.
func FuzzFieldValue(f *testing.F) {
	for _, kind := range append(allTypes(), "", "never_heard_of") {
		for _, raw := range []string{
			`[{"value":"text"}]`, `[{"value":12.5}]`, `[{"value":true}]`, `[{"value":1730000000}]`, `[{"value":"2026-03-31T22:30:00+03:00"}]`,
			`[{"value":"A","enum_id":5,"enum_code":"WORK"}]`, `[{"value":{"name":"Ltd","vat_id":"1","kpp":2}}]`,
			`[{"value":{"file_uuid":"u","file_name":"a.pdf","file_size":"12"}}]`, `[{"catalog_id":1,"catalog_element_id":2}]`,
			`[{"value":null}]`, `[null]`, `[[]]`, `{}`, `null`, `[{"value":1e400}]`, `[{"value":-9223372036854775808}]`, `[{"value":"\ud800"}]`,
		} {
			f.Add(kind, []byte(raw))
		}
	}
	zone := time.FixedZone("far", 14*3600)
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		body, err := json.Marshal(map[string]any{"field_id": 1, "field_type": kind, "values": json.RawMessage(raw)})
		if err != nil {
			return // what is no JSON at all never gets as far as a field
		}
		var v FieldValue
		if err := json.Unmarshal(body, &v); err != nil {
			return
		}
		if got, want := len(v.Decode(zone)), len(v.Values); got != want {
			t.Errorf("%d values decoded of %d", got, want)
		}
		if got := v.TextIn(nil); len(got) > len(v.Values) {
			t.Errorf("%d lines of %d values: %q", len(got), len(v.Values), got)
		}
	})
}

// What an agent types becomes a value that amoCRM can read, or an error; never a panic, never broken JSON.
func FuzzInput(f *testing.F) {
	for _, kind := range append(allTypes(), "", "never_heard_of") {
		for _, typed := range []string{"", "text", "85 000", "-1,5", "true", "2026-12-01", "2026-12-01T10:30", "https://example.com/", "5", "Chairs", "1e400", "\x00", "+7 999 123-45-67"} {
			f.Add(kind, typed, "second")
		}
	}
	f.Fuzz(func(t *testing.T, kind, first, second string) {
		field := Field{ID: 7, Name: "Field", Type: kind, Enums: []Enum{{ID: 5, Value: "Chairs"}, {ID: 6, Value: "Tables"}}}
		in, err := field.InputIn(when.Calendar{Order: when.DayFirst}, []string{first, second})
		if err != nil {
			return
		}
		raw, err := json.Marshal(in)
		if err != nil {
			t.Fatalf("%s %q %q: %v", kind, first, second, err)
		}
		if !field.Writable() {
			t.Errorf("%s: a field that can't be written gave %s", kind, raw)
		}
	})
}
