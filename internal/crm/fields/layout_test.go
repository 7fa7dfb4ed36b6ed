package fields

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestLayoutChoices_offerEveryCustomFieldBehindTheStandardOnes(t *testing.T) {
	m := crmtest.Meta(t)
	choices := LayoutChoices(m)
	if len(choices) != len(standardFields)+len(m.LeadFields) {
		t.Errorf("%d choices for %d standard and %d custom fields", len(choices), len(standardFields), len(m.LeadFields))
	}
	var seen []string
	for _, c := range choices {
		if slices.Contains(seen, c.ID) || c.ID == "" {
			t.Errorf("id %q twice or empty", c.ID)
		}
		seen = append(seen, c.ID)
	}
	for _, kind := range []string{LayoutList, LayoutCard} {
		for _, id := range LayoutDefault(kind, m) {
			if !slices.Contains(seen, id) {
				t.Errorf("the default of %s holds %q, which can't be chosen", kind, id)
			}
		}
	}
	if i := slices.Index(seen, CustomID(905)); i < 0 || choices[i].Currency != "EUR" || choices[i].Name != "Budget" {
		t.Errorf("monetary field: %+v", choices)
	}
}

func TestLayout(t *testing.T) {
	m := crmtest.Meta(t)
	for name, tt := range map[string]struct{ chosen, want []string }{
		"order is kept":             {[]string{CustomID(904), FieldStage, FieldAmount}, []string{CustomID(904), FieldStage, FieldAmount}},
		"unknown ids are dropped":   {[]string{"nonsense", FieldStage, CustomID(99999), "cf:", "cf:-1", "cf:x"}, []string{FieldStage}},
		"repeats are dropped":       {[]string{FieldStage, FieldTags, FieldStage}, []string{FieldStage, FieldTags}},
		"nothing chosen":            {nil, nil},
		"only fields that are gone": {[]string{CustomID(1), CustomID(2)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range Layout(tt.chosen, m) {
				got = append(got, l.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMove(t *testing.T) {
	for name, tt := range map[string]struct {
		id   string
		by   int
		want []string
	}{
		"up": {"c", -1, []string{"a", "c", "b"}}, "down": {"a", 1, []string{"b", "a", "c"}},
		"first up": {"a", -1, []string{"a", "b", "c"}}, "last down": {"c", 1, []string{"a", "b", "c"}},
		"not chosen": {"x", 1, []string{"a", "b", "c"}},
	} {
		chosen := []string{"a", "b", "c"}
		if diff := cmp.Diff(tt.want, Move(chosen, tt.id, tt.by)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !slices.Equal(chosen, []string{"a", "b", "c"}) {
			t.Errorf("%s changed what it was given", name)
		}
	}
}
