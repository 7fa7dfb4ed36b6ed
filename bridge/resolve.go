package bridge

import (
	"context"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// Resolve says which contact a rule's deal belongs to: the linked one, else the newest one made for the client within a
// day, else the most recently updated one that carries one of his phones or e-mails. When there is none, contactID is 0
// and made is the contact to create. A linked or remembered contact is not read again: the create that follows says
// when it is gone. For a linked client it costs no CRM call. The company of a contact to create is ResolveCompany's.
func (a *Account) Resolve(ctx context.Context, c Client) (contactID int64, made *amocrm.ContactInput, err error) {
	mem, err := a.recall(ctx, c.ID)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if mem.link != 0 {
		return mem.link, nil, nil
	}
	if len(mem.contacts) > 0 {
		return mem.contacts[0], nil, nil
	}
	meta, err := a.meta(ctx, partAccount|partContactFields)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	region := a.region(meta.Account.Country)
	var hits found
	if err := a.findMore(ctx, c, region, &hits); err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if right := hits.verified(c, region, mem); len(right) > 0 {
		return int64(right[0].contact.ID), nil, nil
	}
	in, _ := contactInput(draftOf(c, region).writable(), meta)
	return 0, &in, nil
}

// writable leaves out what amoCRM could refuse a whole deal for: nobody is there to mend a rule's form.
func (d ContactDraft) writable() ContactDraft {
	var emails []string
	for _, e := range d.Emails {
		if isEmail(e) {
			emails = append(emails, e)
		}
	}
	d.Emails = emails
	d.Name, d.Position = cut(d.Name, maxNameRunes), cut(d.Position, maxNameRunes)
	d.Phones = firstN(d.Phones, maxDraftItems)
	d.Emails = firstN(d.Emails, maxDraftItems)
	d.Messengers = firstN(d.Messengers, maxDraftItems)
	return d
}

func firstN[T any](list []T, n int) []T {
	if len(list) > n {
		return list[:n]
	}
	return list
}
