package amocrm

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/blocks/amocrm/story"
	"github.com/sidecard/sidecard/internal/i18n"
)

// inEveryLanguage are the states that have a page in all languages; the others have one in English and in Russian.
var inEveryLanguage = []string{"one", "several", "nobody", "not-connected", "deal", "deal-form", "deal-form-refused", "contact-form", "search", "login-lost", "crm-down", "static"}

// pageLangs are the languages in which a state has a page.
func pageLangs(scene string) []string {
	if !slices.Contains(inEveryLanguage, scene) {
		return []string{"en", "ru"}
	}
	var all []string
	for _, lang := range i18n.Langs {
		all = append(all, string(lang))
	}
	return all
}

func TestStory_showsTheScenesAndNothingElse(t *testing.T) {
	for _, lang := range i18n.Langs {
		var want []string
		for _, scene := range scenes {
			if slices.Contains(pageLangs(scene.name), string(lang)) {
				want = append(want, scene.name)
			}
		}
		slices.Sort(want)
		have, err := story.Names(string(lang))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(have, want) {
			t.Errorf("%s: pages %v, scenes %v", lang, have, want)
		}
		for _, name := range have {
			page, err := story.Page(name, string(lang))
			if err != nil || len(page) < 100 {
				t.Errorf("%s %s: %d bytes, %v", name, lang, len(page), err)
			}
		}
	}
	if _, err := story.Page("never-heard-of", "en"); !os.IsNotExist(err) {
		t.Errorf("a page that is not there: %v, want %v", err, fs.ErrNotExist)
	}
}

// Pages rendered side by side in all languages are those rendered alone.
func TestPages_languagesDoNotMix(t *testing.T) {
	w := newFixture(t)
	bases, alone := map[i18n.Lang]string{}, map[string]string{}
	paths := []string{"/people?wait=1", "/deals/12?wait=1", "/search", "/contacts/new?wait=1"}
	for _, lang := range i18n.Langs {
		bases[lang] = w.session(lang, sampleTicket())
		for _, path := range paths {
			alone[string(lang)+path] = tame(w.get(bases[lang] + path).Body.String())
		}
	}
	var side sync.WaitGroup
	wrong := make(chan string, 1000)
	for range 8 {
		for _, lang := range i18n.Langs {
			for _, path := range paths {
				side.Go(func() {
					got := tame(w.get(bases[lang] + path).Body.String())
					if got != alone[string(lang)+path] {
						wrong <- fmt.Sprintf("%s %s:\n%s", lang, path, got)
					}
					if !strings.Contains(got, `<html lang="`+string(lang)+`"`) {
						wrong <- fmt.Sprintf("%s %s is in another language", lang, path)
					}
				})
			}
		}
	}
	side.Wait()
	close(wrong)
	for text := range wrong {
		t.Error(text)
	}
}

// A page that no scene writes any more would stay in the storybook for ever.
func TestStory_filesAreNamedByLanguage(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("story", "pages", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parts := strings.Split(filepath.Base(file), ".")
		if len(parts) != 3 || parts[2] != "html" || !slices.Contains(pageLangs(parts[0]), parts[1]) {
			t.Errorf("%s is nobody's page", file)
		}
	}
}
