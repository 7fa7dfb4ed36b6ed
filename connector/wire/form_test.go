package wire_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/wire"
)

func TestPath_wellFormedAndBrokenNames(t *testing.T) {
	for name, c := range map[string]struct {
		want string // keys with "|" between them
		ok   bool
	}{
		"a":              {"a", true},
		"":               {"", true},
		" a ":            {"a", true},
		"a[":             {"a", true},
		"a[b][c]":        {"a|b|c", true},
		"a[][0][ ]":      {"a||0| ", true},
		"a[b":            {"a|b", false},
		"a[b][c":         {"a|b|c", false},
		"a[b]c":          {"a|b", false},
		"a[b]c[d]":       {"a|b", false},
		"a]b[c[d]":       {"a]b|c[d", true},
		"[[":             {"|[", false},
		"a[b][x][":       {"a|b|x", true},
		"x" + deep(11):   {"x" + strings.Repeat("|1", 11), true},
		"too" + deep(12): {"", false},
	} {
		keys, ok := wire.Path(name)
		if got := strings.Join(keys, "|"); got != c.want || ok != c.ok {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
}

func deep(n int) string { return strings.Repeat("[1]", n) }

// tree reads a form as internal/body does.
func tree(t *testing.T, form string) (map[string]any, error) {
	t.Helper()
	fields, err := wire.Fields(form)
	if err != nil {
		return nil, err
	}
	root := map[string]any{}
	for _, f := range fields {
		if err := wire.Put(root, string(f.Name), string(f.Value)); err != nil {
			return nil, err
		}
	}
	wire.Lists(root)
	return root, nil
}

func TestLists_numbersAreListsAtEveryAddress(t *testing.T) {
	for form, want := range map[string]map[string]any{
		"a[0]=x&a[1]=y":                 {"a": []any{"x", "y"}},
		"a[7]=x":                        {"a": []any{"x"}},
		"a[10]=z&a[2]=y&a[01]=x":        {"a": []any{"x", "y", "z"}},
		"a[b][0][c]=x&a[b][3][c]=y":     {"a": map[string]any{"b": []any{map[string]any{"c": "x"}, map[string]any{"c": "y"}}}},
		"a[0]=x&a[b]=y":                 {"a": map[string]any{"0": "x", "b": "y"}},
		"0=x&1=y":                       {"0": "x", "1": "y"},
		"a[][b]=x&a[][b]=y&amp;c=%u044": {"a": []any{map[string]any{"b": "x"}, map[string]any{"b": "y"}}, "c": "%u044"},
		"a=1&a=2":                       {"a": "2"},
	} {
		got, err := tree(t, form)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", form, err, d)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, form := range []string{"leads[status][0][id]=5&account[id]=9", "leads[delete]=5&[[]]=&contacts[][id]=x", "fields[a][][b]=1&ticketId=4",
		"a[b][]=1&a[b][]=%CF%F0%E8%E2%E5%F2&c=%u041f", "payload=%7B%22a%22%3A1%7D"} {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form string) {
		fields, err := wire.Fields(form)
		if err != nil && len(fields) > 0 || len(fields) > wire.MaxFields {
			t.Errorf("%d fields, %v", len(fields), err)
		}
		for _, field := range fields {
			if keys, _ := wire.Path(string(field.Name)); len(keys) > wire.MaxDepth {
				t.Errorf("%q has %d keys", field.Name, len(keys))
			}
		}
		if _, err := tree(t, form); err != nil && !strings.HasPrefix(err.Error(), "form field ") && err != wire.ErrFields {
			t.Error(err)
		}
	})
}
