package blocks

import (
	"embed"
	"fmt"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales/active.*.json
var locales embed.FS

// Catalog holds the texts of all languages. It is safe for concurrent use.
type Catalog struct {
	texts map[Lang]*i18n.Localizer
}

// NewCatalog reads the embedded texts. A new language is a new file plus its entry in Langs.
func NewCatalog() (*Catalog, error) {
	bundle := i18n.NewBundle(language.English)
	for _, l := range Langs {
		if _, err := bundle.LoadMessageFileFS(locales, "locales/active."+string(l)+".json"); err != nil {
			return nil, fmt.Errorf("read texts of %s: %w", l, err)
		}
	}
	c := &Catalog{texts: map[Lang]*i18n.Localizer{}}
	for _, l := range Langs {
		c.texts[l] = i18n.NewLocalizer(bundle, string(l))
	}
	return c, nil
}

// T is the text of key in lang. args are name, value pairs for its placeholders; the value named Count picks the plural
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

// TMap is T with the placeholders in a map.
func (c *Catalog) TMap(lang Lang, key string, data map[string]any) string {
	texts, ok := c.texts[lang]
	if !ok {
		texts = c.texts[EN]
	}
	cfg := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if n, ok := data["Count"]; ok {
		cfg.PluralCount = n
	}
	s, err := texts.Localize(cfg)
	if s == "" && err != nil {
		return key
	}
	return s
}
