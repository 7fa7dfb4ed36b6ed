package amocrm

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
)

//go:embed templates/*.html
var templates embed.FS

// pages holds one parsed set per language: texts are bound when parsing, so two languages can't mix. A set takes most of a
// megabyte, so each is parsed when its language is first asked for.
type pages struct {
	catalog *i18n.Catalog
	sets    map[i18n.Lang]func() (*template.Template, error)
}

func newPages(catalog *i18n.Catalog) (*pages, error) {
	p := &pages{catalog: catalog, sets: map[i18n.Lang]func() (*template.Template, error){}}
	for _, lang := range i18n.Langs {
		p.sets[lang] = sync.OnceValues(func() (*template.Template, error) { return parse(catalog, lang) })
	}
	_, err := p.sets[i18n.EN]() // a mistake in the templates shows at the start: it is the same in all languages
	return p, err
}

func parse(catalog *i18n.Catalog, lang i18n.Lang) (*template.Template, error) {
	set, err := template.New("").Funcs(template.FuncMap{
		"t":     func(key string, args ...any) string { return catalog.T(lang, key, args...) },
		"icon":  icon,
		"asset": ui.AssetURL,
		"list":  func(items ...any) []any { return items },
		"dot":   dotColor,
	}).ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	return set, nil
}

// render executes one template of a language.
func (p *pages) render(lang i18n.Lang, name string, data any) (template.HTML, error) {
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

// layout is what stands around a panel or a page of the login.
type layout struct {
	Lang     i18n.Lang
	Title    string
	Base     ui.Plain // address of the panel, "" outside a session
	Since    int64    // Unix milliseconds: what changes later is news to the page
	Kind     string   // "panel" or "page"
	Content  template.HTML
	NoScript ui.Plain // where a browser without script goes to wait for the data
	Act      string   // what the page's script does: "done" tells the opener and closes
}

// render executes a template on what the reader may see of its data.
func (v *visit) render(name string, data any) (template.HTML, error) {
	return v.h.pages.render(v.session.Lang, name, ui.Masked(v.sight(), data))
}

// show answers with a fragment to htmx and with the whole page to everybody else.
func (v *visit) show(status int, name string, data any) error {
	html, err := v.render(name, data)
	if err != nil {
		return err
	}
	if isHTMX(v.Context) {
		return v.HTMLBlob(status, []byte(html))
	}
	return v.page(status, layout{Kind: "panel", Content: html})
}

// skeleton is the page in the shape of what is on its way.
func (v *visit) skeleton(name string) error {
	url, query := v.Request().URL.Path, v.QueryParams()
	query.Del("fresh") // the cache is past already
	self := func() ui.Plain {
		if len(query) == 0 {
			return ui.Plain(url)
		}
		return ui.Plain(url + "?" + query.Encode())
	}
	html, err := v.render(name, map[string]ui.Plain{"URL": self()})
	if err != nil {
		return err
	}
	query.Set("wait", "1")
	return v.page(http.StatusOK, layout{Kind: "panel", Content: html, NoScript: self()})
}

func (v *visit) page(status int, l layout) error {
	l.Lang, l.Title, l.Since = v.session.Lang, v.t("title"), v.h.Now().UnixMilli()
	if v.session.ID != "" {
		l.Base = ui.Plain(v.base())
	}
	html, err := v.render("layout", l)
	if err != nil {
		return err
	}
	return v.HTMLBlob(status, []byte(html))
}

// browserLang is the first language of Accept-Language that we speak.
func browserLang(r *http.Request) i18n.Lang {
	return i18n.AcceptedLang(r.Header.Get("Accept-Language"))
}

// dotColor lets only "#rrggbb" into an attribute; stages without colour are grey.
func dotColor(s string) string {
	s = strings.ToLower(s)
	if len(s) != 7 || s[0] != '#' || strings.Trim(s[1:], "0123456789abcdef") != "" {
		return "#9aa3af"
	}
	return s
}
