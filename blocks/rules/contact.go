package rules

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
)

// ready picks the jobs whose deals are sent next, and knows their contacts. Deals for known contacts go first: they
// need no search. For a client who is not known, and for a deal that depends on those he has, one job goes at a time, and
// one of all clients with a phone or e-mail in common; the next finds what it has made. A job never passes an earlier one of
// its ticket.
func (h *haul) ready(ctx context.Context, open []*job) []*job {
	ctx, end := step(ctx, "contacts", time.Time{}, len(open))
	defer end()
	h.each(ctx, open, func(j *job) error { return j.recall(ctx) })
	behind := map[int64]bool{} // tickets that have a job which does not go in this round
	var known, alone []*job
	begun := map[string]bool{}
	for _, j := range alive(open) {
		ticket := j.e.Request.TicketID
		if behind[ticket] {
			continue
		}
		if !j.alone() {
			known = append(known, j)
			continue
		}
		behind[ticket] = true
		keys := j.clientKeys()
		if !slices.ContainsFunc(keys, func(key string) bool { return begun[key] }) {
			for _, key := range keys {
				begun[key] = true
			}
			alone = append(alone, j)
		}
	}
	if len(known) > 0 {
		return known
	}
	h.each(ctx, alone, func(j *job) error { return j.resolve(ctx) })
	var found []*job
	for _, j := range alone {
		if !j.ended() && j.e.Steps.LeadID == 0 {
			found = append(found, j)
		} else {
			j.free()
		}
	}
	return found
}

// alone says that the job's deal depends on what else is made for its client.
func (j *job) alone() bool { return j.contactID == 0 || j.onOpenDeal() != request.OpenDealCreate }

func (j *job) onOpenDeal() request.OpenDeal {
	if j.e.Request.IfOpenDeal == "" {
		return request.OpenDealCreate
	}
	return j.e.Request.IfOpenDeal
}

// recall finds the job's contact without asking the CRM.
func (j *job) recall(ctx context.Context) error {
	j.mu.Lock()
	for _, key := range j.clientKeys() {
		if j.contactID == 0 {
			j.contactID = j.contacts[key]
		}
	}
	j.mu.Unlock()
	if j.contactID != 0 || j.moved > 0 {
		return nil
	}
	id, err := j.account.Known(ctx, j.ticket.Client.ID)
	j.contactID = id
	return err
}

// resolve finds the job's contact, or says which one to make, and holds the client's locks while something depends on it:
// two workers must not both make his contact or his deal.
func (j *job) resolve(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, j.deps.LockFor)
	unlock, err := j.account.LockClient(waiting, j.ticket.Client)
	cancel()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return errClientBusy
	}
	if err != nil {
		return err
	}
	j.unlock = unlock
	if j.contactID == 0 {
		client := j.ticket.Client
		if j.moved > 0 {
			client.ID = 0 // what is remembered of him is gone
		}
		if j.made, err = j.account.Resolve(ctx, client); err != nil {
			return err
		}
		j.contactID = j.made.ID
		j.keep(j.contactID, false)
	}
	if j.contactID == 0 {
		return nil
	}
	if j.onOpenDeal() == request.OpenDealCreate {
		j.free()
		return nil
	}
	return j.attach(ctx)
}

// keep tells the haul's other jobs of a client's contact; of one that was made, which has all his phones and e-mails, also
// those of other clients who have one of them.
func (j *job) keep(contactID int64, made bool) {
	if contactID == 0 {
		return
	}
	keys := j.clientKeys()
	if !made {
		keys = keys[:1]
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, key := range keys {
		j.contacts[key] = contactID
	}
}

// attach makes the client's newest open deal the job's, if there is one.
func (j *job) attach(ctx context.Context) error {
	deal, ok, err := j.account.OpenDeal(ctx, j.contactID)
	if err != nil || !ok {
		return err
	}
	skip := j.onOpenDeal() == request.OpenDealSkip
	if len(j.plan.Deal.Tags) > 0 && !skip { // before the record: adding a tag twice changes nothing
		if err := j.account.AddTags(ctx, deal.ID, j.plan.Deal.Tags); err != nil {
			return err
		}
	}
	st, code := &j.e.Steps, "attached"
	if skip {
		code = "skipped"
	}
	st.LeadID, st.LeadURL, st.ContactID, st.Attached, st.Skipped = deal.ID, deal.URL, j.contactID, !skip, skip
	return j.ledger.Record(ctx, *j.e, ledger.Because(code, deal.ID, ""))
}

// contactGone deals with a deal that was refused because the CRM no longer has its contact: the client is looked for
// once more by his phones and e-mails. It reports whether that is so.
func (j *job) contactGone(ctx context.Context) bool {
	if j.contactID == 0 || j.moved == 2 || !j.account.ContactGone(ctx, j.contactID) {
		return false
	}
	if id := j.ticket.Client.ID; id != 0 {
		if err := j.account.Unlink(ctx, id); err != nil {
			j.fail(ctx, err)
			return true
		}
	}
	j.mu.Lock()
	for _, key := range j.clientKeys() {
		delete(j.contacts, key)
	}
	j.mu.Unlock()
	j.contactID, j.made = 0, bulk.Contact{}
	j.moved++
	return true
}
