package request

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/internal/i18n"
)

// English is what a problem says where no catalogue is at hand, in the log and in what is stored: both must agree.
func TestRuleProblem_englishIsTheProblemsOwn(t *testing.T) {
	raw, err := os.ReadFile("../texts/locales/active.en.json")
	if err != nil {
		t.Fatal(err)
	}
	var english map[string]any
	if err := json.Unmarshal(raw, &english); err != nil {
		t.Fatal(err)
	}
	for prefix, own := range map[string]map[string]string{"rule.problem.": problemTexts, "rule.kind.": kinds} {
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
	c, err := i18n.NewCatalog(texts.FS)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Bind("application/json", []byte(`{"ticketId":1,"fields":{"nmae":"x"},"tags":5}`))
	list := err.(*Problems).List
	for lang, want := range map[i18n.Lang][2]string{
		i18n.EN: {`is not known here; did you mean "name"? accepted: name, price`, "must be a list, not a number"},
		i18n.RU: {`такой ключ здесь не нужен; возможно, вы имели в виду "name"? подходит: name, price`, "нужен список; здесь: число"},
	} {
		for i, p := range list {
			if got := p.In(c, lang); !strings.HasPrefix(got, want[i]) {
				t.Errorf("%s: %s", lang, got)
			}
		}
	}
	for _, lang := range i18n.Langs {
		for key := range problemTexts {
			if got := (Problem{Key: key, Params: map[string]string{"Kind": "text", "Count": "255"}, Detail: "x"}).In(c, lang); strings.HasPrefix(got, "rule.") || strings.Contains(got, "rule.kind") {
				t.Errorf("%s %s: %s", lang, key, got)
			}
		}
	}
	if got := (Problem{Detail: "amoCRM said so"}).In(c, i18n.RU); got != "amoCRM said so" {
		t.Errorf("%q", got)
	}
	if got := (Problem{Key: "too_long", Params: map[string]string{"Count": "255"}}).In(c, i18n.UK); got != "не довше за 255 символів" {
		t.Errorf("%q", got)
	}
}
