package forms

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

// Refusal is why a form was not taken: what is wrong with its fields, by form path, where "" holds what belongs to no shown
// field; else what is wrong with the whole, and the token to send it with again.
type Refusal struct {
	Errors  map[string]string
	Problem string
	Token   ui.Plain
}

// Refused returns err in the reader's language. What is about no field is logged.
func Refused(r *ui.PageRequest, err error) Refusal {
	var refused *crm.FieldErrors
	if errors.As(err, &refused) {
		return Refusal{Errors: fieldTexts(r.Kit.Catalog, r.Session.Lang, refused)}
	}
	r.LogProblem(err)
	return Refusal{Problem: r.ProblemLine(err), Token: r.NextToken(err)}
}

func fieldTexts(catalog *i18n.Catalog, lang i18n.Lang, errs *crm.FieldErrors) map[string]string {
	out := map[string]string{}
	for _, e := range errs.Fields {
		text := e.Text
		switch {
		case e.Key != "" && e.Text != "" && e.Key == crm.KeyFromTheCRM:
			text = catalog.T(lang, e.Key, "Text", e.Text)
		case e.Key == crm.KeyBadValue && badValueKey(e) != "":
			text = catalog.T(lang, badValueKey(e))
		case e.Key != "":
			text = catalog.TMap(lang, e.Key, Args(i18n.Format{Catalog: catalog, Lang: lang}, e.Args))
		}
		if out[e.Path] == "" {
			out[e.Path] = text
		}
	}
	return out
}

// badValueKey returns the key of the text on what a field of this type takes, "" when only the general one fits.
func badValueKey(e crm.FieldError) string {
	kind, _ := e.Args["type"].(string)
	switch widget := widgets[kind]; {
	case widget == "number", widget == "date", widget == "datetime", widget == "url":
		return crm.KeyBadValue + "_" + widget
	case kind == "legal_entity":
		return crm.KeyBadValue + "_legal"
	}
	return ""
}

// LeftOver joins the errors that no input shows.
func LeftOver(errs map[string]string, shown ...string) string {
	var texts []string
	for path, text := range errs {
		if text != "" && !slices.Contains(shown, path) {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), " ")
}

// Args formats the raw values of a sentence: names ending in "_at" are times, numbers get their grouping and, where
// the sentence names a currency, its sign; kinds of entities are words of the language. All other texts are words of people.
func Args(f i18n.Format, raw map[string]any) map[string]any {
	args := make(map[string]any, len(raw))
	currency, _ := raw["currency"].(string)
	for name, value := range raw {
		switch x := value.(type) {
		case float64:
			if strings.HasSuffix(name, "_at") {
				value = f.DateTime(time.Unix(int64(x), 0))
			} else {
				value = f.Money(x, currency)
			}
		case string:
			switch word := f.T("entity." + x); {
			case name == "phone" && x != "":
				value = f.Phone(x)
			case name == "currency":
			case name == "entity" && word != "entity."+x:
				value = word
			case name != "entity":
				value = f.Words(x)
			}
		}
		args[name] = value
	}
	return args
}

// Written returns the step that failed after what a form asked for was written, "" for none, and err nil then: it is there and
// must not be written again.
func Written(r *ui.PageRequest, err error) (missing string, _ error) {
	if after := (*crm.AfterCreate)(nil); errors.As(err, &after) {
		r.LogError(err)
		return after.Step, nil
	}
	return "", err
}
