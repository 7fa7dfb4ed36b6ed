package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync"

	"github.com/sidecard/sidecard/internal/i18n"
)

// Templates are those that the pages of all blocks have in common.
//
//go:embed templates/*.html
var Templates embed.FS

// Pages hold one parsed set of templates per language: texts are bound when parsing, so two languages can't mix. A set
// takes most of a megabyte, so each is parsed when its language is first asked for.
type Pages struct {
	catalog *i18n.Catalog
	sets    map[i18n.Lang]func() (*template.Template, error)
}

// NewPages joins the kit's templates and those of blocks, each in templates/*.html.
func NewPages(catalog *i18n.Catalog, sources ...fs.FS) (*Pages, error) {
	p := &Pages{catalog: catalog, sets: map[i18n.Lang]func() (*template.Template, error){}}
	for _, lang := range i18n.Langs {
		p.sets[lang] = sync.OnceValues(func() (*template.Template, error) {
			return parse(catalog, lang, append([]fs.FS{Templates}, sources...))
		})
	}
	_, err := p.sets[i18n.EN]() // a mistake in the templates shows at the start: it is the same in all languages
	return p, err
}

func parse(catalog *i18n.Catalog, lang i18n.Lang, sources []fs.FS) (*template.Template, error) {
	set := template.New("").Funcs(template.FuncMap{
		"t":     func(key string, args ...any) string { return catalog.T(lang, key, args...) },
		"icon":  icon,
		"asset": AssetURL,
		"list":  func(items ...any) []any { return items },
		"dot":   dotColor,
	})
	for _, source := range sources {
		if _, err := set.ParseFS(source, "templates/*.html"); err != nil {
			return nil, fmt.Errorf("parse templates: %w", err)
		}
	}
	return set, nil
}

// render executes one template of a language.
func (p *Pages) render(lang i18n.Lang, name string, data any) (template.HTML, error) {
	parsed, ok := p.sets[lang]
	if !ok {
		parsed = p.sets[i18n.EN]
	}
	set, err := parsed()
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("render %s: %w", name, err)
	}
	return template.HTML(b.String()), nil
}

// dotColor lets only "#rrggbb" into an attribute; stages without colour are grey.
func dotColor(s string) string {
	s = strings.ToLower(s)
	if len(s) != 7 || s[0] != '#' || strings.Trim(s[1:], "0123456789abcdef") != "" {
		return "#9aa3af"
	}
	return s
}

// Texts are those that the pages of all blocks have in common, for i18n.NewCatalog.
//
//go:embed locales/active.*.json
var Texts embed.FS
