package wire_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/wire"
)

type tag struct {
	Name string `json:"name"`
}

type note struct {
	ID   int    `json:"id"`
	Type string `json:"type"`
	Tags []tag  `json:"tags"`
}

type page struct {
	Count int    `json:"count"`
	Notes []note `json:"notes"`
}

func TestUnmarshal_anUnreadableElementCostsThatElement(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      page
		unread    []string
	}{
		{"all can be read", `{"count":1,"notes":[{"id":1,"type":"a"}]}`, page{1, []note{{ID: 1, Type: "a"}}}, nil},
		{"one of three", `{"count":3,"notes":[{"id":1},{"id":2,"type":4},{"id":3}]}`, page{3, []note{{ID: 1}, {ID: 3}}}, []string{"notes.1"}},
		{"another kind of thing", `{"notes":[{"id":1},"x",[]]}`, page{0, []note{{ID: 1}}}, []string{"notes.1", "notes.2"}},
		{"one inside an element", `{"notes":[{"id":1,"tags":[{"name":"a"},{"name":5}]},{"id":2}]}`,
			page{0, []note{{ID: 1, Tags: []tag{{"a"}}}, {ID: 2}}}, []string{"notes.0.tags.1"}},
		{"the only one inside an element", `{"notes":[{"id":1,"tags":[{"name":5}]}]}`, page{0, []note{{ID: 1, Tags: []tag{}}}}, []string{"notes.0.tags.0"}},
		{"an element and one inside another", `{"notes":[{"id":"x","tags":[{"name":5}]},{"id":2,"tags":[{"name":6}]},{"id":3}]}`,
			page{0, []note{{ID: 2, Tags: []tag{}}, {ID: 3}}}, []string{"notes.0", "notes.1.tags.0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got page
			unread, err := wire.Unmarshal([]byte(c.raw), &got)
			if err != nil {
				t.Fatal(err)
			}
			var paths []string
			for _, u := range unread {
				paths = append(paths, u.Path)
				if u.Err == nil {
					t.Errorf("%s was left out without a reason", u.Path)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" || !slices.Equal(paths, c.unread) {
				t.Errorf("left out %v; %s", paths, d)
			}
		})
	}
}

func TestUnmarshal_failsWhereNoElementIsToBlame(t *testing.T) {
	for name, raw := range map[string]string{
		"outside of lists": `{"count":"x","notes":[{"id":1}]}`, "the list itself": `{"notes":"x"}`, "every element": `{"notes":[{"id":"x"},{"id":"y"}]}`,
		"the only one": `{"notes":[{"type":4}]}`, "no JSON": `{"notes":[`, "another root": `"x"`,
	} {
		var got page
		if unread, err := wire.Unmarshal([]byte(raw), &got); err == nil {
			t.Errorf("%s: %+v, %v", name, got, unread)
		}
	}
}

func TestUnmarshal_listsKeyedByIndexAreListsToo(t *testing.T) {
	var got struct {
		Notes map[string]note `json:"notes"`
	}
	unread, err := wire.Unmarshal([]byte(`{"notes":{"0":{"id":1},"2":{"id":"x"}}}`), &got)
	if err != nil || len(unread) != 1 || unread[0].Path != "notes.2" || len(got.Notes) != 1 {
		t.Errorf("%+v, %v, %v", got, unread, err)
	}
}

func TestUnmarshal_keepsLargeNumbers(t *testing.T) {
	var got []struct{ ID json.Number }
	if _, err := wire.Unmarshal([]byte(`[{"ID":9007199254740993},{"ID":[]}]`), &got); err != nil || len(got) != 1 || got[0].ID != "9007199254740993" {
		t.Errorf("%v, %v", got, err)
	}
}
