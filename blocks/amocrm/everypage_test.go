package amocrm

import (
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

// everyPage renders every scene in the given languages. before changes what the scene has set up.
func everyPage(t *testing.T, langs []i18n.Lang, before func(*fixture, *helpdesk.Ticket), seen func(t *testing.T, rec *httptest.ResponseRecorder)) {
	t.Helper()
	for _, scene := range scenes {
		for _, lang := range langs {
			t.Run(scene.name+"/"+string(lang), func(t *testing.T) {
				w := newFixture(t)
				ticket := sampleTicket()
				if scene.setup != nil {
					scene.setup(w, &ticket)
				}
				before(w, &ticket)
				seen(t, scene.ask(w, w.session(lang, ticket)))
			})
		}
	}
}

// unfilled are the traces that a value leaves which a text or a template did not get or could not write.
var unfilled = regexp.MustCompile(`no value|%!|<nil>|\bnil\b|\bNaN\b|[+-]?\bInf\b|0x[0-9a-f]{6,}|map\[|\{\[|0001-01-01|\bundefined\b|invalid reflect`)

// isUnfilled finds such a trace. Most pages hold no part of one, which is found out much faster.
func isUnfilled(body string) []int {
	for _, part := range []string{"no value", "%!", "nil", "NaN", "Inf", "0x", "map[", "{[", "0001-01-01", "undefined", "invalid reflect"} {
		if strings.Contains(body, part) {
			return unfilled.FindStringIndex(body)
		}
	}
	return nil
}

func TestPages_holdNoValueThatIsMissing(t *testing.T) {
	for name, text := range map[string]string{
		"<no value>": "Tax number &lt;no value&gt;", "%!d": "%!d(string=x)", "<nil>": fmt.Sprintf("%v", error(nil)), "map[": fmt.Sprint(map[string]int{}),
	} {
		if isUnfilled(html.UnescapeString(text)) == nil {
			t.Fatalf("%s is not recognised", name)
		}
	}
	keys := catalogueKeys(t)
	everyPage(t, i18n.Langs, func(*fixture, *helpdesk.Ticket) {}, func(t *testing.T, rec *httptest.ResponseRecorder) {
		body := html.UnescapeString(rec.Body.String())
		if found := isUnfilled(body); found != nil {
			t.Errorf("…%s…", body[max(0, found[0]-80):min(len(body), found[1]+40)])
		}
		for _, text := range shownTexts(body) {
			if keys[text] {
				t.Errorf("a text is missing: %q", text)
			}
		}
	})
}

// catalogueKeys are the keys of texts that can't be taken for a word.
func catalogueKeys(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]any{}
	for _, source := range []fs.FS{i18n.Texts, ui.Texts, Texts, texts.FS} {
		raw, err := fs.ReadFile(source, "locales/active.en.json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &all); err != nil { // adds to what is there
			t.Fatal(err)
		}
	}
	out := map[string]bool{}
	for key := range all {
		if strings.Contains(key, ".") {
			out[key] = true
		}
	}
	return out
}

// shownTexts are the pieces of a page that a person can read, and more.
func shownTexts(body string) []string {
	var out []string
	for piece := range strings.SplitSeq(body, `"`) { // values of attributes
		out = append(out, strings.TrimSpace(piece))
	}
	for piece := range strings.SplitSeq(body, "<") {
		_, text, _ := strings.Cut(piece, ">")
		out = append(out, strings.TrimSpace(text))
	}
	return out
}
