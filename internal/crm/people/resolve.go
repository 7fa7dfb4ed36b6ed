package people

import (
	"context"
	"fmt"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/runes"
)

// Resolve returns which contact a rule's deal belongs to: the linked one, else the newest one made for the client within a
// day, else one made within minutes for somebody with one of the client's phones or e-mails, else the most recently updated one that carries one of them. When there is none, contactID is 0
// and made is the contact to create. A linked or remembered contact is not read again: the create that follows says
// when it is gone. For a linked client it costs no CRM call.
func (ps *People) Resolve(ctx context.Context, c helpdesk.Client) (contactID int64, made *amocrm.ContactInput, err error) {
	mem, err := ps.account.Memory().Recall(ctx, c.ID)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if known := mem.Contact(); known != 0 {
		return known, nil, nil
	}
	meta, err := ps.account.Vocabulary(ctx, crm.PartAccount|crm.PartContactFields)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	region := ps.account.Region(meta.Account.Country)
	twins, err := ps.madeFor(ctx, c, region)
	if err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if len(twins) > 0 {
		return int64(twins[0].ID), nil, nil
	}
	var hits hits
	if err := ps.findMore(ctx, c, region, &hits); err != nil {
		return 0, nil, fmt.Errorf("find contact: %w", err)
	}
	if right := hits.verified(c, region, mem); len(right) > 0 {
		return int64(right[0].contact.ID), nil, nil
	}
	in, _ := contactInput(draftOf(c, region).writable(), meta)
	return 0, &in, nil
}

// Known is the contact that Resolve would find for a client of the helpdesk without asking the CRM, 0 for none.
func (ps *People) Known(ctx context.Context, clientID int64) (contactID int64, err error) {
	mem, err := ps.account.Memory().Recall(ctx, clientID)
	if err != nil {
		return 0, fmt.Errorf("recall contact: %w", err)
	}
	return mem.Contact(), nil
}

// DealsMade are the deals that agents made for a client from the card within a day.
func (ps *People) DealsMade(ctx context.Context, clientID int64) (dealIDs []int64, err error) {
	mem, err := ps.account.Memory().Recall(ctx, clientID)
	if err != nil {
		return nil, fmt.Errorf("recall deals: %w", err)
	}
	return mem.Deals, nil
}

// writable leaves out what amoCRM could refuse a whole deal for: nobody is there to mend a rule's form.
func (d Draft) writable() Draft {
	d.Emails = crm.Filter(d.Emails, isEmail)
	d.Name, d.Position = runes.First(d.Name, crm.MaxNameRunes), runes.First(d.Position, crm.MaxNameRunes)
	d.Phones = d.Phones[:min(len(d.Phones), maxDraftItems)]
	d.Emails = d.Emails[:min(len(d.Emails), maxDraftItems)]
	d.Messengers = d.Messengers[:min(len(d.Messengers), maxDraftItems)]
	return d
}
