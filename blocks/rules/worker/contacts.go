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

// contacts finds the contacts of a batch's items.
type contacts struct {
	*batch
	found map[string]int64 // or made, by the keys of a client (clientKeys); guarded by mu
}

// next picks the items whose deals are sent next, and knows their contacts. Deals for known contacts go first: they
// need no search. For an unknown client, and for a deal that depends on existing ones, one item goes at a time, and
// one of all clients with a phone or e-mail in common; the next finds what it has made. An item never passes an earlier one of
// its ticket.
func (c contacts) next(ctx context.Context, open []*item) []*item {
	ctx, end := step(ctx, "contacts", time.Time{}, len(open))
	defer end()
	c.forEach(ctx, open, func(it *item) error { return c.recall(ctx, it) })
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
	c.forEach(ctx, alone, func(it *item) error { return c.find(ctx, it) })
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

// recall finds the item's contact without asking the CRM.
func (c contacts) recall(ctx context.Context, it *item) error {
	c.mu.Lock()
	for _, key := range it.clientKeys() {
		if it.contactID == 0 {
			it.contactID = c.found[key]
		}
	}
	c.mu.Unlock()
	if it.contactID != 0 || it.deletedContacts > 0 {
		return nil
	}
	id, err := c.account.Known(ctx, it.ticket.Client.ID)
	it.contactID = id
	return err
}

// find finds the item's contact, or works out which one to make, and holds the client's locks while something depends on it:
// two workers must not both make the contact or the deal.
func (c contacts) find(ctx context.Context, it *item) error {
	waiting, cancel := context.WithTimeout(ctx, c.deps.LockFor)
	unlock, err := c.account.LockClient(waiting, it.ticket.Client)
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
			client.ID = 0 // the remembered link is gone
		}
		if it.made, err = c.account.Resolve(ctx, client); err != nil {
			return err
		}
		it.contactID = it.made.ID
		c.share(it, it.contactID, false)
	}
	if it.contactID == 0 {
		return nil
	}
	if it.job.Request.OnOpenDeal() == request.OpenDealCreate {
		it.unlockClient()
		return nil
	}
	return c.attach(ctx, it)
}

// share lets the batch's other items know a client's contact; of one that was made, which has all phones and e-mails of the client, also
// those of other clients who have one of them.
func (c contacts) share(it *item, contactID int64, made bool) {
	if contactID == 0 {
		return
	}
	keys := it.clientKeys()
	if !made {
		keys = keys[:1]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		c.found[key] = contactID
	}
}

// attach makes the client's newest open deal the item's, if there is one.
func (c contacts) attach(ctx context.Context, it *item) error {
	deal, ok, err := c.account.OpenDeal(ctx, it.contactID)
	if err != nil || !ok {
		return err
	}
	skip := it.job.Request.OnOpenDeal() == request.OpenDealSkip
	if len(it.plan.Deal.Tags) > 0 && !skip { // before the record: adding a tag twice changes nothing
		if err := c.account.AddTags(ctx, deal.ID, it.plan.Deal.Tags); err != nil {
			return err
		}
	}
	st, code := &it.job.Steps, "attached"
	if skip {
		code = "skipped"
	}
	st.LeadID, st.LeadURL, st.ContactID, st.Attached, st.Skipped = deal.ID, deal.URL, it.contactID, !skip, skip
	return c.deps.Ledger.Record(ctx, *it.job, ledger.Because(code, deal.ID, ""))
}

// deleted deals with a deal that was refused because the CRM no longer has its contact: the client is looked for
// once more by phones and e-mails. It reports whether that is so.
func (c contacts) deleted(ctx context.Context, it *item) bool {
	if it.contactID == 0 || it.deletedContacts == 2 || !c.account.ContactGone(ctx, it.contactID) {
		return false
	}
	if id := it.ticket.Client.ID; id != 0 {
		if err := c.account.Unlink(ctx, id); err != nil {
			it.fail(ctx, err)
			return true
		}
	}
	c.mu.Lock()
	for _, key := range it.clientKeys() {
		delete(c.found, key)
	}
	c.mu.Unlock()
	it.contactID, it.made = 0, bulk.Contact{}
	it.deletedContacts++
	return true
}

// remember makes sure that a new contact is found for the client although the CRM's search lags. It is not linked: a
// link hides other contacts, and that is for the agent to say.
func (c contacts) remember(ctx context.Context, it *item) error {
	st := &it.job.Steps
	if !st.ContactMade || st.ContactID == 0 || st.Remembered {
		return nil
	}
	client := it.ticket.Client // nobody when the ticket was not read again
	client.ID = st.ClientID
	if err := c.account.Remember(ctx, client, st.ContactID); err != nil {
		return err
	}
	st.Remembered = true
	return nil
}
