package forms

import (
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

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
