// Package i18n is what the service says in several languages: the languages, the choice of a reader's one, the catalogue of
// texts, and dates, ages, numbers and money as a language writes them.
//
// It owns the texts of dates and ages. All others come from the packages that use them, as files of a file system. It refuses to
// know who that is, HTTP and HTML.
//
// Invariants: a catalogue has each source's texts in every language, and each text once; a text without a key or a value
// without a language is shown rather than left out.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"text/template"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Catalog holds the texts of all languages. It is safe for concurrent use.
type Catalog struct {
	texts map[Lang]*goi18n.Localizer
}

// NewCatalog reads the texts of all languages. Each source has a file locales/active.<language>.json for every one of Langs;
// no two sources have a text of the same key.
func NewCatalog(sources ...fs.FS) (*Catalog, error) {
	bundle := goi18n.NewBundle(language.English)
	c := &Catalog{texts: map[Lang]*goi18n.Localizer{}}
	for _, l := range Langs {
		known := map[string]bool{}
		for _, source := range append([]fs.FS{Texts}, sources...) {
			if err := add(bundle, source, l, known); err != nil {
				return nil, fmt.Errorf("read texts of %s: %w", l, err)
			}
		}
		c.texts[l] = goi18n.NewLocalizer(bundle, string(l))
	}
	return c, nil
}

// add puts the texts that a source has in a language into the bundle. known holds the keys that are there already.
func add(bundle *goi18n.Bundle, source fs.FS, l Lang, known map[string]bool) error {
	file := "locales/active." + string(l) + ".json"
	raw, err := fs.ReadFile(source, file)
	if err == nil {
		raw, err = named(raw)
	}
	if err != nil {
		return err
	}
	texts, err := bundle.ParseMessageFileBytes(raw, file)
	if err != nil {
		return err
	}
	for _, text := range texts.Messages {
		if known[text.ID] {
			return fmt.Errorf("%s is there twice", text.ID)
		}
		known[text.ID] = true
	}
	return nil
}

var reference = regexp.MustCompile(`\[=([a-z_.]+)=\]`)

// named replaces references by the texts of the source that they name: "press “[=inbox.link=]”" names the link as the page
// does. A text that is referred to is a plain one, without plural forms and references.
func named(raw []byte) ([]byte, error) {
	var texts map[string]any
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, err
	}
	var wrong error
	raw = reference.ReplaceAllFunc(raw, func(ref []byte) []byte {
		key := string(ref[2 : len(ref)-2])
		text, ok := texts[key].(string)
		if !ok || reference.MatchString(text) {
			wrong = fmt.Errorf("[=%s=] names no plain text", key)
			return ref
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			wrong = err
			return ref
		}
		return quoted[1 : len(quoted)-1]
	})
	return raw, wrong
}

// T returns the text of key in lang. args are name, value pairs for its placeholders; the value named Count picks the plural
// form. The result is plain text: escaping is the template's. A key without a text comes back as itself.
func (c *Catalog) T(lang Lang, key string, args ...any) string {
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			data[name] = args[i+1]
		}
	}
	return c.TMap(lang, key, data)
}

// TMap returns T with the placeholders in a map.
func (c *Catalog) TMap(lang Lang, key string, data map[string]any) string {
	texts, ok := c.texts[lang]
	if !ok {
		texts = c.texts[EN]
	}
	cfg := &goi18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if n, ok := data["Count"]; ok {
		cfg.PluralCount = n
	}
	s, err := texts.Localize(cfg)
	if s == "" && err != nil {
		return key
	}
	return s
}

// ParseTexts parses English texts in the catalogue's form, by their keys. It panics when one can't be parsed: they are part of the
// program.
func ParseTexts(texts map[string]string) *template.Template {
	all := template.New("").Option("missingkey=zero")
	for key, text := range texts {
		template.Must(all.New(key).Parse(text))
	}
	return all
}

// Texts are the texts of dates and ages.
//
//go:embed locales/active.*.json
var Texts embed.FS

// Lang is a language that the service has texts in.
type Lang string

// The languages with a catalogue. English is the default.
const (
	EN Lang = "en"
	ES Lang = "es"
	PT Lang = "pt"
	RU Lang = "ru"
	UK Lang = "uk"
	UZ Lang = "uz" // in Latin script
)

// Langs lists the languages in the order in which they are named to a reader.
var Langs = []Lang{EN, ES, PT, RU, UK, UZ}

// ParseLang reads a tag: "ru", "pt-BR", "ES_mx". An empty value is English; an unknown one is English and false.
func ParseLang(raw string) (Lang, bool) {
	tag := strings.ToLower(strings.TrimSpace(raw))
	if tag == "" {
		return EN, true
	}
	if i := strings.IndexAny(tag, "-_."); i >= 0 {
		tag = tag[:i]
	}
	if l := Lang(tag); slices.Contains(Langs, l) {
		return l, true
	}
	return EN, false
}

// ChosenLang returns the language that somebody has chosen, or another one without a choice or when it is not known.
func ChosenLang(raw string, otherwise Lang) Lang {
	if lang, known := ParseLang(raw); known && strings.TrimSpace(raw) != "" {
		return lang
	}
	return otherwise
}

// AcceptedLang returns the first known language of an Accept-Language header, else English.
func AcceptedLang(header string) Lang {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return EN
	}
	for _, tag := range tags {
		if lang, known := ParseLang(tag.String()); known {
			return lang
		}
	}
	return EN
}

// LangNames returns "en, es, pt, ru, uk, uz", for messages about an unknown language.
func LangNames() string {
	names := make([]string, len(Langs))
	for i, l := range Langs {
		names[i] = string(l)
	}
	return strings.Join(names, ", ")
}
