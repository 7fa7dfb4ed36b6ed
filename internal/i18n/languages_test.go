package i18n

import (
	"testing"
	"time"
)

// every language needs a number format of its own: a missing one falls back to English without a word.
func TestFormat_knowsEveryLanguage(t *testing.T) {
	for _, lang := range Langs {
		if printers[lang] == nil {
			t.Errorf("%s has no number format", lang)
		}
	}
}

func TestDate_asTheLanguageWritesIt(t *testing.T) {
	for lang, want := range map[Lang][2]string{
		EN: {"Mar 5", "Mar 5, 2024"}, ES: {"5 mar", "5 mar 2024"}, PT: {"5 mar", "5 mar 2024"}, RU: {"5 марта", "5 марта 2024"},
		UK: {"5 бер.", "5 бер. 2024"}, UZ: {"5-mar", "5-mar, 2024"},
	} {
		f := format(t, lang)
		if got := f.Day(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)); got != want[0] {
			t.Errorf("%s this year: got %q, want %q", lang, got, want[0])
		}
		if got := f.Day(time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC)); got != want[1] {
			t.Errorf("%s another year: got %q, want %q", lang, got, want[1])
		}
	}
}

func TestAge_inUkrainianAndUzbek(t *testing.T) {
	for _, tt := range []struct {
		lang Lang
		ago  time.Duration
		want string
	}{
		{UK, 3 * 24 * time.Hour, "3 дні тому"}, {UK, 6 * 24 * time.Hour, "6 днів тому"}, {UK, 5 * time.Minute, "5 хв тому"},
		{UZ, 3 * 24 * time.Hour, "3 kun oldin"}, {UZ, 20 * time.Hour, "kecha"},
	} {
		f := format(t, tt.lang)
		if got := f.Age(f.Now.Add(-tt.ago)); got != tt.want {
			t.Errorf("%s %v: got %q, want %q", tt.lang, tt.ago, got, tt.want)
		}
	}
}

func TestParseLang_readsUkrainianAndUzbek(t *testing.T) {
	for raw, want := range map[string]Lang{"uk": UK, "uk-UA": UK, "UK_ua": UK, "uz": UZ, "uz-Latn-UZ": UZ, " UZ ": UZ} {
		if got, known := ParseLang(raw); got != want || !known {
			t.Errorf("%q: got %s %v, want %s", raw, got, known, want)
		}
	}
	if got := LangNames(); got != "en, es, pt, ru, uk, uz" {
		t.Errorf("names: %q", got)
	}
}

func TestAcceptedLang(t *testing.T) {
	for header, want := range map[string]Lang{"": EN, "ru-RU,ru;q=0.9,en;q=0.8": RU, "de, uz;q=0.5": UZ, "de": EN, ";;;": EN} {
		if got := AcceptedLang(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestParseLang(t *testing.T) {
	tests := []struct {
		raw   string
		want  Lang
		known bool
	}{
		{"", EN, true}, {"ru", RU, true}, {"RU", RU, true}, {" pt-BR ", PT, true}, {"es_MX", ES, true}, {"ru_RU.UTF-8", RU, true},
		{"de", EN, false}, {"russian", EN, false}, {"-", EN, false},
	}
	for _, tt := range tests {
		if got, known := ParseLang(tt.raw); got != tt.want || known != tt.known {
			t.Errorf("ParseLang(%q) = %v, %v; want %v, %v", tt.raw, got, known, tt.want, tt.known)
		}
	}
}

func TestChosenLang_elseAnother(t *testing.T) {
	for raw, want := range map[string]Lang{"es": ES, " pt-BR ": PT, "en": EN, "": RU, " ": RU, "de": RU} {
		if got := ChosenLang(raw, RU); got != want {
			t.Errorf("%q: got %s, want %s", raw, got, want)
		}
	}
}
