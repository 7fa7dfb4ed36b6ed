package amocrm

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

// keyMasked refuses a text that holds hidden digits and is not the one that was shown: they would be lost.
const keyMasked = "error.masked"

// formValue returns what a form shows in an input: what was typed as it is, what was read as words.
func formValue(text string, typed bool) any {
	if typed {
		return ui.Plain(text)
	}
	return text
}

// unmasked brings the texts of a form back to what they stand for: each of known once, in order, since two phones may
// look the same when they are hidden.
func (r *pageRequest) unmasked(typed, known []string) []string {
	f := r.Format()
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

// unmasking puts the digits back into a form's texts that it had hidden. It collects the texts of which it can't tell what
// they stand for: a text with hidden digits was changed.
type unmasking struct {
	format i18n.Format
	wrong  crm.FieldErrors
}

func (r *pageRequest) unmasking() *unmasking { return &unmasking{format: r.Format()} }

func (u *unmasking) text(path, typed string, known ...string) string {
	if !u.format.Masked {
		return typed
	}
	back := u.format.Unmask(typed, known)
	if phone.HasMasked(back) && !slices.Contains(known, back) {
		u.wrong.Fields = append(u.wrong.Fields, crm.FieldError{Path: path, Key: keyMasked})
	}
	return back
}

func (u *unmasking) field(id int64, typed, known []string) []string {
	path := "fields." + strconv.FormatInt(id, 10)
	return each(typed, func(text string) string { return u.text(path, text, known...) })
}

func (u *unmasking) err() error {
	if len(u.wrong.Fields) == 0 {
		return nil
	}
	return &u.wrong
}

// wholeContact refuses texts with hidden digits that were changed.
func (r *pageRequest) wholeContact(d people.Draft) error {
	u := r.unmasking()
	u.text("name", d.Name)
	u.text("position", d.Position)
	u.text("company", d.Company)
	return u.err()
}

// wholeDeal puts the digits back that the form of a new deal had hidden.
func (r *pageRequest) wholeDeal(ctx context.Context, d deals.Draft) (deals.Draft, error) {
	u := r.unmasking()
	if !u.format.Masked {
		return d, nil
	}
	form, err := r.crm.DealForm(ctx, r.Session.Ticket)
	if err != nil {
		return d, err
	}
	d.Name, d.Fields = u.text("name", d.Name, form.Draft.Name), maps.Clone(d.Fields)
	for id, texts := range d.Fields {
		d.Fields[id] = u.field(id, texts, form.Draft.Fields[id])
	}
	return d, u.err()
}

// wholeChange puts the digits back that the form of a deal's row had hidden.
func (r *pageRequest) wholeChange(ctx context.Context, id int64, c deals.Change) (deals.Change, error) {
	u := r.unmasking()
	if !u.format.Masked {
		return c, nil
	}
	whole, err := r.crm.DealEdit(ctx, id)
	if err != nil {
		return c, err
	}
	if c.Name != nil {
		name := u.text("name", *c.Name, whole.Name)
		c.Name = &name
	}
	c.Fields = maps.Clone(c.Fields)
	for fieldID, texts := range c.Fields {
		c.Fields[fieldID] = u.field(fieldID, texts, whole.Values[fieldID])
	}
	return c, u.err()
}

func each(list []string, change func(string) string) []string {
	out := slices.Clone(list)
	for i, s := range out {
		out[i] = change(s)
	}
	return out
}
