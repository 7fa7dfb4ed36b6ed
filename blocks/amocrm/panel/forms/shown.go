package forms

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/i18n"
)

// Line is one value.
type Line struct {
	Text  any // words, or Plain
	URL   ui.Plain
	Title string
}

// fieldLabels are the words for standard fields.
var fieldLabels = map[string]string{
	fields.FieldAmount: "field.price", fields.FieldStage: "field.stage", fields.FieldPipeline: "field.pipeline",
	fields.FieldResponsible: "field.responsible", fields.FieldTask: "field.next_task", fields.FieldCreated: "field.created_at",
	fields.FieldUpdated: "field.updated_at", fields.FieldClosed: "field.closed_at", fields.FieldContact: "field.contact",
	fields.FieldCompany: "field.company", fields.FieldTags: "field.tags", fields.FieldLossReason: "field.loss_reason",
}

// FieldName returns what a reader knows a field as.
func FieldName(f i18n.Format, l fields.LayoutField) string {
	if key := fieldLabels[l.ID]; key != "" {
		return f.T(key)
	}
	return l.Name
}

// Lines returns a custom value in the reader's format.
func Lines(f i18n.Format, s fields.Shown) []Line {
	var out []Line
	for _, text := range s.Text {
		out = append(out, Line{Text: shownText(f, s, text), URL: SafeURL(f, s.URL)})
	}
	for _, p := range s.Parts {
		line := Line{Text: p.Value}
		if p.Key != "" {
			line.Text = ui.Plain(f.T(p.Key) + " " + p.Value) // the tax number and its like: no phones
		}
		out = append(out, line)
	}
	return out
}

// SafeURL returns an address that people wrote, if a link may lead there: it is one of the web, and holds no phone that the
// reader must not see.
func SafeURL(f i18n.Format, u string, phones ...string) ui.Plain {
	if (strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://")) && !f.Reveals(u, phones...) {
		return ui.Plain(u)
	}
	return ""
}

// numbers are the types of fields whose values are no words: a long number in them is no phone.
var numbers = []string{"numeric", "monetary", "price", "date", "birthday", "date_time", "checkbox"}

// shownText returns a value of a field, Plain where it is no words.
func shownText(f i18n.Format, s fields.Shown, text string) any {
	if !slices.Contains(numbers, s.Type) {
		return text
	}
	return ui.Plain(numberText(f, s, text))
}

// numberText puts a value into the reader's format; what doesn't parse stays as it is.
func numberText(f i18n.Format, s fields.Shown, text string) string {
	switch s.Type {
	case "numeric", "monetary", "price":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err == nil && math.Abs(n) < 1e15 {
			return f.Money(n, s.Currency)
		}
	case "checkbox":
		if text == "true" || text == "false" {
			return f.T("value." + text)
		}
	case "date", "birthday":
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return f.Day(day)
		}
	case "date_time":
		if at, err := time.Parse("2006-01-02 15:04", text); err == nil {
			return f.Day(at) + ", " + at.Format("15:04")
		}
	}
	return text
}
