package blocks_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/amocrm"
	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
)

// sources are the texts of all blocks.
var sources = []fs.FS{i18n.Texts, ui.Texts, amocrm.Texts, texts.FS}

// forms are the plural forms each language needs (CLDR).
var forms = map[i18n.Lang][]string{i18n.EN: {"one", "other"}, i18n.ES: {"many", "one", "other"}, i18n.PT: {"many", "one", "other"}, i18n.RU: {"few", "many", "one", "other"},
	i18n.UK: {"few", "many", "one", "other"}, i18n.UZ: {"one", "other"}}

func textsOf(t *testing.T, lang i18n.Lang) map[string]any {
	t.Helper()
	m := map[string]any{}
	for _, source := range sources {
		raw, err := fs.ReadFile(source, "locales/active."+string(lang)+".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &m); err != nil { // adds to what m has
			t.Fatalf("%s: %v", lang, err)
		}
	}
	return m
}

var placeholder = regexp.MustCompile(`\.([A-Za-z_]+)`)

// names are the placeholders of a text; the plural forms of one text count together.
func names(text any) []string {
	set := map[string]bool{}
	add := func(s string) {
		for _, action := range regexp.MustCompile(`\{\{[^}]*\}\}`).FindAllString(s, -1) {
			for _, m := range placeholder.FindAllStringSubmatch(action, -1) {
				set[m[1]] = true
			}
		}
	}
	switch x := text.(type) {
	case string:
		add(x)
	case map[string]any:
		for _, v := range x {
			add(v.(string))
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func TestCatalog_languagesAgree(t *testing.T) {
	english := textsOf(t, i18n.EN)
	for _, lang := range i18n.Langs {
		if len(forms[lang]) == 0 {
			t.Errorf("this test does not know the plural forms of %s", lang)
		}
		have := textsOf(t, lang)
		for key, text := range english {
			got, ok := have[key]
			if !ok {
				t.Errorf("%s: %s is missing", lang, key)
				continue
			}
			if _, plural := text.(map[string]any); plural {
				forms := forms[lang]
				m, ok := got.(map[string]any)
				if !ok || !slices.Equal(slices.Sorted(maps.Keys(m)), forms) {
					t.Errorf("%s: %s needs the forms %v, has %v", lang, key, forms, got)
					continue
				}
				for form, s := range m {
					if s == "" {
						t.Errorf("%s: %s.%s is empty", lang, key, form)
					}
				}
			} else if got == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
			a, b := names(text), names(got)
			if key != "date.short" && key != "date.long" && key != "contact.duplicates" && !slices.Equal(a, b) {
				t.Errorf("%s: %s has the placeholders %v, English has %v", lang, key, b, a)
			}
		}
		for key := range have {
			if _, ok := english[key]; !ok {
				t.Errorf("%s: %s is in no other language", lang, key)
			}
		}
	}
}

// used finds the keys that code and templates name literally.
var used = regexp.MustCompile(`(?:\bt|\.T|\bTMap|\bt\()[ (](?:lang, |f\.Lang, |r\.Session\.Lang, |req\.Lang, )?"([a-z_]+(?:\.[a-z_0-9]+)*)"|"((?:feed|error)\.[a-z_]+)"`)

func TestCatalog_usedKeysExist(t *testing.T) {
	english := textsOf(t, i18n.EN)
	found := 0
	for _, pattern := range []string{"*.go", "amocrm/*.go", "amocrm/*/*.go", "amocrm/templates/*.html", "amocrm/*/templates/*.html", "ui/*.go", "ui/templates/*.html", "../internal/crm/*.go", "../internal/i18n/*.go", "../internal/notify/*.go", "rules/*.go", "rules/pages/*.go", "rules/pages/templates/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(files))
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range used.FindAllStringSubmatch(string(raw), -1) {
				key := m[1] + m[2]
				found++
				if _, ok := english[key]; !ok {
					t.Errorf("%s names %q, which no catalogue has", file, key)
				}
			}
		}
	}
	if found < 150 {
		t.Errorf("only %d keys found: the pattern of this test no longer fits the code", found)
	}
}

func TestCatalog_plurals(t *testing.T) {
	c, err := i18n.NewCatalog(sources[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		lang i18n.Lang
		n    int
		want string
	}{
		{i18n.EN, 1, "1 deal"}, {i18n.EN, 2, "2 deals"}, {i18n.RU, 1, "1 сделка"}, {i18n.RU, 3, "3 сделки"}, {i18n.RU, 11, "11 сделок"}, {i18n.RU, 21, "21 сделка"},
		{i18n.RU, 60, "60 сделок"}, {i18n.ES, 1, "1 operación"}, {i18n.ES, 1000000, "1000000 operaciones"}, {i18n.PT, 1, "1 negócio"}, {i18n.PT, 2, "2 negócios"},
		{i18n.UK, 1, "1 угода"}, {i18n.UK, 2, "2 угоди"}, {i18n.UK, 5, "5 угод"}, {i18n.UK, 12, "12 угод"}, {i18n.UK, 22, "22 угоди"}, {i18n.UZ, 1, "1 ta bitim"}, {i18n.UZ, 5, "5 ta bitim"},
	}
	for _, tt := range tests {
		if got := c.T(tt.lang, "deals.count", "Count", tt.n); got != tt.want {
			t.Errorf("%s %d: got %q, want %q", tt.lang, tt.n, got, tt.want)
		}
	}
}

func TestCatalog_unknownKeyIsItself(t *testing.T) {
	c, err := i18n.NewCatalog(sources[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.T(i18n.RU, "feed.never_heard_of"); got != "feed.never_heard_of" {
		t.Errorf("got %q", got)
	}
	if got := c.T("de", "back"); got != "Back" {
		t.Errorf("got %q", got)
	}
}

func TestCatalog_textsNameALinkAsThePageDoes(t *testing.T) {
	c, err := i18n.NewCatalog(sources[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs {
		for key, name := range map[string]string{
			"notice.failed.todo": "inbox.link", "tellback.failed": "inbox.link", "inbox.cut": "inbox.older", "inbox.cut_empty": "inbox.older",
		} {
			text, link := c.T(lang, key, "Reason", "x"), c.T(lang, name)
			if !regexp.MustCompile(`[“«]` + regexp.QuoteMeta(link) + `[”»]`).MatchString(text) {
				t.Errorf("%s %s does not name %q: %s", lang, key, link, text)
			}
		}
		for key := range textsOf(t, lang) {
			if text := c.T(lang, key, "Count", 1); strings.Contains(text, "[=") {
				t.Errorf("%s %s: %s", lang, key, text)
			}
		}
	}
}

// Uzbek is written in Latin letters; a Cyrillic one among them is a slip of the keyboard.
func TestCatalog_uzbekIsLatin(t *testing.T) {
	for key, text := range textsOf(t, i18n.UZ) {
		words := []any{text}
		if m, ok := text.(map[string]any); ok {
			words = nil
			for _, w := range m {
				words = append(words, w)
			}
		}
		for _, w := range words {
			if strings.ContainsFunc(w.(string), func(r rune) bool { return r >= 0x400 && r <= 0x4ff }) {
				t.Errorf("%s: %q", key, w)
			}
		}
	}
}

// unwanted are words that a language has another one for, or that read as translated.
var unwanted = map[i18n.Lang]string{
	i18n.EN: `(?i)\bfirings?\b|this is no |\bdata of\b|make no deal|letter received|reason of loss|whoever|inbox of the rules|deals by rule|\bnotices\b`,
	i18n.ES: `(?i)\bnegocios?\b`,
	i18n.PT: `(?i)\bguard(ar|ad|e)|registad|«|»|\bNIF\b|está a ser|tem de ser|\baceite\b`,
	i18n.RU: `(?i)вашем amoCRM|amoCRM не (принял|ответил|прислал|закрыл)\b|проверочн|привязк|прочитал(ись|ась)`,
	i18n.UK: `(?i)хелпдеск|задач|перевірне`,
	i18n.UZ: `[‘’]|amoCRM[ʼʻ]|\bhisobi: \{`,
}

func TestCatalog_oneWordForOneThing(t *testing.T) {
	for _, lang := range i18n.Langs {
		bad := regexp.MustCompile(unwanted[lang])
		for key, text := range textsOf(t, lang) {
			forms, plural := text.(map[string]any)
			if !plural {
				forms = map[string]any{"": text}
			}
			for _, form := range forms {
				if found := bad.FindString(form.(string)); found != "" {
					t.Errorf("%s: %s has %q: %s", lang, key, found, form)
				}
			}
		}
	}
}
