package amocrm

import (
	"slices"

	"github.com/sidecard/sidecard/bridge"
)

// contactForm draws the form of a new contact. Where phones are hidden, those the helpdesk knows stand masked in their
// inputs; a number that the agent has typed himself stays as it is.
func (v *visit) contactForm(draft bridge.ContactDraft, errs map[string]string) contactFormView {
	if f := v.format(); f.Masked {
		known := v.crm.ContactForm(v.ctx, v.session.Ticket.Client).Phones
		draft.Phones = each(draft.Phones, func(p string) string {
			if slices.ContainsFunc(known, func(k string) bool { return bridge.SameNumber(k, p, f.Region) }) {
				return f.Phone(p)
			}
			return p
		})
		draft.Name = f.Words(draft.Name)
	}
	return contactForm(v.base(), draft, errs)
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
