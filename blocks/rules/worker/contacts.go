package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
)

// nextItems picks the items whose deals are sent next, and knows their contacts. Deals for known contacts go first: they
// need no search. For a client who is not known, and for a deal that depends on those he has, one item goes at a time, and
// one of all clients with a phone or e-mail in common; the next finds what it has made. An item never passes an earlier one of
// its ticket.
func (b *batch) nextItems(ctx context.Context, open []*item) []*item {
	ctx, end := step(ctx, "contacts", time.Time{}, len(open))
	defer end()
	b.forEach(ctx, open, func(it *item) error { return it.knownContact(ctx) })
	behind := map[int64]bool{} // tickets that have an item which does not go in this round
	var known, alone []*item
	begun := map[string]bool{}
	for _, it := range unfinished(open) {
		ticket := it.job.Request.TicketID
		if behind[ticket] {
			continue
		}
		if !it.exclusive() {
			known = append(known, it)
			continue
		}
		behind[ticket] = true
		keys := it.clientKeys()
		if !slices.ContainsFunc(keys, func(key string) bool { return begun[key] }) {
			for _, key := range keys {
				begun[key] = true
			}
			alone = append(alone, it)
		}
	}
	if len(known) > 0 {
		return known
	}
	b.forEach(ctx, alone, func(it *item) error { return it.findContact(ctx) })
	var found []*item
	for _, it := range alone {
		if !it.ended() && it.job.Steps.LeadID == 0 {
			found = append(found, it)
		} else {
			it.unlockClient()
		}
	}
	return found
}

// exclusive reports whether the item's deal depends on what else is made for its client.
func (it *item) exclusive() bool {
	return it.contactID == 0 || it.onOpenDeal() != request.OpenDealCreate
}

func (it *item) onOpenDeal() request.OpenDeal {
	if it.job.Request.IfOpenDeal == "" {
		return request.OpenDealCreate
	}
	return it.job.Request.IfOpenDeal
}

// knownContact finds the item's contact without asking the CRM.
func (it *item) knownContact(ctx context.Context) error {
	it.mu.Lock()
	for _, key := range it.clientKeys() {
		if it.contactID == 0 {
			it.contactID = it.contacts[key]
		}
	}
	it.mu.Unlock()
	if it.contactID != 0 || it.deletedContacts > 0 {
		return nil
	}
	id, err := it.account.Known(ctx, it.ticket.Client.ID)
	it.contactID = id
	return err
}

// findContact finds the item's contact, or works out which one to make, and holds the client's locks while something depends on it:
// two workers must not both make his contact or his deal.
func (it *item) findContact(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, it.deps.LockFor)
	unlock, err := it.account.LockClient(waiting, it.ticket.Client)
	cancel()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return errClientBusy
	}
	if err != nil {
		return err
	}
	it.unlock = unlock
	if it.contactID == 0 {
		client := it.ticket.Client
		if it.deletedContacts > 0 {
			client.ID = 0 // what is remembered of him is gone
		}
		if it.made, err = it.account.Resolve(ctx, client); err != nil {
			return err
		}
		it.contactID = it.made.ID
		it.shareContact(it.contactID, false)
	}
	if it.contactID == 0 {
		return nil
	}
	if it.onOpenDeal() == request.OpenDealCreate {
		it.unlockClient()
		return nil
	}
	return it.useOpenDeal(ctx)
}

// shareContact lets the batch's other items know a client's contact; of one that was made, which has all his phones and e-mails, also
// those of other clients who have one of them.
func (it *item) shareContact(contactID int64, made bool) {
	if contactID == 0 {
		return
	}
	keys := it.clientKeys()
	if !made {
		keys = keys[:1]
	}
	it.mu.Lock()
	defer it.mu.Unlock()
	for _, key := range keys {
		it.contacts[key] = contactID
	}
}

// useOpenDeal makes the client's newest open deal the item's, if there is one.
func (it *item) useOpenDeal(ctx context.Context) error {
	deal, ok, err := it.account.OpenDeal(ctx, it.contactID)
	if err != nil || !ok {
		return err
	}
	skip := it.onOpenDeal() == request.OpenDealSkip
	if len(it.plan.Deal.Tags) > 0 && !skip { // before the record: adding a tag twice changes nothing
		if err := it.account.AddTags(ctx, deal.ID, it.plan.Deal.Tags); err != nil {
			return err
		}
	}
	st, code := &it.job.Steps, "attached"
	if skip {
		code = "skipped"
	}
	st.LeadID, st.LeadURL, st.ContactID, st.Attached, st.Skipped = deal.ID, deal.URL, it.contactID, !skip, skip
	return it.deps.Ledger.Record(ctx, *it.job, ledger.Because(code, deal.ID, ""))
}

// contactDeleted deals with a deal that was refused because the CRM no longer has its contact: the client is looked for
// once more by his phones and e-mails. It reports whether that is so.
func (it *item) contactDeleted(ctx context.Context) bool {
	if it.contactID == 0 || it.deletedContacts == 2 || !it.account.ContactGone(ctx, it.contactID) {
		return false
	}
	if id := it.ticket.Client.ID; id != 0 {
		if err := it.account.Unlink(ctx, id); err != nil {
			it.fail(ctx, err)
			return true
		}
	}
	it.mu.Lock()
	for _, key := range it.clientKeys() {
		delete(it.contacts, key)
	}
	it.mu.Unlock()
	it.contactID, it.made = 0, bulk.Contact{}
	it.deletedContacts++
	return true
}
