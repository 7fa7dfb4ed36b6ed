// Package story holds a page for every state an agent can meet: the golden files of the block's tests. The tests write
// and compare them, the demo's storybook shows them to the eye, so the two can't drift and no service carries sample
// data of its own.
package story

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed pages/*.html
var pages embed.FS

// Names are the states that have a page in the language ("en"), in the order of the alphabet.
func Names(lang string) ([]string, error) {
	files, err := fs.Glob(pages, "pages/*."+lang+".html")
	if err != nil {
		return nil, fmt.Errorf("pages in %q: %w", lang, err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), "."+lang+".html")
	}
	slices.Sort(files)
	return files, nil
}

// Page is a state's page in a language, or that part of one that is the static card. The error is fs.ErrNotExist when there is none.
func Page(name, lang string) ([]byte, error) {
	return pages.ReadFile(path.Join("pages", name+"."+lang+".html"))
}
