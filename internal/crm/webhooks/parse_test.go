package webhooks

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/wire"
)

// examples are the vendor's own bodies, decoded from their form.
var examples = filepath.Join("..", "..", "..", "testdata", "amocrm")

// flatten turns decoded JSON back into the form it came from, as PHP nests it.
func flatten(form url.Values, name string, v any) {
	at := func(key string) string {
		if name == "" {
			return key
		}
		return name + "[" + key + "]"
	}
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			flatten(form, at(key), inner)
		}
	case []any:
		for i, inner := range v {
			flatten(form, at(fmt.Sprint(i)), inner)
		}
	default:
		form.Set(name, fmt.Sprint(v))
	}
}

func example(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(examples, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	if strings.HasSuffix(name, "form-pairs") {
		var pairs [][2]string
		if err := json.Unmarshal(raw, &pairs); err != nil {
			t.Fatal(err)
		}
		for _, p := range pairs {
			form.Add(p[0], p[1])
		}
		return []byte(form.Encode())
	}
	var decoded any
	if err := json.Unmarshal(raw, &decoded); err != nil {
		t.Fatal(err)
	}
	flatten(form, "", decoded)
	return []byte(form.Encode())
}

func TestParse_vendorExamples(t *testing.T) {
	for name, want := range map[string]Body{
		"hook-leads-status-form-pairs":  {17769199, []Item{{Deals, 10701093, "status", 2079718}}},
		"hook-leads-status-decoded":     {7039099, []Item{{Deals, 25399013, "status", 123123}}},
		"hook-contacts-add-decoded":     {7039099, []Item{{Contacts, 10952709, "add", 123123}, {Deals, 7551167, "update", 123123}}},
		"hook-companies-add-decoded":    {7039099, []Item{{Deals, 7480363, "update", 123123}}},
		"hook-task-update-decoded":      {77711122, []Item{{Deals, 33322211, "task", 0}}},
		"hook-unsorted-accept-decoded":  {1312313, []Item{{Contacts, 3454532, "update", 0}, {Deals, 2132111, "update", 0}}},
		"hook-unsorted-decline-decoded": {1312313, []Item{{Deals, 2132111, "update", 0}}},
		"hook-unsorted-add-decoded":     {1312313, nil},
		"hook-unsorted-update-decoded":  {1312313, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(example(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParse_shapes(t *testing.T) {
	for name, c := range map[string]struct {
		form string
		want []Item
	}{
		"deleted, with an index":       {"leads[delete][0][id]=5&account[id]=9", []Item{{Deals, 5, "delete", 0}}},
		"deleted, the id alone":        {"leads[delete]=5&account[id]=9", []Item{{Deals, 5, "delete", 0}}},
		"deleted, ids in a list":       {"contacts[delete][0]=5&contacts[delete][1]=6", []Item{{Contacts, 5, "delete", 0}, {Contacts, 6, "delete", 0}}},
		"deleted, ids appended":        {"contacts[delete][]=5&contacts[delete][]=6", []Item{{Contacts, 5, "delete", 0}, {Contacts, 6, "delete", 0}}},
		"percent signs, semicolons":    {"leads[status][0][id]=5&x=100%&y=%zz&z=1;2", []Item{{Deals, 5, "status", 0}}},
		"ids that are written loosely": {"leads[status][0][id]=+5.0+", []Item{{Deals, 5, "status", 0}}},
		"deleted, without an index":    {"leads[delete][id]=5", []Item{{Deals, 5, "delete", 0}}},
		"several":                      {"leads[update][0][id]=5&leads[update][7][id]=6&leads[add][0][id]=7", []Item{{Deals, 5, "update", 0}, {Deals, 6, "update", 0}, {Deals, 7, "add", 0}}},
		"one level deeper":             {"task[update][0][0][element_id]=5&task[update][0][0][element_type]=2", []Item{{Deals, 5, "task", 0}}},
		"note, named twice":            {"leads[note][0][note][element_id]=5&leads[note][0][note][element_type]=2&leads[note][0][note][created_by]=3", []Item{{Deals, 5, "note", 3}}},
		"note, once, without the kind": {"contacts[note][0][element_id]=5", []Item{{Contacts, 5, "note", 0}}},
		"note of a customer":           {"leads[note][0][note][element_id]=5&leads[note][0][note][element_type]=12", nil},
		"task of a company":            {"task[add][0][element_id]=5&task[add][0][element_type]=3", nil},
		"a field's value is no id":     {"leads[update][0][custom_fields][0][id]=8&leads[update][0][tags][0][id]=9&leads[update][0][id]=5", []Item{{Deals, 5, "update", 0}}},
		"encoded brackets":             {"leads%5Bstatus%5D%5B0%5D%5Bid%5D=5", []Item{{Deals, 5, "status", 0}}},
		"no id at all":                 {"leads[status][0][name]=x", nil},
		"words and signs for ids":      {"leads[status][0][id]=x&leads[status][1][id]=-4&contacts[update][0][id]=99999999999999999999", nil},
		"other roots":                  {"talk[add][0][talk_id]=5&message[add][0][id]=6&leads=7&=8&[[=9", nil},
		"too deep":                     {"leads" + strings.Repeat("[1]", 40) + "[id]=5", nil},
		"broken brackets":              {"leads[status][0][id=5&leads]status[0[id]=6&leads[][][]=7", []Item{{Deals, 5, "status", 0}}},
		"empty":                        {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(c.form))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Items); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParse_limits(t *testing.T) {
	pairs := func(n int) string { return strings.TrimSuffix(strings.Repeat("a[b]=1&", n), "&") }
	for name, c := range map[string]struct {
		body string
		ok   bool
	}{
		"as many keys as allowed": {pairs(wire.MaxFields), true},
		"a key too many":          {pairs(wire.MaxFields + 1), false},
		"as long as allowed":      {"a=" + strings.Repeat("x", maxBody-2), true},
		"a byte too long":         {"a=" + strings.Repeat("x", maxBody-1), false},
		"no form":                 {"%zz", false},
	} {
		if _, err := Parse([]byte(c.body)); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("leads[status][0][id]=5&account[id]=9"))
	f.Add([]byte("leads[delete]=5&[[]]=&contacts[][id]=x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		body, err := Parse(raw)
		if err != nil {
			return
		}
		for _, it := range body.Items {
			if it.ID <= 0 || it.Kind != Deals && it.Kind != Contacts {
				t.Errorf("%q gives %+v", raw, it)
			}
		}
	})
}
