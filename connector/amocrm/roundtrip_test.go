package amocrm

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sidecard/sidecard/internal/when"
)

// readBack is what amoCRM answers after a write: choices come back with id, text and code.
func readBack(t *rapid.T, f Field, in FieldInput) FieldValue {
	type element struct {
		ValueInput
		Value    any    `json:"value,omitempty"`
		EnumCode string `json:"enum_code,omitempty"`
	}
	var out []element
	for _, v := range in.Values {
		e := element{ValueInput: v, Value: v.Value, EnumCode: v.EnumCode}
		for _, x := range f.Enums {
			switch {
			case x.ID != v.EnumID:
			case f.Type == "multitext":
				e.EnumCode = x.Value
			default:
				e.Value, e.EnumCode = x.Value, x.Code
			}
		}
		out = append(out, e)
	}
	raw, err := json.Marshal(map[string]any{"field_id": f.ID, "field_type": f.Type, "values": out})
	if err != nil {
		t.Fatal(err)
	}
	var v FieldValue
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

var zones = []*time.Location{time.UTC, time.FixedZone("+3", 3*3600), time.FixedZone("-3", -3*3600), time.FixedZone("+5:30", 19800), time.FixedZone("-10", -36000)}

var word = rapid.StringMatching(`[A-Za-zА-Яа-я][A-Za-zА-Яа-я0-9 .,'&-]{0,20}[a-zа-я0-9]`)

// form draws strings that a form may send for the field, in the spelling in which they are shown again.
func form(t *rapid.T, f *Field) []string {
	one := func(g *rapid.Generator[string]) []string { return []string{g.Draw(t, "value")} }
	switch f.Type {
	case "text", "textarea", "streetaddress", "tracking_data", "org_legal_name":
		return one(word)
	case "url":
		return one(rapid.StringMatching(`https://[a-z]{1,9}\.example/[a-z0-9/]{0,9}(\?q=[a-z0-9]{1,5})?`))
	case "numeric", "price", "monetary":
		return one(rapid.StringMatching(`-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?`))
	case "checkbox":
		return one(rapid.SampledFrom([]string{"true", "false"}))
	case "date", "birthday":
		return one(rapid.Custom(func(t *rapid.T) string { return moment.Draw(t, "day").Format(time.DateOnly) }))
	case "date_time":
		return one(rapid.Custom(func(t *rapid.T) string { return moment.Draw(t, "time").Format("2006-01-02 15:04") }))
	case "select", "radiobutton", "category", "multiselect":
		f.Enums = enums(t, word)
		n := 1
		if f.Type == "multiselect" {
			n = rapid.IntRange(1, len(f.Enums)).Draw(t, "chosen")
		}
		var out []string
		for _, e := range f.Enums[:n] {
			out = append(out, e.Value)
		}
		return out
	case "multitext":
		return rapid.SliceOfN(rapid.StringMatching(`\+[0-9]{7,14}`), 1, 4).Draw(t, "phones")
	case "smart_address":
		return rapid.SliceOfN(word, 1, 6).Draw(t, "lines")
	case "legal_entity":
		return one(word)
	case "chained_list":
		return one(rapid.StringMatching(`[1-9][0-9]{0,8}:[1-9][0-9]{0,8}`))
	}
	name, id := word.Draw(t, "name"), rapid.IntRange(1, 1<<30).Draw(t, "id")
	raw, err := json.Marshal(map[string]any{
		"items": map[string]any{"description": name, "quantity": id}, "file": map[string]any{"file_name": name, "file_uuid": "u"},
		"linked_entity": map[string]any{"name": name, "entity_id": id, "entity_type": "contacts"},
		"supplier":      map[string]any{"name": name, "entity_id": id}, "payer": map[string]any{"name": name, "vat_id": strconv.Itoa(id)},
	}[f.Type])
	if err != nil {
		t.Fatal(err)
	}
	return []string{string(raw)}
}

// shown is the text that a form's string must have after the way to amoCRM and back.
func shown(f Field, s string) string {
	if f.Type == "chained_list" {
		_, el, _ := strings.Cut(s, ":")
		return "#" + el
	}
	var o struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		FileName    string `json:"file_name"`
	}
	if json.Unmarshal([]byte(s), &o) == nil && strings.HasPrefix(s, "{") {
		return o.Name + o.Description + o.FileName
	}
	return s
}

var moment = rapid.Custom(func(t *rapid.T) time.Time {
	return time.Date(rapid.IntRange(1930, 2100).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")),
		rapid.IntRange(1, 28).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"), 0, 0, time.UTC)
}).Filter(func(t time.Time) bool { // small numbers are no Unix times to package when
	return t.Unix() < 0 || t.Unix() > 1e8+86400
})

func enums(t *rapid.T, values *rapid.Generator[string]) []Enum {
	var out []Enum
	names := rapid.SliceOfNDistinct(values, 1, 6, strings.ToLower).Draw(t, "choices")
	for i, name := range names {
		out = append(out, Enum{ID: ID(1000 + i), Value: name})
	}
	return out
}

func TestRoundTrip_formToWireToText(t *testing.T) {
	for _, kind := range allTypes() {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				f := Field{ID: 9, Type: kind}
				loc := rapid.SampledFrom(zones).Draw(t, "zone")
				raw := form(t, &f)
				in, err := f.InputIn(when.Calendar{Zone: loc}, raw)
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for _, s := range raw {
					want = append(want, shown(f, s))
				}
				read := readBack(t, f, in)
				if diff := cmp.Diff(want, read.TextIn(loc)); diff != "" {
					t.Fatalf("%q: %s", raw, diff)
				}
				again, err := f.NormalizeIn(when.Calendar{Zone: loc}, ruleOf(t, in))
				if err != nil || !cmp.Equal(in, again, cmp.Comparer(sameValue)) {
					t.Fatalf("what was written is not taken as a rule: %v, %v; want %v", again, err, in)
				}
			})
		})
	}
}

// ruleOf is the values[] of a rule that writes the same.
func ruleOf(t *rapid.T, in FieldInput) []any {
	raw, err := json.Marshal(in.Values)
	if err != nil {
		t.Fatal(err)
	}
	var out []any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func sameValue(a, b ValueInput) bool {
	x, xerr := json.Marshal(a)
	y, yerr := json.Marshal(b)
	return xerr == nil && yerr == nil && slices.Equal(x, y)
}

func TestRoundTrip_modelsSurviveACache(t *testing.T) {
	ids := rapid.SliceOf(rapid.Custom(func(t *rapid.T) ID { return ID(rapid.IntRange(1, 1<<40).Draw(t, "id")) }))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		c := Contact{ID: 1, Name: text}
		c.LeadIDs, c.CompanyIDs, c.Tags = ids.Draw(t, "leads"), ids.Draw(t, "companies"), []Tag{{1, text, "x"}}
		l := Lead{ID: 2, Name: text, Price: Number(rapid.IntRange(0, 1<<50).Draw(t, "price"))}
		l.CompanyIDs, l.LossReasons = ids.Draw(t, "companies of lead"), []LossReason{{Name: text}}
		for _, id := range ids.Draw(t, "contacts") {
			l.Contacts = append(l.Contacts, LeadMember{id, id%2 == 0})
		}
		f := Company{ID: 3, Name: text, UpdatedAt: 5}
		var c2 Contact
		var l2 Lead
		var f2 Company
		for from, to := range map[any]any{&c: &c2, &l: &l2, &f: &f2} {
			raw, err := json.Marshal(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, to); err != nil {
				t.Fatal(err)
			}
		}
		empty := cmp.FilterValues(func(a, b IDs) bool { return len(a)+len(b) == 0 }, cmp.Ignore())
		if diff := cmp.Diff(c, c2, empty) + cmp.Diff(l, l2, empty) + cmp.Diff(f, f2, empty); diff != "" {
			t.Fatal(diff)
		}
	})
}
