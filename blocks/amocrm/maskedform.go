package amocrm

import (
	"context"
	"slices"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/phone"
)

// contactForm draws the form of a new contact. Where phones are hidden, those that the helpdesk knows stand masked in
// their inputs, in names and addresses too; what the agent has typed himself stays as it is.
func (v *visit) contactForm(draft crm.ContactDraft, errs map[string]string) contactFormView {
	if f := v.format(); f.Masked {
		known := v.crm.ContactForm(v.ctx, v.session.Ticket.Client)
		draft.Phones = each(draft.Phones, func(p string) string {
			if phone.In(known.Phones, p, f.Region) {
				return f.Phone(p)
			}
			return p
		})
		texts := slices.Concat(known.Emails, []string{known.Name, known.Position, known.Company})
		words := func(text string) string {
			if slices.Contains(texts, text) {
				return f.Words(text)
			}
			return text
		}
		draft.Emails = each(draft.Emails, words)
		draft.Name, draft.Company, draft.Position = words(draft.Name), words(draft.Company), words(draft.Position)
	}
	return contactForm(v.base(), draft, errs)
}

// CreateContact refuses texts with hidden digits that were changed: what they stood for can't be known.
func (m masked) CreateContact(ctx context.Context, clientID int64, d crm.ContactDraft) (int64, error) {
	e := &crm.FieldErrors{}
	for path, text := range map[string]string{"name": d.Name, "position": d.Position, "company": d.Company} {
		if phone.HasMasked(text) {
			e.Fields = append(e.Fields, crm.FieldError{Path: path, Key: keyMasked})
		}
	}
	if len(e.Fields) > 0 {
		return 0, e
	}
	return m.CRM.CreateContact(ctx, clientID, d)
}

// unmasked brings the texts of a form back to what they stand for: each of known once, in order, since two phones may
// look the same when they are hidden.
func (v *visit) unmasked(typed, known []string) []string {
	f := v.format()
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
