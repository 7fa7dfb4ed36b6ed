package usedesk

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNest_rebuildsBrackets(t *testing.T) {
	got := nest(url.Values{
		"a": {"1"}, "b[]": {"x", "y"}, "c[0][k]": {"v"}, "c[1][k]": {"w"}, "d[k][l]": {"m"}, "e[1]": {"hole"}, "f[": {"odd"}, "[g]": {"odd"},
		"h[a][b][c][d][e][f][g][h][i]": {"deep"}, "i": {"first", "last"},
	})
	want := params{
		"a": "1", "b": []any{"x", "y"}, "c": []any{map[string]any{"k": "v"}, map[string]any{"k": "w"}},
		"d": map[string]any{"k": map[string]any{"l": "m"}}, "e": map[string]any{"1": "hole"}, "f[": "odd", "[g]": "odd",
		"h[a][b][c][d][e][f][g][h][i]": "deep", "i": "last",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a rule sends as a form is what the reader of forms gets back.
func TestBracket_nestUndoesIt(t *testing.T) {
	key := rapid.StringMatching(`[a-z_]{1,6}`)
	leaf := rapid.StringMatching(`[ -~а-я]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		data := map[string]any{}
		for k, v := range rapid.MapOfN(key, leaf, 0, 4).Draw(t, "leaves") {
			data[k] = v
		}
		for k, v := range rapid.MapOfN(key, rapid.SliceOfN(rapid.MapOfN(key, leaf, 1, 3), 1, 3), 0, 3).Draw(t, "lists") {
			var list []any
			for _, m := range v {
				row := map[string]any{}
				for k, s := range m {
					row[k] = s
				}
				list = append(list, row)
			}
			data[k] = list
		}
		form := url.Values{}
		bracket(form, "", data)
		if got := nest(form); !reflect.DeepEqual(map[string]any(got), data) {
			t.Fatalf("got %v, want %v", got, data)
		}
	})
}
