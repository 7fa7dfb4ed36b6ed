package i18n

import "text/template"

// ParseTexts parses English texts in the catalogue's form, by their keys. It panics when one can't be parsed: they are part of the
// program.
func ParseTexts(texts map[string]string) *template.Template {
	all := template.New("").Option("missingkey=zero")
	for key, text := range texts {
		template.Must(all.New(key).Parse(text))
	}
	return all
}
