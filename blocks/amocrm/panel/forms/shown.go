package forms

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
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

// shownText returns a value of a field in the reader's format, Plain where it is no words. What doesn't parse stays as it is.
func shownText(f i18n.Format, s fields.Shown, text string) any {
	if !slices.Contains(numbers, s.Type) {
		return text
	}
	switch s.Type {
	case "numeric", "monetary", "price":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err == nil && math.Abs(n) < 1e15 {
			return ui.Plain(f.Money(n, s.Currency))
		}
	case "checkbox":
		if text == "true" || text == "false" {
			return ui.Plain(f.T("value." + text))
		}
	case "date", "birthday":
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return ui.Plain(f.Day(day))
		}
	case "date_time":
		if at, err := time.Parse("2006-01-02 15:04", text); err == nil {
			return ui.Plain(f.Day(at) + ", " + at.Format("15:04"))
		}
	}
	return ui.Plain(text)
}

// keyMasked refuses a text that holds hidden digits and is not the one that was shown: they would be lost.
const keyMasked = "error.masked"

// Value returns what a form shows in an input: what was typed as it is, what was read as words.
func Value(text string, typed bool) any {
	if typed {
		return ui.Plain(text)
	}
	return text
}

// Unmasked brings the texts of a form back to what they stand for: each of known once, in order, since two phones may
// look the same when they are hidden.
func Unmasked(f i18n.Format, typed, known []string) []string {
	if !f.Masked {
		return typed
	}
	left := slices.Clone(known)
	return each(typed, func(text string) string {
		plain := f.Unmask(text, left)
		if i := slices.Index(left, plain); i >= 0 && plain != text {
			left = slices.Delete(left, i, i+1)
		}
		return plain
	})
}

// Unmasking puts the digits back into a form's texts that it had hidden. It collects the texts of which it can't tell what
// they stand for: a text with hidden digits was changed.
type Unmasking struct {
	Format i18n.Format
	wrong  crm.FieldErrors
}

// Text returns what a text stands for that was typed over one of known.
func (u *Unmasking) Text(path, typed string, known ...string) string {
	if !u.Format.Masked {
		return typed
	}
	back := u.Format.Unmask(typed, known)
	if phone.HasMasked(back) && !slices.Contains(known, back) {
		u.wrong.Fields = append(u.wrong.Fields, crm.FieldError{Path: path, Key: keyMasked})
	}
	return back
}

// Field returns what the values of a custom field stand for.
func (u *Unmasking) Field(id int64, typed, known []string) []string {
	path := "fields." + strconv.FormatInt(id, 10)
	return each(typed, func(text string) string { return u.Text(path, text, known...) })
}

// Err returns *crm.FieldErrors of what was changed, nil for nothing.
func (u *Unmasking) Err() error {
	if len(u.wrong.Fields) == 0 {
		return nil
	}
	return &u.wrong
}

func each(list []string, change func(string) string) []string {
	out := slices.Clone(list)
	for i, s := range out {
		out[i] = change(s)
	}
	return out
}
