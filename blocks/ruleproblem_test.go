package blocks

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules"
)

// English is what a problem says where no catalogue is at hand, in the log and in what is stored: both must agree.
func TestRuleProblem_englishIsTheProblemsOwn(t *testing.T) {
	english := texts(t, EN)
	for prefix, own := range map[string]map[string]string{"rule.problem.": rules.ProblemTexts(), "rule.kind.": rules.ProblemKinds()} {
		for key, text := range own {
			got := english[prefix+key]
			if forms, ok := got.(map[string]any); ok {
				got = forms["other"]
			}
			if got != text {
				t.Errorf("%s%s: the catalogue says %q, the problem %q", prefix, key, got, text)
			}
		}
		for key := range english {
			if name, ok := strings.CutPrefix(key, prefix); ok && !slices.Contains(slices.Collect(maps.Keys(own)), name) {
				t.Errorf("%s is no problem's", key)
			}
		}
	}
}

func TestRuleProblem_inTheReadersLanguage(t *testing.T) {
	c, err := NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = rules.Bind("application/json", []byte(`{"ticketId":1,"fields":{"nmae":"x"},"tags":5}`))
	list := err.(*rules.Problems).List
	for lang, want := range map[Lang][2]string{
		EN: {`is not known here; did you mean "name"? accepted: name, price`, "must be a list, not a number"},
		RU: {`такой ключ здесь не нужен; возможно, вы имели в виду "name"? подходит: name, price`, "нужен список; здесь: число"},
	} {
		for i, p := range list {
			if got := c.RuleProblem(lang, p.Key, p.Params, p.Detail); !strings.HasPrefix(got, want[i]) {
				t.Errorf("%s: %s", lang, got)
			}
		}
	}
	for _, lang := range Langs {
		for key := range rules.ProblemTexts() {
			if got := c.RuleProblem(lang, key, map[string]string{"Kind": "text", "Count": "255"}, "x"); strings.HasPrefix(got, "rule.") || strings.Contains(got, "rule.kind") {
				t.Errorf("%s %s: %s", lang, key, got)
			}
		}
	}
	if got := c.RuleProblem(RU, "", nil, "amoCRM said so"); got != "amoCRM said so" {
		t.Errorf("%q", got)
	}
	if got := c.RuleProblem(UK, "too_long", map[string]string{"Count": "255"}, ""); got != "не довше за 255 символів" {
		t.Errorf("%q", got)
	}
}

func TestAcceptedLang(t *testing.T) {
	for header, want := range map[string]Lang{"": EN, "ru-RU,ru;q=0.9,en;q=0.8": RU, "de, uz;q=0.5": UZ, "de": EN, ";;;": EN} {
		if got := AcceptedLang(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
