package i18n

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

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
