package worker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
)

const (
	// lookBack is how long before an intent the look for its write begins: the Date that the CRM sends may be minutes ahead
	// of the created_at that it stores. What is found in addition is another entry's (thing), another author's (ours), or was
	// made from a card (Account.DealsMade).
	lookBack  = 10 * time.Minute
	lookPage  = 250 // newest deals that are looked through
	lookOfOne = 20  // newest deals of the contact

	maxCandidates = 10 // shown to a person
)

// look looks for the deals whose answers are not known, and makes them their items'.
func (d leads) look(ctx context.Context, items []*item) {
	ctx, end := step(ctx, "lost leads", time.Time{}, len(items))
	defer end()
	newest, err := d.account.NewestDeals(ctx, lookPage)
	if err != nil {
		for _, it := range items {
			it.fail(ctx, fmt.Errorf("look for the deal: %w", err))
		}
		return
	}
	var found []*item
	for _, it := range items { // one after the other: what one takes is not the next one's
		if it.ended() {
			continue
		}
		switch r, err := it.findDeal(ctx, newest); {
		case err != nil:
			it.fail(ctx, err)
		case r.ID != 0:
			it.setDeal(r)
			found = append(found, it)
		default:
			it.job.Steps.LeadIntent = nil
		}
	}
	d.record(ctx, found, func(it *item) ledger.Reason {
		return ledger.Because("deal_found", it.job.Steps.LeadID, "")
	})
	d.unregister(ctx, items)
	d.finishDeals(ctx, found)
}

// findDeal looks for the deal of a write whose answer is not known, and makes it this entry's. A zero result means that
// it is not there and was looked for long enough; *lookAgain that it has to be looked for once more. When there are more
// such deals than writes that could have made them, nobody guesses: the *Refusal carries them to the inbox.
func (it *item) findDeal(ctx context.Context, newest []bulk.FoundDeal) (bulk.Made, error) {
	intent := it.job.Steps.LeadIntent
	leads, err := it.candidates(ctx, newest)
	if err != nil {
		return bulk.Made{}, fmt.Errorf("look for the deal: %w", err)
	}
	similar, err := it.countSimilar(ctx) // before looking whose the deals are: a rival that finishes in between takes his out of both
	if err != nil {
		return bulk.Made{}, err
	}
	var mine, unlike []match
	for _, l := range leads {
		if taken, err := it.claimed(ctx, jobs.DealObject(l.ID)); err != nil {
			return bulk.Made{}, err
		} else if taken {
			continue
		}
		contact, err := it.matchingContact(ctx, l, intent.ContactID)
		switch {
		case err != nil:
			return bulk.Made{}, fmt.Errorf("look for the deal's contact: %w", err)
		case contact == 0:
		case it.plan.Deal.Fits(l):
			mine = append(mine, match{l, contact})
		default:
			unlike = append(unlike, match{l, contact})
		}
	}
	if len(mine) > similar {
		return bulk.Made{}, it.ambiguous(mine)
	}
	for _, m := range mine {
		ours, err := it.claim(ctx, jobs.DealObject(m.deal.ID))
		if err != nil {
			return bulk.Made{}, err
		}
		if ours {
			return bulk.Made{ID: m.deal.ID, ContactID: m.contact}, nil
		}
	}
	err = it.countLook(ctx, intent, "=deal_looked")
	if err == nil && len(unlike) > 0 { // somebody may have changed it since
		return bulk.Made{}, it.ambiguous(unlike)
	}
	return bulk.Made{}, err
}

type match struct {
	deal    bulk.FoundDeal
	contact int64
}

// ambiguous leaves it to a person which deal is the entry's.
func (it *item) ambiguous(found []match) error {
	it.job.Steps.Candidates = nil
	for _, m := range found[:min(len(found), maxCandidates)] {
		it.job.Steps.Candidates = append(it.job.Steps.Candidates, jobs.Candidate{LeadID: m.deal.ID, Name: m.deal.Text,
			URL: it.account.DealURL(m.deal.ID), CreatedAt: time.Unix(m.deal.CreatedAt, 0).UTC()})
	}
	return &Refusal{Why: ledger.Because("twins", len(found), "")}
}

// candidates are deals like ours made since the intent, in the order of their making.
func (it *item) candidates(ctx context.Context, newest []bulk.FoundDeal) ([]bulk.FoundDeal, error) {
	intent := it.job.Steps.LeadIntent
	found := slices.Clone(newest)
	if intent.ContactID != 0 { // the account's list may be too busy to show them
		more, err := it.account.NewestDealsOf(ctx, intent.ContactID, lookOfOne)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	since := it.since(intent)
	if intent.ContactID == 0 && len(newest) == lookPage && newest[lookPage-1].CreatedAt >= since {
		// More deals were made since than one page shows. With this one its contact was made.
		contact, err := it.account.Resolve(ctx, it.ticket.Client)
		if err != nil {
			return nil, err
		}
		if contact.ID != 0 {
			more, err := it.account.NewestDealsOf(ctx, contact.ID, lookOfOne)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}
	byHand, err := it.account.DealsMade(ctx, it.ticket.Client.ID)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	found = slices.DeleteFunc(found, func(l bulk.FoundDeal) bool {
		other := seen[l.ID] || l.Deleted || l.CreatedAt < since || !it.mayBeBy(intent, l.CreatedBy) ||
			slices.Contains(byHand, l.ID) ||
			intent.Mark != "" && !it.hasMark(strings.TrimSpace(l.Text), intent.Mark) ||
			intent.PipelineID != 0 && l.PipelineID != intent.PipelineID ||
			intent.Price != nil && l.Price != *intent.Price
		seen[l.ID] = true
		return other
	})
	slices.SortFunc(found, func(a, b bulk.FoundDeal) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

// matchingContact returns the deal's contact if it is the one meant: the known one, or one with the client's phone, e-mail or,
// failing both, name. 0 means no.
func (it *item) matchingContact(ctx context.Context, l bulk.FoundDeal, contactID int64) (int64, error) {
	for _, id := range l.Contacts {
		switch {
		case id == contactID:
			return id, nil
		case contactID != 0:
			continue
		}
		if same, err := it.account.IsClient(ctx, id, it.ticket.Client, it.region); err != nil || same {
			return id, err
		}
	}
	return 0, nil
}
